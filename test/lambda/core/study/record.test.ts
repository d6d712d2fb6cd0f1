import { AttemptOutcome } from '../../../../lib/contract/calls';
import { ended, failedWith } from '../../../support/lambda-ended-trial';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { againAfter, roomAfter } from '../../../support/lambda-room';
import { TestStudy, at, completed } from '../../../support/lambda-study';

describe('an attempt that does not decide its trial', () => {
  test.each<[string, AttemptOutcome, string]>([
    [
      'a quota',
      { error: 'SageMaker.ResourceLimitExceededException', cause: 'The account-level service limit ...' },
      'quota',
    ],
    [
      'a quota behind a general name',
      { error: 'SageMaker.AmazonSageMakerException', cause: 'ResourceLimitExceeded: ...' },
      'quota',
    ],
    ['throttling', { error: 'SageMaker.ThrottlingException', cause: 'Rate exceeded' }, 'throttled'],
    [
      'throttling behind a general name',
      { error: 'SageMaker.AmazonSageMakerException', cause: 'Rate exceeded (Status Code: 400)' },
      'throttled',
    ],
    [
      'the service, at the request',
      { error: 'SageMaker.AmazonSageMakerException', cause: 'ServiceUnavailable' },
      'infrastructure',
    ],
    [
      'the service, at the job',
      failedWith('InternalServerError: We encountered an internal error. Please try again'),
      'infrastructure',
    ],
  ])('by %s queues it', async (_, outcome, failureClass) => {
    const { trial, next, first, study } = await ended(outcome, 0.5);
    const again = next.action === 'wait' ? await study.next(0, 2, 200) : next;
    expect(again).toMatchObject({ action: 'train', trial: 1, attempt: 2, checkpointUri: first.checkpointUri });
    if (trial.state === 'QUEUED') expect(trial.attempts[0]).toMatchObject({ failureClass, endedAt: at(50) });
    expect(trial.failureClass).toBeUndefined();
  });

  test.each(['quota', 'throttled'])('by %s never fails it', async (kind) => {
    const study = await TestStudy.opened(new MemoryItemTable());
    const error = kind === 'quota' ? 'SageMaker.ResourceLimitExceededException' : 'ThrottlingException';
    const answer = await roomAfter(study, { error, cause: '' }, 20);
    expect(answer).toMatchObject({ trial: 1, attempt: 21 });
    // starts that came to nothing leave a number, no record each.
    expect((await study.trial(1)).attempts).toMatchObject([{ attempt: 21, tries: 20 }]);
  });

  test('by infrastructure fails it at the third time, quotas in between not counted', async () => {
    const study = await TestStudy.opened(new MemoryItemTable());
    const broken = failedWith('InternalServerError: again');
    let answer = await study.train();
    let seconds = 0;
    for (const outcome of [broken, { error: 'ResourceLimitExceeded', cause: '' }, broken]) {
      answer = await againAfter(study, answer, outcome, (seconds += 1000));
      expect(answer.trial).toBe(1);
    }
    expect(answer.attempt).toBe(4);

    expect(await study.record(answer, broken)).toMatchObject({ trial: 2 });
    expect(await study.trial(1)).toMatchObject({
      state: 'FAILED',
      failureClass: 'infrastructure',
      message: 'InternalServerError: again',
    });
  });
});

test('what is recorded twice, in different words, counts as it came first', async () => {
  const { study, first, trial, next } = await ended(completed(), 0.5);
  expect(await study.record(first, failedWith('late'), 99)).toEqual(next);
  expect(await study.trial(1)).toEqual(trial);
});

test('an outcome for a trial that does not exist is refused', async () => {
  const { study, first } = await ended(completed(), 0.5);
  await expect(study.record({ ...first, trial: 77 }, completed())).rejects.toMatchObject({
    name: 'InvalidRequest',
    message: 'study "digits" has no trial 77',
  });
});
