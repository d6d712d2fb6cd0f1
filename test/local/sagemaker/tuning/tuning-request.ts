import type { SimulatedProgram } from '../../../../local/sagemaker';
import { MINUTE } from '../serve';

type Fields = Record<string, unknown>;

/** A training job definition that is valid, with what a test changes. */
export function definition(more: Fields = {}): Fields {
  return {
    AlgorithmSpecification: {
      TrainingImage: 'image:latest',
      TrainingInputMode: 'File',
      MetricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy=([0-9.eE+-]+)' }],
    },
    RoleArn: 'arn:aws:iam::123456789012:role/training',
    OutputDataConfig: { S3OutputPath: 's3://bucket/models/' },
    ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    ...more,
  };
}

export const OBJECTIVE = { Type: 'Maximize', MetricName: 'accuracy' };

export const RANGES = { ContinuousParameterRanges: [{ Name: 'x', MinValue: '0', MaxValue: '1' }] };

/** The config of a tuning job that is valid, with what a test changes. */
export function config(more: Fields = {}): Fields {
  return {
    Strategy: 'Random',
    HyperParameterTuningJobObjective: OBJECTIVE,
    ResourceLimits: { MaxParallelTrainingJobs: 2, MaxNumberOfTrainingJobs: 6 },
    ParameterRanges: RANGES,
    RandomSeed: 1,
    ...more,
  };
}

/** A request of CreateHyperParameterTuningJob that is valid, with what a test changes of its parts. */
export function tuningRequest(
  name: string,
  changes: { readonly config?: Fields; readonly definition?: Fields; readonly request?: Fields } = {},
): Fields {
  return {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobConfig: config(changes.config),
    TrainingJobDefinition: definition(changes.definition),
    ...changes.request,
  };
}

/** Trains for ten minutes and prints its x as its accuracy. */
export const PRINTS_X: SimulatedProgram = async ({ request }, clock, { log, signal }) => {
  await clock.sleep(10 * MINUTE, signal);
  log(`accuracy=${request.HyperParameters!.x}`);
  return 0;
};
