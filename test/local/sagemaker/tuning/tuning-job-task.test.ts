import type { TaskRequest } from '../../../../local/asl';
import { StatesError } from '../../../../local/asl';
import type { FaultPlan } from '../../../../local/faults';
import type { LambdaService } from '../../../../local/lambda';
import type { SageMakerService } from '../../../../local/sagemaker';
import { LocalTaskServices } from '../../../../local/task-services';
import type { LocalTaskServicesOptions } from '../../../../local/task-services';
import { MINUTE, serveSimulated } from '../serve';
import type { ServeOptions } from '../serve';
import { PRINTS_X, tuningRequest } from './tuning-request';

const RESOURCE = 'arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync';

const services: SageMakerService[] = [];

afterEach(() => Promise.all(services.splice(0).map((service) => service.close())));

/** The task of a state machine, over simulated training jobs. */
function serve(
  program: ServeOptions['program'] = PRINTS_X,
  plans: FaultPlan[] = [],
  more: Partial<LocalTaskServicesOptions> = {},
) {
  const { service, clock, faults } = serveSimulated({ program, plans });
  services.push(service);
  const tasks = new LocalTaskServices({ lambda: {} as LambdaService, sageMaker: service, faults, ...more });
  const run = (input: unknown, request: Partial<TaskRequest> = {}) =>
    tasks.run({ resource: RESOURCE, arguments: input, ...request } as TaskRequest);
  return { service, clock, tasks, run };
}

async function failureOf(work: Promise<unknown>): Promise<StatesError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StatesError);
  return error as StatesError;
}

/** One that its own time ends: Stopped. */
const STOPPED = tuningRequest('t', {
  config: { ResourceLimits: { MaxParallelTrainingJobs: 1, MaxRuntimeInSeconds: 1000 } },
});

test('says when the tuning job was submitted and answers its description', async () => {
  const { run, tasks } = serve();
  expect(tasks.supports(RESOURCE)).toBe(true);
  expect(tasks.supports(RESOURCE.replace('.sync', ''))).toBe(false);
  const submitted: unknown[] = [];
  const answer = await run(tuningRequest('t'), { submitted: (created) => submitted.push(created) });
  const HyperParameterTuningJobArn = 'arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/t';
  expect(submitted).toEqual([{ HyperParameterTuningJobArn }]);
  expect(answer).toMatchObject({
    HyperParameterTuningJobArn,
    HyperParameterTuningJobStatus: 'Completed',
    BestTrainingJob: { ObjectiveStatus: 'Succeeded' },
    TrainingJobStatusCounters: { Completed: 6 },
  });
});

test('a tuning job that failed is States.TaskFailed with its description as the cause', async () => {
  const failure = await failureOf(serve(async () => 1).run(tuningRequest('t')));
  expect(failure.error).toBe('States.TaskFailed');
  expect(JSON.parse(failure.causeText!)).toMatchObject({
    HyperParameterTuningJobName: 't',
    HyperParameterTuningJobStatus: 'Failed',
    FailureReason: expect.stringMatching(/^No training job succeeded/) as string,
  });
});

test('what a stopped tuning job gives is an option', async () => {
  const answer = await serve().run(STOPPED);
  expect(answer).toMatchObject({ HyperParameterTuningJobStatus: 'Stopped' });
  const failure = await failureOf(serve(PRINTS_X, [], { stoppedIs: 'failure' }).run(STOPPED));
  expect(failure.error).toBe('States.TaskFailed');
  expect(JSON.parse(failure.causeText!)).toMatchObject({ HyperParameterTuningJobStatus: 'Stopped' });
});

test('a request that is refused has the name that Step Functions gives it', async () => {
  const { run } = serve();
  await run(tuningRequest('t'));
  expect((await failureOf(run(tuningRequest('t')))).error).toBe('SageMaker.ResourceInUseException');
  const invalid = await failureOf(run(tuningRequest('a_b')));
  expect(invalid.error).toBe('SageMaker.AmazonSageMakerException');
  expect(invalid.causeText).toMatch(/hyperParameterTuningJobName.*Error Code: ValidationException/);
});

test('an aborted task stops its tuning job and all its training jobs', async () => {
  const { run, clock, service } = serve();
  const aborting = new AbortController();
  const task = run(tuningRequest('t'), { signal: aborting.signal });
  void clock.sleep(5 * MINUTE).then(() => aborting.abort(new Error('the state timed out')));
  await expect(task).rejects.toThrow('the state timed out');
  expect(await service.tuning.waitForEnd('t')).toMatchObject({
    HyperParameterTuningJobStatus: 'Stopped',
    TrainingJobStatusCounters: { Stopped: 2, Completed: 0, InProgress: 0 },
  });
});

test('the faults of tasks strike those of tuning jobs', async () => {
  const cut = await failureOf(serve(async () => 1, [{ name: 'cause-cut', job: 't' }]).run(tuningRequest('t')));
  expect(() => JSON.parse(cut.causeText!) as unknown).toThrow();
  const stopped = await failureOf(serve(PRINTS_X, [{ name: 'stopped-is-failure' }]).run(STOPPED));
  expect(stopped.error).toBe('States.TaskFailed');
  const late = serve(PRINTS_X, [{ name: 'end-seen-late', lastsSeconds: 60 }]);
  const answer = (await late.run(tuningRequest('t'))) as { HyperParameterTuningEndTime: number };
  expect(late.clock.now() / 1000 - answer.HyperParameterTuningEndTime).toBe(60);
});
