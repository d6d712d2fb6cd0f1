import { VirtualClock } from '../../../local/clock';
import { FaultInjector } from '../../../local/faults';
import { runTrainingJobTask, SageMakerService, SimulatedJobLauncher, TaskFailure } from '../../../local/sagemaker';
import type { SageMakerServiceOptions, SimulatedProgram } from '../../../local/sagemaker';
import { trainingJobRequest } from './request';

function serve(program: SimulatedProgram, more: Partial<SageMakerServiceOptions> = {}) {
  const clock = new VirtualClock();
  const launcher = new SimulatedJobLauncher({ clock, program });
  return { clock, service: new SageMakerService({ clock, launcher, ...more }) };
}

async function failureOf(work: Promise<unknown>): Promise<TaskFailure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaskFailure);
  return error as TaskFailure;
}

const sleeps: SimulatedProgram = (_job, clock, { signal }) => clock.sleep(1e6, signal).then(() => 0);

test('says when the job was submitted and answers its description', async () => {
  const { service } = serve(async () => 0);
  const submitted: unknown[] = [];
  const answer = await runTrainingJobTask(service, trainingJobRequest('job'), {
    submitted: (created) => submitted.push(created, service.describe('job').TrainingJobStatus),
  });
  const TrainingJobArn = 'arn:aws:sagemaker:us-east-1:123456789012:training-job/job';
  expect(submitted).toEqual([{ TrainingJobArn }, 'InProgress']);
  expect(answer).toMatchObject({ TrainingJobArn, TrainingJobStatus: 'Completed' });
});

test('a job that failed is States.TaskFailed with its description as the cause', async () => {
  const { service } = serve(async () => 1);
  const failure = await failureOf(runTrainingJobTask(service, trainingJobRequest('job')));
  expect(failure.error).toBe('States.TaskFailed');
  expect(JSON.parse(failure.cause)).toMatchObject({ TrainingJobName: 'job', TrainingJobStatus: 'Failed' });
});

test('what a stopped job gives is an option', async () => {
  const { service } = serve(sleeps);
  const StoppingCondition = { MaxRuntimeInSeconds: 1 };
  const answer = await runTrainingJobTask(service, trainingJobRequest('a', { StoppingCondition }));
  expect(answer.TrainingJobStatus).toBe('Stopped');
  const failure = await failureOf(
    runTrainingJobTask(service, trainingJobRequest('b', { StoppingCondition }), { stoppedIs: 'failure' }),
  );
  expect(failure.error).toBe('States.TaskFailed');
});

test('a request that is refused has the name that Step Functions gives it', async () => {
  const { service } = serve(sleeps, { instanceQuota: 1 });
  const running = new AbortController();
  const first = runTrainingJobTask(service, trainingJobRequest('job'), { signal: running.signal });
  const task = (name: string, more = {}) => failureOf(runTrainingJobTask(service, trainingJobRequest(name, more)));
  expect((await task('job')).error).toBe('SageMaker.ResourceInUseException');
  expect((await task('more')).error).toBe('SageMaker.ResourceLimitExceededException');
  const invalid = await task('a_b');
  expect(invalid.error).toBe('SageMaker.AmazonSageMakerException');
  expect(invalid.cause).toMatch(/trainingJobName.*Error Code: ValidationException/);
  running.abort(new Error('enough'));
  await expect(first).rejects.toThrow('enough');
});

test('a throttled request has the general name and the message in its cause', async () => {
  const { service } = serve(async () => 0, { createRatePerSecond: 1 });
  const first = runTrainingJobTask(service, trainingJobRequest('one'));
  const failure = await failureOf(runTrainingJobTask(service, trainingJobRequest('two')));
  expect(failure.error).toBe('SageMaker.AmazonSageMakerException');
  expect(failure.cause).toMatch(/^Rate exceeded .*ThrottlingException/);
  await first;
});

test('an aborted task stops its job', async () => {
  const { clock, service } = serve(sleeps);
  const aborting = new AbortController();
  const StoppingCondition = { MaxRuntimeInSeconds: 3600 };
  const task = runTrainingJobTask(service, trainingJobRequest('job', { StoppingCondition }), {
    signal: aborting.signal,
  });
  void clock.sleep(600_000).then(() => aborting.abort(new Error('the state timed out')));
  await expect(task).rejects.toThrow('the state timed out');
  expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Stopped');
});

test('stopped-is-failure: one job that ended Stopped fails its task', async () => {
  const { service } = serve(sleeps);
  const faults = new FaultInjector([{ name: 'stopped-is-failure' }]);
  const more = { StoppingCondition: { MaxRuntimeInSeconds: 1 } };
  const failure = await failureOf(runTrainingJobTask(service, trainingJobRequest('a', more), { faults }));
  expect(failure.error).toBe('States.TaskFailed');
  expect(JSON.parse(failure.cause)).toMatchObject({ TrainingJobStatus: 'Stopped' });
  const answer = await runTrainingJobTask(service, trainingJobRequest('b', more), { faults });
  expect(answer.TrainingJobStatus).toBe('Stopped');
});

test('cause-cut: the cause of one failed task is no JSON', async () => {
  const { service } = serve(async () => 1);
  const faults = new FaultInjector([{ name: 'cause-cut' }]);
  const failure = await failureOf(runTrainingJobTask(service, trainingJobRequest('a'), { faults }));
  expect(failure.error).toBe('States.TaskFailed');
  expect(() => JSON.parse(failure.cause)).toThrow();
  const next = await failureOf(runTrainingJobTask(service, trainingJobRequest('b'), { faults }));
  expect(JSON.parse(next.cause)).toMatchObject({ TrainingJobStatus: 'Failed' });
});

test('end-seen-late: the task ends later than its job', async () => {
  const { clock, service } = serve(async () => 0);
  const faults = new FaultInjector([{ name: 'end-seen-late', lastsSeconds: 60 }]);
  const answer = await runTrainingJobTask(service, trainingJobRequest('job'), { faults });
  expect(clock.now() - (answer.TrainingEndTime as number) * 1000).toBe(60_000);
});

test('a task that stops its job tries again when that is throttled', async () => {
  const { clock, service } = serve(sleeps, { faults: new FaultInjector([{ name: 'stop-throttled', times: 3 }]) });
  const aborting = new AbortController();
  const StoppingCondition = { MaxRuntimeInSeconds: 3600 };
  const task = runTrainingJobTask(service, trainingJobRequest('job', { StoppingCondition }), {
    signal: aborting.signal,
  });
  void clock.sleep(600_000).then(() => aborting.abort(new Error('the execution was stopped')));
  await expect(task).rejects.toThrow('the execution was stopped');
  expect(await service.waitForEnd('job')).toMatchObject({ TrainingJobStatus: 'Stopped', TrainingTimeInSeconds: 483 });
});
