import { serveSimulated } from '../serve';
import { config, definition, OBJECTIVE, RANGES, tuningRequest } from './tuning-request';

type Fields = Record<string, unknown>;

/** The message by which a request is refused; undefined for one that is taken. */
async function refusal(request: Fields): Promise<string | undefined> {
  const { service } = serveSimulated();
  try {
    service.tuning.create(request);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ValidationException' });
    return (error as Error).message;
  } finally {
    await service.close();
  }
  return undefined;
}

const withConfig = (more: Fields) => tuningRequest('t', { config: more });
const withDefinition = (more: Fields) => tuningRequest('t', { definition: more });
const limits = (more: Fields) =>
  withConfig({ ResourceLimits: { MaxParallelTrainingJobs: 1, MaxNumberOfTrainingJobs: 1, ...more } });
const criteria = (more: Fields) => withConfig({ TuningJobCompletionCriteria: more });
const range = (MinValue: string, MaxValue: string, ScalingType?: string) => ({
  Name: 'x',
  MinValue,
  MaxValue,
  ScalingType,
});
const continuous = (...args: Parameters<typeof range>) =>
  withConfig({ ParameterRanges: { ContinuousParameterRanges: [range(...args)] } });
const integer = (...args: Parameters<typeof range>) =>
  withConfig({ ParameterRanges: { IntegerParameterRanges: [range(...args)] } });
const categorical = (values: string[], more: Fields = {}) =>
  withConfig({ ParameterRanges: { CategoricalParameterRanges: [{ Name: 'x', Values: values }] }, ...more });
const named = (count: number, prefix = 'p') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const numbers = (count: number, prefix?: string) =>
  named(count, prefix).map((Name) => ({ Name, MinValue: '0', MaxValue: '1' }));
const categories = (count: number) => named(count, 'c').map((Name) => ({ Name, Values: ['a', 'b'] }));
const fixed = (count: number) => Object.fromEntries(named(count, 's').map((name) => [name, '1']));
const hyperband = (resources: Fields | undefined, more: Fields = {}) =>
  withConfig({
    Strategy: 'Hyperband',
    ...(resources && { StrategyConfig: { HyperbandStrategyConfig: resources } }),
    ...more,
  });
const instances = (count: number) =>
  Array.from({ length: count }, () => ({ InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 1 }));
const tuningResources = (resources: Fields, more: Fields = {}) =>
  withDefinition({ ResourceConfig: undefined, HyperParameterTuningResourceConfig: resources, ...more });
const several = (list: Fields[], more: Fields = {}) => ({
  HyperParameterTuningJobName: 't',
  HyperParameterTuningJobConfig: config({
    HyperParameterTuningJobObjective: undefined,
    ParameterRanges: undefined,
    ...more,
  }),
  TrainingJobDefinitions: list,
});
const one = (DefinitionName: string | undefined, more: Fields = {}) =>
  definition({ DefinitionName, TuningObjective: OBJECTIVE, HyperParameterRanges: RANGES, ...more });

test.each<[string, Fields, Fields, RegExp]>([
  [
    'name, length',
    tuningRequest('n'.repeat(32)),
    tuningRequest('n'.repeat(33)),
    /hyperParameterTuningJobName.*length less than or equal to 32/,
  ],
  [
    'name, at least one',
    tuningRequest('n'),
    tuningRequest(''),
    /hyperParameterTuningJobName.*greater than or equal to 1/,
  ],
  ['name, pattern', tuningRequest('a-1'), tuningRequest('a_1'), /'a_1' at 'hyperParameterTuningJobName'.*pattern/],
  ['name, last hyphen', tuningRequest('a--b'), tuningRequest('a-'), /'a-' at 'hyperParameterTuningJobName'/],
  [
    'Strategy',
    withConfig({ Strategy: 'Bayesian' }),
    withConfig({ Strategy: 'Sobol' }),
    /'Sobol' at .*strategy.*\[Bayesian, Random, Hyperband, Grid\]/,
  ],
  [
    'parallel jobs',
    limits({}),
    limits({ MaxParallelTrainingJobs: 0 }),
    /maxParallelTrainingJobs.*greater than or equal to 1/,
  ],
  [
    'parallel and all jobs',
    limits({ MaxParallelTrainingJobs: 2, MaxNumberOfTrainingJobs: 2 }),
    limits({ MaxParallelTrainingJobs: 2 }),
    /MaxParallelTrainingJobs 2 is greater than MaxNumberOfTrainingJobs 1/,
  ],
  ['jobs', limits({}), limits({ MaxNumberOfTrainingJobs: 0 }), /maxNumberOfTrainingJobs.*greater than or equal to 1/],
  [
    'runtime, least',
    limits({ MaxRuntimeInSeconds: 120 }),
    limits({ MaxRuntimeInSeconds: 119 }),
    /maxRuntimeInSeconds.*greater than or equal to 120/,
  ],
  [
    'runtime, most',
    limits({ MaxRuntimeInSeconds: 15_768_000 }),
    limits({ MaxRuntimeInSeconds: 15_768_001 }),
    /maxRuntimeInSeconds.*less than or equal to 15768000/,
  ],
  [
    'some end',
    limits({ MaxNumberOfTrainingJobs: undefined, MaxRuntimeInSeconds: 120 }),
    limits({ MaxNumberOfTrainingJobs: undefined }),
    /has no MaxNumberOfTrainingJobs, and nothing else ends the tuning job/,
  ],
  [
    'target',
    criteria({ TargetObjectiveMetricValue: 0.5 }),
    criteria({ TargetObjectiveMetricValue: '0.5' }),
    /targetObjectiveMetricValue.*must be a number/,
  ],
  [
    'jobs not improving',
    criteria({ BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 3 } }),
    criteria({ BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 2 } }),
    /NotImproving.*greater than or equal to 3/,
  ],
  [
    'convergence',
    criteria({ ConvergenceDetected: { CompleteOnConvergence: 'Enabled' } }),
    criteria({ ConvergenceDetected: { CompleteOnConvergence: true } }),
    /completeOnConvergence/,
  ],
  ['seed', withConfig({ RandomSeed: 0 }), withConfig({ RandomSeed: -1 }), /randomSeed.*greater than or equal to 0/],
  [
    'objective type',
    withConfig({}),
    withConfig({ HyperParameterTuningJobObjective: { Type: 'Max', MetricName: 'accuracy' } }),
    /\[Maximize, Minimize\]/,
  ],
  [
    'objective given',
    withConfig({}),
    withConfig({ HyperParameterTuningJobObjective: undefined }),
    /HyperParameterTuningJobObjective is missing/,
  ],
  [
    'objective defined',
    withConfig({}),
    withConfig({ HyperParameterTuningJobObjective: { Type: 'Maximize', MetricName: 'loss' } }),
    /objective metric 'loss' is none of .*MetricDefinitions \[accuracy\]/,
  ],
  [
    'integer ranges',
    withConfig({ ParameterRanges: { IntegerParameterRanges: numbers(30) } }),
    withConfig({ ParameterRanges: { IntegerParameterRanges: numbers(31) } }),
    /integerParameterRanges.*less than or equal to 30/,
  ],
  [
    'ranges together',
    withConfig({
      ParameterRanges: { IntegerParameterRanges: numbers(15), CategoricalParameterRanges: categories(15) },
    }),
    withConfig({
      ParameterRanges: { IntegerParameterRanges: numbers(15), CategoricalParameterRanges: categories(16) },
    }),
    /has 31 ranges.*at most 30/,
  ],
  ['at least one range', withConfig({}), withConfig({ ParameterRanges: {} }), /ParameterRanges has no range/],
  [
    'range name',
    withConfig({ ParameterRanges: { IntegerParameterRanges: [{ ...range('0', '1'), Name: 'n'.repeat(256) }] } }),
    withConfig({ ParameterRanges: { IntegerParameterRanges: [{ ...range('0', '1'), Name: 'n'.repeat(257) }] } }),
    /name.*less than or equal to 256/,
  ],
  ['range value', categorical(['v'.repeat(256)]), categorical(['v'.repeat(257)]), /less than or equal to 256/],
  [
    'names of ranges',
    withConfig({ ParameterRanges: { IntegerParameterRanges: numbers(2) } }),
    withConfig({ ParameterRanges: { IntegerParameterRanges: numbers(1), ContinuousParameterRanges: numbers(1) } }),
    /'p0' is repeated/,
  ],
  ['categories, most', categorical(named(30)), categorical(named(31)), /values.*less than or equal to 30/],
  ['categories, least', categorical(['a']), categorical([]), /values.*greater than or equal to 1/],
  ['a number', continuous('-1e3', '1'), continuous('low', '1'), /MinValue 'low' of 'x' is no number/],
  ['an integer', integer('1', '2'), integer('1', '2.5'), /MaxValue '2.5' of 'x' is no integer/],
  ['order', continuous('1', '1'), continuous('2', '1'), /MinValue '2' of 'x' is greater than MaxValue '1'/],
  [
    'logarithmic',
    continuous('1e-9', '1', 'Logarithmic'),
    continuous('0', '1', 'Logarithmic'),
    /'Logarithmic' of 'x' needs a MinValue above 0/,
  ],
  [
    'logarithmic integers',
    integer('1', '9', 'Logarithmic'),
    integer('0', '9', 'Logarithmic'),
    /needs a MinValue above 0/,
  ],
  [
    'reverse, from 0',
    continuous('0', '0.999', 'ReverseLogarithmic'),
    continuous('-0.1', '0.9', 'ReverseLogarithmic'),
    /0 <= MinValue and MaxValue < 1/,
  ],
  [
    'reverse, below 1',
    continuous('0.5', '0.999', 'ReverseLogarithmic'),
    continuous('0.5', '1', 'ReverseLogarithmic'),
    /0 <= MinValue and MaxValue < 1/,
  ],
  [
    'reverse integers',
    integer('0', '9', 'Linear'),
    integer('0', '0', 'ReverseLogarithmic'),
    /'ReverseLogarithmic' of 'x' is for continuous ranges/,
  ],
  ['scaling', continuous('0', '1', 'Auto'), continuous('0', '1', 'Log'), /scalingType/],
  [
    'grid',
    categorical(['a', 'b'], { Strategy: 'Grid', ResourceLimits: { MaxParallelTrainingJobs: 1 } }),
    withConfig({ Strategy: 'Grid', ResourceLimits: { MaxParallelTrainingJobs: 1 } }),
    /ContinuousParameterRanges is not supported with the Strategy Grid/,
  ],
  [
    'grid, jobs',
    categorical(['a', 'b', 'b'], {
      Strategy: 'Grid',
      ResourceLimits: { MaxParallelTrainingJobs: 1, MaxNumberOfTrainingJobs: 2 },
    }),
    categorical(['a', 'b', 'b'], {
      Strategy: 'Grid',
      ResourceLimits: { MaxParallelTrainingJobs: 1, MaxNumberOfTrainingJobs: 3 },
    }),
    /MaxNumberOfTrainingJobs 3 is not the number of combinations.*, 2,/,
  ],
  [
    'static and tuned apart',
    withDefinition({ StaticHyperParameters: { y: '1' } }),
    withDefinition({ StaticHyperParameters: { x: '1' } }),
    /'x' stands in StaticHyperParameters and in/,
  ],
  [
    'static and tuned together',
    withDefinition({ StaticHyperParameters: fixed(99) }),
    withDefinition({ StaticHyperParameters: fixed(100) }),
    /have 101 hyperparameters.*at most 100 together/,
  ],
  [
    'the hyperparameter of AMT',
    withDefinition({ StaticHyperParameters: { _objective: '1' } }),
    withDefinition({ StaticHyperParameters: { _tuning_objective_metric: '1' } }),
    /'_tuning_objective_metric' is set by the tuning job/,
  ],
  [
    'early stopping',
    withConfig({ TrainingJobEarlyStoppingType: 'Auto' }),
    withConfig({ TrainingJobEarlyStoppingType: 'On' }),
    /\[Off, Auto\]/,
  ],
  [
    'hyperband alone',
    hyperband({ MaxResource: 9 }, { TrainingJobEarlyStoppingType: 'Off' }),
    hyperband({ MaxResource: 9 }, { TrainingJobEarlyStoppingType: 'Auto' }),
    /TrainingJobEarlyStoppingType is Auto. It must be Off/,
  ],
  [
    'hyperband, least',
    hyperband({ MinResource: 1, MaxResource: 9 }),
    hyperband({ MinResource: 0, MaxResource: 9 }),
    /minResource.*greater than or equal to 1/,
  ],
  [
    'hyperband, most',
    hyperband({ MaxResource: 20_000 }),
    hyperband({ MaxResource: 20_001 }),
    /maxResource.*less than or equal to 20000/,
  ],
  [
    'hyperband, order',
    hyperband({ MinResource: 9, MaxResource: 9 }),
    hyperband({ MinResource: 10, MaxResource: 9 }),
    /MinResource 10 is greater than MaxResource 9/,
  ],
  [
    'hyperband, inferred',
    { ...hyperband(undefined), TrainingJobDefinition: definition({ StaticHyperParameters: { 'n-epochs': '20' } }) },
    hyperband(undefined),
    /MaxResource is missing and can't be inferred.*n-epochs/,
  ],
  [
    'hyperband, inferred well',
    { ...hyperband({ MinResource: 2 }), TrainingJobDefinition: definition({ StaticHyperParameters: { epochs: '2' } }) },
    { ...hyperband({}), TrainingJobDefinition: definition({ StaticHyperParameters: { epochs: 'many' } }) },
    /MaxResource, inferred from .* is NaN/,
  ],
  [
    "hyperband's config",
    withConfig({ StrategyConfig: {} }),
    withConfig({ StrategyConfig: { HyperbandStrategyConfig: { MaxResource: 9 } } }),
    /only supported with the Strategy Hyperband, got Random/,
  ],
  [
    'environment',
    withDefinition({ Environment: fixed(48) }),
    withDefinition({ Environment: fixed(49) }),
    /environment.*less than or equal to 48/,
  ],
  [
    'retries, most',
    withDefinition({ RetryStrategy: { MaximumRetryAttempts: 30 } }),
    withDefinition({ RetryStrategy: { MaximumRetryAttempts: 31 } }),
    /maximumRetryAttempts.*less than or equal to 30/,
  ],
  [
    'retries, least',
    withDefinition({ RetryStrategy: { MaximumRetryAttempts: 1 } }),
    withDefinition({ RetryStrategy: { MaximumRetryAttempts: 0 } }),
    /maximumRetryAttempts.*greater than or equal to 1/,
  ],
  [
    'instances given',
    withDefinition({}),
    withDefinition({ ResourceConfig: undefined }),
    /exactly one of ResourceConfig and HyperParameterTuningResourceConfig/,
  ],
  [
    'instances once',
    tuningResources({ InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 1 }),
    withDefinition({ HyperParameterTuningResourceConfig: { InstanceConfigs: instances(1) } }),
    /exactly one of ResourceConfig and/,
  ],
  [
    'instance configs, most',
    tuningResources({ InstanceConfigs: instances(6) }),
    tuningResources({ InstanceConfigs: instances(7) }),
    /instanceConfigs.*less than or equal to 6/,
  ],
  [
    'instance configs, least',
    tuningResources({ InstanceConfigs: instances(1) }),
    tuningResources({ InstanceConfigs: [] }),
    /instanceConfigs.*greater than or equal to 1/,
  ],
  [
    'instance configs alone',
    tuningResources({ InstanceConfigs: instances(1) }),
    tuningResources({ InstanceConfigs: instances(1), InstanceCount: 1 }),
    /InstanceCount is not supported with InstanceConfigs/,
  ],
  [
    'instances in full',
    tuningResources(instances(1)[0]),
    tuningResources({ InstanceType: 'ml.m5.xlarge' }),
    /needs InstanceType, InstanceCount and VolumeSizeInGB, or InstanceConfigs/,
  ],
  [
    'allocation',
    tuningResources({ InstanceConfigs: instances(2), AllocationStrategy: 'Prioritized' }),
    tuningResources({ ...instances(1)[0], AllocationStrategy: 'Prioritized' }),
    /AllocationStrategy Prioritized needs InstanceConfigs/,
  ],
  [
    'keep-alive',
    tuningResources(instances(1)[0]),
    tuningResources({ ...instances(1)[0], KeepAlivePeriodInSeconds: 60 }),
    /keepAlivePeriodInSeconds/,
  ],
  [
    "the image's own program",
    withDefinition({}),
    withDefinition({
      AlgorithmSpecification: { TrainingImage: 'i', TrainingInputMode: 'File', ContainerEntrypoint: ['node'] },
    }),
    /containerEntrypoint/,
  ],
  [
    'what CreateTrainingJob refuses',
    withDefinition({
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 60 },
    }),
    withDefinition({ EnableManagedSpotTraining: true }),
    /TrainingJobDefinition: Invalid MaxWaitTimeInSeconds null/,
  ],
  [
    'one definition',
    tuningRequest('t'),
    tuningRequest('t', { request: { TrainingJobDefinition: undefined } }),
    /exactly one of TrainingJobDefinition and TrainingJobDefinitions/,
  ],
  [
    'definitions, most',
    several(named(10).map((name) => one(name))),
    several(named(11).map((name) => one(name))),
    /trainingJobDefinitions.*less than or equal to 10/,
  ],
  ['definitions, least', several([one(undefined)]), several([]), /trainingJobDefinitions.*greater than or equal to 1/],
  [
    'definition name',
    several([one('n'.repeat(64))]),
    several([one('n'.repeat(65))]),
    /definitionName.*less than or equal to 64/,
  ],
  [
    'definition names given',
    several([one('a'), one('b')]),
    several([one('a'), one(undefined)]),
    /TrainingJobDefinitions\[1\] has no DefinitionName/,
  ],
  [
    'definition names apart',
    several([one('a'), one('b')]),
    several([one('a'), one('a')]),
    /the DefinitionName 'a' is repeated/,
  ],
  [
    'own objectives',
    several([one('a')]),
    several([one('a', { TuningObjective: undefined })]),
    /TrainingJobDefinitions\[0\].TuningObjective is missing/,
  ],
  [
    'objectives of a type',
    several([one('a'), one('b')]),
    several([one('a'), one('b', { TuningObjective: { ...OBJECTIVE, Type: 'Minimize' } })]),
    /give all of them the same Type/,
  ],
  [
    'own ranges',
    several([one('a')]),
    several([one('a')], { ParameterRanges: RANGES }),
    /ParameterRanges is not supported with TrainingJobDefinitions/,
  ],
  [
    'ranges once',
    withConfig({}),
    withDefinition({ HyperParameterRanges: RANGES }),
    /ParameterRanges and TrainingJobDefinition.HyperParameterRanges say the same/,
  ],
  [
    'hints of Autotune',
    {
      ...withConfig({ ParameterRanges: { AutoParameters: [{ Name: 'x', ValueHint: '1' }] } }),
      Autotune: { Mode: 'Enabled' },
    },
    withConfig({ ParameterRanges: { AutoParameters: [{ Name: 'x', ValueHint: '1' }] } }),
    /AutoParameters is only supported with Autotune/,
  ],
  [
    'Autotune',
    { ...tuningRequest('t'), Autotune: { Mode: 'Enabled' } },
    { ...tuningRequest('t'), Autotune: { Mode: 'Disabled' } },
    /mode.*\[Enabled\]/,
  ],
  ['fields', tuningRequest('t'), { ...tuningRequest('t'), Strategy: 'Random' }, /'strategy'.*one of the known/],
])('%s: one is taken, the other refused', async (_limit, taken, refused, message) => {
  expect(await refusal(taken)).toBeUndefined();
  expect(await refusal(refused)).toMatch(message);
});

test('a field that is null counts as left out', async () => {
  const absent = { ResourceConfig: null, HyperParameterTuningResourceConfig: instances(1)[0], VpcConfig: null };
  expect(
    await refusal({ ...withDefinition(absent), TrainingJobDefinitions: null, WarmStartConfig: null }),
  ).toBeUndefined();
  expect(await refusal(categorical([null as unknown as string]))).toMatch(/values.*must be a string/);
});

test('a tuning job may have as many hyperparameters as a training job, and its objective beside them', async () => {
  const { service } = serveSimulated();
  service.tuning.create(
    tuningRequest('t', {
      config: { ResourceLimits: { MaxParallelTrainingJobs: 1, MaxNumberOfTrainingJobs: 1 } },
      definition: { StaticHyperParameters: fixed(99) },
    }),
  );
  const { BestTrainingJob } = await service.tuning.waitForEnd('t');
  const { HyperParameters } = service.describe(BestTrainingJob!.TrainingJobName as string);
  expect(Object.keys(HyperParameters as Fields)).toHaveLength(101);
});
