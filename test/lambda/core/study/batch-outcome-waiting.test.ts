import { runSubmitJobTask } from '../../../../local/batch';
import { AttemptOutcome } from '../../../../lib/contract/calls';
import { QUEUE, jobRequest, serveSimulated, vcpus } from '../../../local/batch/serve';
import { toPascalCase } from '../../../../local/batch/pascal-case';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TestStudy } from '../../../support/lambda-study';

/** How Step Functions tells of a job that the local Batch doesn't run. */
async function outcomeOf(request: Record<string, unknown>): Promise<AttemptOutcome> {
  const reason = 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE';
  const stateTimeLimits = [{ reason, maxTimeSeconds: 600 }];
  const { service } = serveSimulated({ jobQueues: [{ ...QUEUE, stateTimeLimits }] });
  const input = toPascalCase(jobRequest('hopeless', request)) as Record<string, unknown>;
  const { error, cause } = await runSubmitJobTask(service, input).then(
    () => Promise.reject(new Error('the job ran')),
    (failure: AttemptOutcome) => failure,
  );
  return { error, cause };
}

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    'a job that fits nowhere',
    vcpus(16),
    /COMPUTE_ENVIRONMENT_MAX_RESOURCE; no instance .*: lower vcpus, memory or gpus/,
  ],
  [
    'a job that is told too much',
    { containerOverrides: { environment: [{ name: 'TEXT', value: 'x'.repeat(8192) }] } },
    /Container Overrides length must be at most 8192; shorten names and values of searchSpace/,
  ],
])('a study of which each trial is %s ends after five of them, and says why', async (_, request, message) => {
  const outcome = await outcomeOf(request);
  const study = await TestStudy.opened(new MemoryItemTable());
  let answer: unknown;
  for (let trial = 1; trial <= 5; trial++) {
    answer = await study.record(await study.train(0, trial, trial * 700), outcome, trial * 700 + 600);
  }
  expect(answer).toMatchObject({
    action: 'none',
    reason: expect.stringMatching(/^the first 5 trials all failed the same way \(badRequest\): /),
  });
  expect(answer).toMatchObject({ reason: expect.stringMatching(message) });
  const trials = await study.trials();
  expect(trials.map(({ state, attempts }) => [state, attempts.length])).toEqual(Array(5).fill(['FAILED', 1]));
});
