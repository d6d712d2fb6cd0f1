/** A request of CreateTrainingJob that is valid, with what a test changes. */
export function trainingJobRequest(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    TrainingJobName: name,
    AlgorithmSpecification: { TrainingImage: 'image:latest', TrainingInputMode: 'File' },
    RoleArn: 'arn:aws:iam::123456789012:role/training',
    OutputDataConfig: { S3OutputPath: 's3://bucket/models/' },
    ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 10 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
    ...more,
  };
}

/** A job whose program is a command of this machine. */
export function commandRequest(
  name: string,
  command: readonly string[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return trainingJobRequest(name, {
    AlgorithmSpecification: {
      TrainingImage: 'image:latest',
      TrainingInputMode: 'File',
      ContainerEntrypoint: command,
      MetricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy=([0-9.eE+-]+)' }],
    },
    ...more,
  });
}

/** A job whose program is a line of JavaScript. */
export function scriptRequest(
  name: string,
  script: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return commandRequest(name, ['node', '-e', script], more);
}
