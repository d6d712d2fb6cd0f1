import type { SageMakerService } from '../../../../local/sagemaker';
import { errorCode, MINUTE, SECOND, serveSimulated, START_UP_SECONDS } from '../serve';
import type { ServeOptions } from '../serve';
import { definition, OBJECTIVE, PRINTS_X, RANGES, tuningRequest } from './tuning-request';

type Fields = Record<string, unknown>;
type Changes = Parameters<typeof tuningRequest>[1];

interface Summary {
  readonly TrainingJobName: string;
  readonly TrainingJobStatus: string;
  readonly TunedHyperParameters: Record<string, string>;
  readonly ObjectiveStatus: string;
  readonly FinalHyperParameterTuningJobObjectiveMetric?: { readonly Value: number };
}

const services: SageMakerService[] = [];

afterEach(() => Promise.all(services.splice(0).map((service) => service.close())));

/** A service whose simulated program prints its x. */
function serve(options: ServeOptions = {}) {
  const served = serveSimulated({ program: PRINTS_X, ...options });
  services.push(served.service);
  const children = (name: string, more: Fields = {}) => {
    const input = { HyperParameterTuningJobName: name, MaxResults: 100, ...more };
    const answer = served.service.tuning.handle('ListTrainingJobsForHyperParameterTuningJob', input);
    return (answer as { TrainingJobSummaries: Summary[] }).TrainingJobSummaries;
  };
  const tune = (name: string, changes: Changes = {}) => {
    served.service.tuning.create(tuningRequest(name, changes));
    return served.service.tuning.waitForEnd(name);
  };
  return { ...served, tuning: served.service.tuning, children, tune };
}

const limits = (parallel: number, all: number | undefined, more: Fields = {}) => ({
  ResourceLimits: { MaxParallelTrainingJobs: parallel, MaxNumberOfTrainingJobs: all, ...more },
});

describe('training jobs', () => {
  test('all of them run, never more at a time than allowed, and the best is found', async () => {
    let running = 0;
    let most = 0;
    const { tune, children, clock } = serve({
      program: async (...args) => {
        most = Math.max(most, ++running);
        const exit = await PRINTS_X(...args);
        running--;
        return exit;
      },
    });
    const began = clock.now();
    const job = await tune('t', { config: limits(3, 9) });
    expect(most).toBe(3);
    expect(job).toMatchObject({
      HyperParameterTuningJobArn: 'arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/t',
      HyperParameterTuningJobStatus: 'Completed',
      CreationTime: began / SECOND,
      HyperParameterTuningEndTime: clock.now() / SECOND,
      TrainingJobStatusCounters: { Completed: 9, InProgress: 0, RetryableError: 0, NonRetryableError: 0, Stopped: 0 },
      ObjectiveStatusCounters: { Succeeded: 9, Pending: 0, Failed: 0 },
      ConsumedResources: { RuntimeInSeconds: 9 * 600 },
      HyperParameterTuningJobConfig: { Strategy: 'Random' },
    });
    expect(job).not.toHaveProperty('FailureReason');
    expect(clock.now() - began).toBe(3 * (START_UP_SECONDS * SECOND + 10 * MINUTE));
    const all = children('t');
    const best = all.reduce((a, b) => (+a.TunedHyperParameters.x > +b.TunedHyperParameters.x ? a : b));
    expect(job.BestTrainingJob).toEqual(best);
    expect(best.FinalHyperParameterTuningJobObjectiveMetric).toEqual({
      Type: 'Maximize',
      MetricName: 'accuracy',
      Value: Number(best.TunedHyperParameters.x),
    });
  });

  test('each has its name, its hyperparameters, its tags and its tuning job', async () => {
    const { tune, children, service } = serve();
    await tune('my-tuning', {
      config: limits(1, 2),
      definition: { StaticHyperParameters: { epochs: '3' }, Environment: { A: 'b' } },
      request: { Tags: [{ Key: 'team', Value: 'a' }] },
    });
    const [first, second] = children('my-tuning');
    expect(first.TrainingJobName).toMatch(/^my-tuning-001-[0-9a-f]{8}$/);
    expect(second.TrainingJobName).toMatch(/^my-tuning-002-[0-9a-f]{8}$/);
    expect(first.TunedHyperParameters).not.toEqual(second.TunedHyperParameters);
    expect(service.describe(first.TrainingJobName)).toMatchObject({
      HyperParameters: { epochs: '3', x: first.TunedHyperParameters.x, _tuning_objective_metric: 'accuracy' },
      Environment: { A: 'b' },
      TuningJobArn: 'arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/my-tuning',
    });
  });

  test('without an objective metric they count as failed, beside others that succeed', async () => {
    const { tune, children } = serve({
      program: async ({ name, request }, _clock, { log }) => {
        if (/-00[13]-/.test(name)) return 0;
        log(`accuracy=${request.HyperParameters!.x}`);
        return /-002-/.test(name) ? 1 : 0;
      },
    });
    const job = await tune('t', { config: limits(1, 4) });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 3, RetryableError: 0, NonRetryableError: 1 },
      ObjectiveStatusCounters: { Succeeded: 1, Failed: 3 },
    });
    const objectives = children('t').map(({ ObjectiveStatus }) => ObjectiveStatus);
    expect(objectives).toEqual(['Failed', 'Failed', 'Failed', 'Succeeded']);
  });

  test('the smallest value is the best one to be minimized', async () => {
    const { tune, children } = serve();
    const { BestTrainingJob } = await tune('t', {
      config: { HyperParameterTuningJobObjective: { ...OBJECTIVE, Type: 'Minimize' } },
    });
    const all = children('t').map(({ TunedHyperParameters: { x } }) => Number(x));
    expect(Number((BestTrainingJob!.TunedHyperParameters as Fields).x)).toBe(Math.min(...all));
  });

  test('that end by an internal error are retried as often as RetryStrategy says', async () => {
    const plans = [{ name: 'internal-error', times: 2 }] as const;
    const without = await serve({ plans }).tune('t', { config: limits(1, 3) });
    expect(without).toMatchObject({ TrainingJobStatusCounters: { Completed: 1, RetryableError: 2 } });
    const RetryStrategy = { MaximumRetryAttempts: 2 };
    const withRetry = await serve({ plans }).tune('t', { config: limits(1, 3), definition: { RetryStrategy } });
    expect(withRetry).toMatchObject({ TrainingJobStatusCounters: { Completed: 3, RetryableError: 0 } });
  });

  test.each(['create-throttled', 'create-internal-error', 'create-answer-lost', 'create-name-taken'] as const)(
    '%s: creates it all the same, and none twice',
    async (name) => {
      const { tune, service } = serve({ plans: [{ name, call: 2, times: 2 }] });
      const job = await tune('t');
      expect(job).toMatchObject({
        HyperParameterTuningJobStatus: 'Completed',
        TrainingJobStatusCounters: { Completed: 6 },
      });
      expect(service.list({ MaxResults: 100 }).TrainingJobSummaries).toHaveLength(6);
    },
  );

  test('are created no faster than the account allows', async () => {
    const { tune } = serve({ createRatePerSecond: 1 });
    const job = await tune('t', { config: limits(6, 6) });
    expect(job.HyperParameterTuningEndTime as number).toBe((job.CreationTime as number) + 5 + START_UP_SECONDS + 600);
  });

  test('several definitions take turns, each with its ranges, and are compared', async () => {
    const { tuning, children } = serve({
      program: async ({ request }, _clock, { log }) => {
        log(`accuracy=${request.HyperParameters!.kind === 'b' ? 2 : 1}`);
        return 0;
      },
    });
    const one = (name: string) =>
      definition({
        DefinitionName: name,
        TuningObjective: OBJECTIVE,
        HyperParameterRanges: {
          ContinuousParameterRanges: [{ Name: `x-${name}`, MinValue: '0', MaxValue: '1' }],
        },
        StaticHyperParameters: { kind: name },
      });
    const { HyperParameterTuningJobConfig: config, ...rest } = tuningRequest('t') as Record<string, Fields>;
    tuning.create({
      ...rest,
      HyperParameterTuningJobConfig: {
        ...config,
        ParameterRanges: undefined,
        HyperParameterTuningJobObjective: undefined,
      },
      TrainingJobDefinition: undefined,
      TrainingJobDefinitions: [one('a'), one('b')],
    });
    const { BestTrainingJob } = await tuning.waitForEnd('t');
    expect(BestTrainingJob).toMatchObject({ TrainingJobDefinitionName: 'b' });
    const [first, second] = children('t').map(({ TunedHyperParameters }) => Object.values(TunedHyperParameters)[0]);
    expect(second).not.toBe(first);
    expect(children('t').map(({ TunedHyperParameters }) => Object.keys(TunedHyperParameters)[0])).toEqual([
      ...['x-a', 'x-b', 'x-a', 'x-b', 'x-a', 'x-b'],
    ]);
  });
});

describe('the search', () => {
  const xs = (summaries: Summary[]) => summaries.map(({ TunedHyperParameters: { x } }) => x);

  test('the same seed gives the same hyperparameters, another one others', async () => {
    const run = async (RandomSeed: number) => {
      const { tune, children } = serve();
      await tune('t', { config: { RandomSeed } });
      return xs(children('t'));
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  test('Grid goes through all combinations, as many as there are', async () => {
    const { tune, children } = serve({ program: async (_job, _clock, { log }) => (log('accuracy=1'), 0) });
    await tune('t', {
      config: {
        Strategy: 'Grid',
        ResourceLimits: { MaxParallelTrainingJobs: 2 },
        ParameterRanges: {
          CategoricalParameterRanges: [
            { Name: 'x', Values: ['1', '2', '3'] },
            { Name: 'y', Values: ['a', 'b'] },
          ],
        },
      },
    });
    const tried = children('t').map(({ TunedHyperParameters: { x, y } }) => x + y);
    expect(tried.sort()).toEqual(['1a', '1b', '2a', '2b', '3a', '3b']);
  });

  test('Bayesian comes closer to the best than random search', async () => {
    const best = async (Strategy: string) => {
      const { tune } = serve({
        program: async ({ request: { HyperParameters = {} } }, _clock, { log }) => {
          log(`accuracy=${-((+HyperParameters.x - 0.3) ** 2) - (+HyperParameters.y - 0.7) ** 2}`);
          return 0;
        },
      });
      const both = ['x', 'y'].map((Name) => ({ Name, MinValue: '0', MaxValue: '1' }));
      const job = await tune('t', {
        config: { Strategy, ...limits(2, 30), ParameterRanges: { ContinuousParameterRanges: both } },
      });
      return (job.BestTrainingJob!.FinalHyperParameterTuningJobObjectiveMetric as { Value: number }).Value;
    };
    expect(await best('Bayesian')).toBeGreaterThan(-0.001);
    expect(await best('Bayesian')).toBeGreaterThan(await best('Random'));
  });

  test('what has all been tried ends the tuning job before its number of training jobs', async () => {
    const { tune } = serve();
    const job = await tune('t', {
      config: { ParameterRanges: { IntegerParameterRanges: [{ Name: 'x', MinValue: '1', MaxValue: '3' }] } },
    });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 3 },
    });
  });

  test('integers are whole, logarithmic values lie evenly over magnitudes, categories are as given', async () => {
    const { tune, children } = serve({ program: async (_job, _clock, { log }) => (log('accuracy=1'), 0) });
    await tune('t', {
      config: {
        ...limits(10, 100),
        ParameterRanges: {
          IntegerParameterRanges: [{ Name: 'n', MinValue: '-3', MaxValue: '3' }],
          ContinuousParameterRanges: [
            { Name: 'rate', MinValue: '1e-6', MaxValue: '1', ScalingType: 'Logarithmic' },
            { Name: 'auto', MinValue: '1e-6', MaxValue: '1' },
            { Name: 'linear', MinValue: '1e-6', MaxValue: '1', ScalingType: 'Linear' },
          ],
          CategoricalParameterRanges: [{ Name: 'c', Values: ['"quoted"', 'plain'] }],
        },
      },
    });
    const all = children('t').map(({ TunedHyperParameters }) => TunedHyperParameters);
    expect(new Set(all.map(({ n }) => n))).toEqual(new Set(['-3', '-2', '-1', '0', '1', '2', '3']));
    expect(new Set(all.map(({ c }) => c))).toEqual(new Set(['"quoted"', 'plain']));
    const small = (name: string) => all.filter((one) => Number(one[name]) < 1e-3).length;
    expect([small('rate') > 30, small('auto') > 30, small('linear') > 5]).toEqual([true, true, false]);
  });

  test('Autotune makes ranges of hints, and takes a number of training jobs', async () => {
    const { tune, children } = serve();
    await tune('t', {
      config: {
        ResourceLimits: { MaxParallelTrainingJobs: 10 },
        ParameterRanges: {
          AutoParameters: [
            { Name: 'x', ValueHint: '0.5' },
            { Name: 'kind', ValueHint: 'sgd' },
          ],
        },
      },
      request: { Autotune: { Mode: 'Enabled' } },
    });
    const all = children('t');
    expect(all).toHaveLength(20);
    for (const { TunedHyperParameters } of all) {
      expect(TunedHyperParameters.kind).toBe('sgd');
      expect(Math.abs(Math.log10(Number(TunedHyperParameters.x) / 0.5))).toBeLessThanOrEqual(1);
    }
  });
});

describe('ends', () => {
  const steps =
    (values: readonly number[]): ServeOptions['program'] =>
    async ({ name }, clock, { log, signal }) => {
      await clock.sleep(MINUTE, signal);
      log(`accuracy=${values[Number(/-(\d+)-[0-9a-f]+$/.exec(name)![1]) - 1]}`);
      return 0;
    };

  test('at the target: training jobs that run are stopped, no more are launched', async () => {
    const { tune } = serve({
      program: async ({ name }, clock, { log, signal }) => {
        await clock.sleep((name.includes('-003-') ? 5 : 10) * MINUTE, signal);
        log(`accuracy=${name.includes('-003-') ? 0.9 : 0.1}`);
        return 0;
      },
    });
    const TuningJobCompletionCriteria = { TargetObjectiveMetricValue: 0.9 };
    const job = await tune('t', { config: { ...limits(2, 20), TuningJobCompletionCriteria } });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 3, Stopped: 1, InProgress: 0 },
    });
  });

  test('a target to be minimized lies below', async () => {
    const { tune } = serve({ program: steps([0.9, 0.5, 0.2, 0.1]) });
    const job = await tune('t', {
      config: {
        ...limits(1, 4),
        HyperParameterTuningJobObjective: { ...OBJECTIVE, Type: 'Minimize' },
        TuningJobCompletionCriteria: { TargetObjectiveMetricValue: 0.2 },
      },
    });
    expect(job).toMatchObject({ TrainingJobStatusCounters: { Completed: 3 } });
  });

  test.each([
    [[0.5, 0.502, 0.501, 0.504, 0.9], 4],
    // 1 % more is an improvement, counted from the best one.
    [[0.5, 0.502, 0.505, 0.505, 0.505, 0.505, 0.9], 6],
  ])('when the best objective no longer improves by one per cent: %j', async (values, completed) => {
    const { tune } = serve({ program: steps(values) });
    const job = await tune('t', {
      config: {
        ...limits(1, values.length),
        TuningJobCompletionCriteria: { BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 3 } },
      },
    });
    expect(job).toMatchObject({
      TrainingJobStatusCounters: { Completed: completed },
      TuningJobCompletionDetails: { NumberOfTrainingJobsObjectiveNotImproving: 3 },
    });
  });

  test.each([
    ['Enabled', 21],
    ['Disabled', 25],
  ])('when it has converged, where that is %s', async (CompleteOnConvergence, completed) => {
    const { tune } = serve({ program: steps(Array.from({ length: 25 }, () => 0.5)) });
    const TuningJobCompletionCriteria = { ConvergenceDetected: { CompleteOnConvergence } };
    const job = await tune('t', { config: { ...limits(1, 25), TuningJobCompletionCriteria } });
    expect(job).toMatchObject({
      TrainingJobStatusCounters: { Completed: completed },
      TuningJobCompletionDetails: {
        ConvergenceDetectedTime: (job.CreationTime as number) + 21 * (START_UP_SECONDS + 60),
      },
    });
  });

  test('after MaxRuntimeInSeconds: all training jobs are stopped', async () => {
    const { tune } = serve();
    const job = await tune('t', { config: limits(2, undefined, { MaxRuntimeInSeconds: 4000 }) });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Stopped',
      HyperParameterTuningEndTime: (job.CreationTime as number) + 4000,
      TrainingJobStatusCounters: { Completed: 10, InProgress: 0, Stopped: 2 },
    });
  });

  test('by a stop: Stopping until its training jobs have stopped', async () => {
    const { tuning, clock, children } = serve({
      // takes a minute to save its model.
      program: async (_job, time, { signal }) => {
        await time.sleep(1e9, signal).catch(() => undefined);
        await time.sleep(MINUTE);
        return 0;
      },
    });
    tuning.create(tuningRequest('t'));
    await clock.sleep(5 * MINUTE);
    tuning.stop('t');
    // a second stop changes nothing.
    tuning.stop('t');
    expect(tuning.describe('t')).toMatchObject({ HyperParameterTuningJobStatus: 'Stopping' });
    const job = await tuning.waitForEnd('t');
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Stopped',
      HyperParameterTuningEndTime: (job.CreationTime as number) + 360,
      TrainingJobStatusCounters: { Stopped: 2, InProgress: 0 },
    });
    expect(children('t')).toHaveLength(2);
    expect(errorCode(() => tuning.stop('t'))).toBe('ValidationException');
  });

  test('a stop goes through though StopTrainingJob is throttled', async () => {
    const { tuning, clock } = serve({ stopRatePerSecond: 1 });
    tuning.create(tuningRequest('t', { config: limits(4, 6) }));
    await clock.sleep(5 * MINUTE);
    tuning.stop('t');
    expect(await tuning.waitForEnd('t')).toMatchObject({ TrainingJobStatusCounters: { Stopped: 4 } });
  });
});

describe('fails', () => {
  test('when no training job has succeeded after five', async () => {
    const { tune } = serve({ program: async () => 1 });
    const job = await tune('t', { config: limits(1, 20) });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Failed',
      FailureReason: expect.stringMatching(/^No training job succeeded after 5 attempts/) as string,
      TrainingJobStatusCounters: { NonRetryableError: 5 },
    });
    expect(job).not.toHaveProperty('BestTrainingJob');
  });

  test('when all training jobs have, fewer than five', async () => {
    const job = await serve({ program: async () => 1 }).tune('t', { config: limits(1, 2) });
    expect(job.FailureReason).toMatch(/^No training job succeeded after 2 attempts/);
  });

  test('when none has printed the objective metric', async () => {
    const job = await serve({ program: async () => 0 }).tune('t', { config: limits(1, 20) });
    expect(job).toMatchObject({ HyperParameterTuningJobStatus: 'Failed', TrainingJobStatusCounters: { Completed: 5 } });
    expect(job.FailureReason).toMatch(/^No objective metrics found after running 5 training jobs/);
  });

  test('when a training job is refused: the others are stopped', async () => {
    const { tune } = serve({ plans: [{ name: 'create-refused', call: 2 }] });
    const job = await tune('t');
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Failed',
      FailureReason: expect.stringMatching(/could not be created: Could not assume the role/) as string,
      TrainingJobStatusCounters: { Stopped: 1, Completed: 0 },
    });
  });

  test('when CreateTrainingJob has an internal error again and again', async () => {
    const job = await serve({ plans: [{ name: 'create-internal-error', times: Infinity }] }).tune('t');
    expect(job.FailureReason).toMatch(/could not be created: The request failed for an internal reason/);
  });

  test.each([
    [undefined, START_UP_SECONDS + 600],
    [300, 300],
  ])('tuning-job-failed: by the service itself, after %s', async (afterSeconds, ended) => {
    const { tune, faults } = serve({ plans: [{ name: 'tuning-job-failed', job: 't', afterSeconds }] });
    const job = await tune('t');
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Failed',
      FailureReason: expect.stringMatching(/^InternalServerError/) as string,
      HyperParameterTuningEndTime: (job.CreationTime as number) + ended,
    });
    expect(job.TrainingJobStatusCounters).toMatchObject({ InProgress: 0 });
    expect(faults.unused()).toEqual([]);
  });

  test.each([
    ['tuning-create-throttled', 'ThrottlingException'],
    ['tuning-create-internal-error', 'InternalFailure'],
  ] as const)('%s: one request is refused, the next is taken', (name, code) => {
    const { tuning } = serve({ plans: [{ name }] });
    const create = () => tuning.create(tuningRequest('t'));
    expect([errorCode(create), errorCode(create)]).toEqual([code, undefined]);
  });
});

describe('capacity', () => {
  const InstanceConfigs = ['ml.m5.xlarge', 'ml.m5.2xlarge'].map((InstanceType) => ({
    InstanceType,
    InstanceCount: 1,
    VolumeSizeInGB: 1,
  }));
  const onEither = { ResourceConfig: undefined, HyperParameterTuningResourceConfig: { InstanceConfigs } };

  test('a training job that finds the quota used up waits for it', async () => {
    const { tune, service } = serve({ instanceQuota: 2 });
    const job = await tune('t', { config: limits(4, 6) });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 6 },
      HyperParameterTuningEndTime: (job.CreationTime as number) + 3 * (START_UP_SECONDS + 600),
    });
    expect(service.list({}).TrainingJobSummaries).toHaveLength(6);
  });

  test('where the quota of the first instances is used up the next ones are taken', async () => {
    const { tune, children, service } = serve({ instanceQuota: { 'ml.m5.xlarge': 1 } });
    await tune('t', { config: limits(2, 2), definition: onEither });
    const types = children('t').map(({ TrainingJobName }) => service.describe(TrainingJobName).ResourceConfig);
    expect(types).toMatchObject([{ InstanceType: 'ml.m5.xlarge' }, { InstanceType: 'ml.m5.2xlarge' }]);
  });

  test('a training job that fails for want of capacity is launched again on the next instances', async () => {
    const { tune, children, service } = serve({ plans: [{ name: 'capacity-error' }] });
    const job = await tune('t', { config: limits(1, 3), definition: onEither });
    expect(job).toMatchObject({ TrainingJobStatusCounters: { Completed: 2, NonRetryableError: 1 } });
    const [failed, again, other] = children('t');
    expect(again.TunedHyperParameters).toEqual(failed.TunedHyperParameters);
    // the search goes on as if nothing had happened.
    const undisturbed = serve();
    await undisturbed.tune('t', { config: limits(1, 3), definition: onEither });
    expect(other.TunedHyperParameters).toEqual(undisturbed.children('t')[1].TunedHyperParameters);
    expect(service.describe(again.TrainingJobName).ResourceConfig).toMatchObject({ InstanceType: 'ml.m5.2xlarge' });
  });

  test('one that fails for want of capacity on the last instances has failed', async () => {
    const { tune, children } = serve({ plans: [{ name: 'capacity-error' }], instanceQuota: { 'ml.m5.xlarge': 0 } });
    const job = await tune('t', { config: limits(1, 2), definition: onEither });
    expect(job).toMatchObject({ TrainingJobStatusCounters: { Completed: 1, NonRetryableError: 1 } });
    const [failed, other] = children('t');
    expect(other.TunedHyperParameters).not.toEqual(failed.TunedHyperParameters);
  });

  test('a quota that never has room fails the tuning job after a day', async () => {
    const { tune } = serve({ instanceQuota: 0 });
    const job = await tune('t');
    expect(job).toMatchObject({ HyperParameterTuningJobStatus: 'Failed' });
    expect(job.FailureReason).toMatch(/could not be created: The account-level service limit/);
    expect((job.HyperParameterTuningEndTime as number) - (job.CreationTime as number)).toBe(86_400);
  });

  test('a stop ends a tuning job that waits', async () => {
    const { tuning, clock } = serve({ instanceQuota: 0 });
    tuning.create(tuningRequest('t'));
    await clock.sleep(90 * SECOND);
    tuning.stop('t');
    const job = await tuning.waitForEnd('t');
    expect(job).toMatchObject({ HyperParameterTuningJobStatus: 'Stopped' });
    expect((job.HyperParameterTuningEndTime as number) - (job.CreationTime as number)).toBe(90);
  });

  test('managed spot goes through interruptions', async () => {
    const { tune } = serve({ plans: [{ name: 'spot-interrupted', times: 2 }] });
    const job = await tune('t', {
      config: limits(1, 2),
      definition: {
        EnableManagedSpotTraining: true,
        StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 },
      },
    });
    expect(job).toMatchObject({ TrainingJobStatusCounters: { Completed: 2 } });
  });

  test.each([
    ['parallelTrainingJobs', limits(2, 6), limits(3, 6)],
    ['trainingJobs', limits(1, 2), limits(1, 3)],
  ])('the quota %s bounds a tuning job', (name, taken, refused) => {
    const { tuning } = serve({ tuningQuota: { [name]: 2 } });
    expect(errorCode(() => tuning.create(tuningRequest('a', { config: refused })))).toBe('ResourceLimitExceeded');
    expect(errorCode(() => tuning.create(tuningRequest('a', { config: taken })))).toBeUndefined();
  });
});

describe('early stopping', () => {
  /** Nine epochs of a minute; the level of a training job lies in its x. */
  const epochs: ServeOptions['program'] = async ({ request }, clock, { log, signal }) => {
    for (let epoch = 1; epoch <= 9; epoch++) {
      await clock.sleep(MINUTE, signal);
      log(`accuracy=${Number(request.HyperParameters!.x) + epoch / 1000}`);
    }
    return 0;
  };

  const runs = async (config: Fields) => {
    const { tune, children, service } = serve({ program: epochs });
    const job = await tune('t', { config: { ...limits(1, 12), ...config } });
    const all = children('t').map(({ TrainingJobName, TunedHyperParameters, TrainingJobStatus, ObjectiveStatus }) => ({
      x: Number(TunedHyperParameters.x),
      stopped: TrainingJobStatus === 'Stopped',
      objective: ObjectiveStatus,
      seconds: service.describe(TrainingJobName).TrainingTimeInSeconds as number,
    }));
    return { job, all };
  };

  test('Off lets all training jobs run to their end', async () => {
    expect((await runs({ TrainingJobEarlyStoppingType: 'Off' })).all.every(({ seconds }) => seconds === 540)).toBe(
      true,
    );
  });

  test.each([1, 2, 3, 4])(
    'Auto stops those worse than the median of the completed ones, seed %i',
    async (RandomSeed) => {
      const { job, all } = await runs({ TrainingJobEarlyStoppingType: 'Auto', RandomSeed });
      expect(job.HyperParameterTuningJobStatus).toBe('Completed');
      // three have to complete first.
      const completed: number[] = [];
      for (const { x, stopped, seconds, objective } of all) {
        const sorted = [...completed].sort((a, b) => a - b);
        const middle = (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
        expect(stopped).toBe(completed.length >= 3 && x < middle);
        expect(seconds).toBe(stopped ? 60 : 540);
        expect(objective).toBe('Succeeded');
        if (!stopped) completed.push(x);
      }
      expect(all.some(({ stopped }) => stopped)).toBe(true);
    },
  );

  test('Hyperband stops at rungs those that are not in the best third, and all at MaxResource', async () => {
    const HyperbandStrategyConfig = { MinResource: 1, MaxResource: 6 };
    const { job, all } = await runs({ Strategy: 'Hyperband', StrategyConfig: { HyperbandStrategyConfig } });
    expect(job.HyperParameterTuningJobStatus).toBe('Completed');
    expect(new Set(all.map(({ seconds }) => seconds))).toEqual(new Set([60, 180, 360]));
    const best = all.reduce((a, b) => (a.x > b.x ? a : b));
    expect(best.seconds).toBe(360);
    expect(job.BestTrainingJob).toMatchObject({ TunedHyperParameters: { x: String(best.x) } });
  });
});

describe('warm start', () => {
  const from = (WarmStartType: string, ...parents: string[]) => ({
    WarmStartConfig: {
      WarmStartType,
      ParentHyperParameterTuningJobs: parents.map((HyperParameterTuningJobName) => ({ HyperParameterTuningJobName })),
    },
  });
  const refusal = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  test('learns from the parents, and names the best of all', async () => {
    const program: ServeOptions['program'] = async ({ request: { HyperParameters = {} } }, _clock, { log }) => {
      log(`accuracy=${1 - (Number(HyperParameters.x) - 0.3) ** 2}`);
      return 0;
    };
    const { tune } = serve({ program });
    const parent = await tune('parent', { config: { Strategy: 'Bayesian', ...limits(1, 25) } });
    const first = { config: { Strategy: 'Bayesian', ...limits(1, 4) } };
    const distance = ({ BestTrainingJob }: { BestTrainingJob?: Fields }) =>
      Math.abs(Number((BestTrainingJob!.TunedHyperParameters as Fields).x) - 0.3);
    const warm = await tune('warm', { ...first, request: from('IdenticalDataAndAlgorithm', 'parent') });
    const cold = await tune('cold', first);
    expect(distance(warm)).toBeLessThan(distance(cold) / 4);
    const value = ({ FinalHyperParameterTuningJobObjectiveMetric: metric }: Fields) =>
      (metric as { Value: number }).Value;
    const [own, overall] = [warm.BestTrainingJob!, warm.OverallBestTrainingJob as Fields];
    expect(value(overall)).toBe(Math.max(value(own), value(parent.BestTrainingJob!)));
    expect(overall.TuningJobName).toBe(value(own) > value(parent.BestTrainingJob!) ? 'warm' : 'parent');
    const transfer = await tune('transfer', { ...first, request: from('TransferLearning', 'parent') });
    expect(transfer).not.toHaveProperty('OverallBestTrainingJob');
  });

  test('takes up to five parents, which exist and have ended, each once', async () => {
    const { tune, tuning } = serve();
    const parents = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
    for (const name of parents) await tune(name, { config: limits(1, 1) });
    const create = (name: string, ...names: string[]) =>
      refusal(() => tuning.create(tuningRequest(name, { request: from('TransferLearning', ...names) })));
    expect(create('child', ...parents.slice(0, 5))).toBeUndefined();
    expect(create('t', ...parents)).toMatch(/parentHyperParameterTuningJobs.*less than or equal to 5/);
    expect(create('t')).toMatch(/parentHyperParameterTuningJobs.*greater than or equal to 1/);
    expect(create('t', 'nobody')).toMatch(/there is no tuning job 'nobody'/);
    expect(create('t', 'child')).toMatch(/'child' is in status InProgress. Wait/);
    expect(create('t', 'p1', 'p1')).toMatch(/'p1' is repeated/);
  });

  test('is not for a grid, which tries all combinations', async () => {
    const { tune, tuning } = serve();
    const ParameterRanges = { CategoricalParameterRanges: [{ Name: 'x', Values: ['1', '2'] }] };
    const both = { ParameterRanges, ...limits(1, 2) };
    await tune('parent', { config: { Strategy: 'Random', ...both } });
    const create = (Strategy: string) =>
      refusal(() =>
        tuning.create(
          tuningRequest(Strategy, {
            config: { Strategy, ...both },
            request: from('IdenticalDataAndAlgorithm', 'parent'),
          }),
        ),
      );
    expect(create('Grid')).toMatch(/WarmStartConfig is not supported with the Strategy Grid/);
    expect(create('Bayesian')).toBeUndefined();
  });

  test('needs the objective, the number of hyperparameters and for identical algorithms the image of its parents', async () => {
    const { tune, tuning } = serve();
    await tune('p', { config: limits(1, 1) });
    const create = (name: string, type: string, changes: Changes) =>
      refusal(() => tuning.create(tuningRequest(name, { ...changes, request: from(type, 'p') })));
    const HyperParameterTuningJobObjective = { ...OBJECTIVE, Type: 'Minimize' };
    expect(create('t', 'TransferLearning', { config: { HyperParameterTuningJobObjective } })).toMatch(
      /objective Minimize 'accuracy' is not that of the parent 'p', Maximize 'accuracy'/,
    );
    const StaticHyperParameters = { y: '1' };
    expect(create('t', 'TransferLearning', { definition: { StaticHyperParameters } })).toMatch(
      /are 2, and 1 in the parent/,
    );
    const { AlgorithmSpecification: algorithm } = definition() as Record<string, Fields>;
    const other = { definition: { AlgorithmSpecification: { ...algorithm, TrainingImage: 'image:2' } } };
    expect(create('t', 'IdenticalDataAndAlgorithm', other)).toMatch(/image "image:2" is not that .* TransferLearning/);
    expect(create('t', 'TransferLearning', other)).toBeUndefined();
  });

  test('the training jobs of the parents count in the quota', async () => {
    const { tune, tuning } = serve({ tuningQuota: { trainingJobs: 4 } });
    await tune('p', { config: limits(1, 2) });
    const create = (name: string, all: number) =>
      errorCode(() =>
        tuning.create(tuningRequest(name, { config: limits(1, all), request: from('TransferLearning', 'p') })),
      );
    expect(create('a', 3)).toBe('ResourceLimitExceeded');
    expect(create('a', 2)).toBeUndefined();
  });
});

describe('lists', () => {
  test('training jobs of a tuning job by status and in order, page by page', async () => {
    const { tune, children, tuning } = serve({
      program: async (...args) => (args[0].name.includes('-002-') ? 1 : PRINTS_X(...args)),
    });
    await tune('t', { config: limits(1, 4) });
    expect(children('t', { StatusEquals: 'Failed' }).map(({ TrainingJobName: name }) => name.slice(0, 5))).toEqual([
      't-002',
    ]);
    const byValue = children('t', { SortBy: 'FinalObjectiveMetricValue', SortOrder: 'Descending' });
    const values = byValue.map((one) => one.FinalHyperParameterTuningJobObjectiveMetric!.Value);
    expect(values).toHaveLength(3);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    const all = children('t').map(({ TrainingJobName }) => TrainingJobName);
    expect(children('t', { SortBy: 'CreationTime' }).map(({ TrainingJobName }) => TrainingJobName)).toEqual(all);
    const pages: string[][] = [];
    let NextToken: string | undefined;
    do {
      const answer = tuning.handle('ListTrainingJobsForHyperParameterTuningJob', {
        HyperParameterTuningJobName: 't',
        MaxResults: 3,
        NextToken,
      }) as { TrainingJobSummaries: Summary[]; NextToken?: string };
      pages.push(answer.TrainingJobSummaries.map(({ TrainingJobName }) => TrainingJobName));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    expect(pages).toEqual([all.slice(0, 3), all.slice(3)]);
    expect(errorCode(() => children('t', { NextToken: 'x' }))).toBe('ValidationException');
    expect(errorCode(() => children('t', { MaxResults: 101 }))).toBe('ValidationException');
    expect(errorCode(() => children('nobody'))).toBe('ResourceNotFound');
  });

  test('tuning jobs by name, status and time', async () => {
    const { tune, tuning, clock } = serve();
    await tune('b-job', { config: limits(1, 1) });
    const middle = clock.now() / SECOND;
    tuning.create(tuningRequest('a-job'));
    const list = (input: Fields) => {
      const answer = tuning.handle('ListHyperParameterTuningJobs', input) as Record<string, Fields[]>;
      return answer.HyperParameterTuningJobSummaries.map((summary) => summary.HyperParameterTuningJobName);
    };
    expect(list({})).toEqual(['a-job', 'b-job']);
    expect(list({ SortBy: 'CreationTime' })).toEqual(['b-job', 'a-job']);
    expect(list({ SortOrder: 'Descending' })).toEqual(['b-job', 'a-job']);
    expect(list({ StatusEquals: 'InProgress' })).toEqual(['a-job']);
    expect(list({ NameContains: 'b-' })).toEqual(['b-job']);
    expect(list({ CreationTimeBefore: middle })).toEqual(['b-job']);
    expect(errorCode(() => list({ SortBy: 'Value' }))).toBe('ValidationException');
  });

  test('a name is used once, and an unknown one is not found', () => {
    const { tuning } = serve();
    tuning.create(tuningRequest('t'));
    expect(errorCode(() => tuning.create(tuningRequest('t')))).toBe('ResourceInUse');
    expect(errorCode(() => tuning.describe('u'))).toBe('ResourceNotFound');
    expect(errorCode(() => tuning.stop('u'))).toBe('ResourceNotFound');
  });
});

test('a later change of the request changes nothing', async () => {
  const { tuning, children } = serve();
  const request = tuningRequest('t', { config: { ParameterRanges: structuredClone(RANGES) } });
  tuning.create(request);
  (
    request.HyperParameterTuningJobConfig as { ParameterRanges: typeof RANGES }
  ).ParameterRanges.ContinuousParameterRanges = [];
  await tuning.waitForEnd('t');
  expect(children('t').every(({ TunedHyperParameters }) => 'x' in TunedHyperParameters)).toBe(true);
});

test('the end of a service ends its tuning jobs as failed', async () => {
  const { service, tuning, clock } = serve();
  tuning.create(tuningRequest('t'));
  await clock.sleep(5 * MINUTE);
  await service.close();
  const job = await tuning.waitForEnd('t');
  expect(job).toMatchObject({ HyperParameterTuningJobStatus: 'Failed', TrainingJobStatusCounters: { InProgress: 0 } });
  expect(job.FailureReason).toMatch(/the local runtime ended/);
});
