import { Duration, Size, SizeRoundingBehavior, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { RESERVED_ENVIRONMENT_PREFIX, TRAINING_ENVIRONMENT } from '../contract/environment';
import {
  CHANNEL_NAME_PATTERN,
  DEFAULT_INSTANCES_PER_JOB,
  ENVIRONMENT_KEY_PATTERN,
  MAX_CHANNELS,
  MAX_ENVIRONMENT_ENTRIES,
  MAX_ENVIRONMENT_KEY_LENGTH,
  MAX_ENVIRONMENT_VALUE_LENGTH,
  MAX_HYPERPARAMETERS,
  MAX_HYPERPARAMETER_VALUE_LENGTH,
  MAX_PARAMETER_NAME_LENGTH,
  MAX_RUNTIME_SECONDS,
} from '../contract/limits';
import { TRAINING_PRICES } from '../contract/prices';
import {
  requireInteger,
  requireLength,
  requireMatch,
  requireNoExpression,
  requireNumber,
  requireSeconds,
} from '../private/checks';
import { CreateTrainingJobTask } from '../private/create-training-job-task';
import { grantSyncPrefix, grantWritePrefix } from '../private/s3-access';
import { TRAIN_RETRIES } from '../private/train-retries';
import { createTrainingRole, grantTraining } from '../private/training-role';
import { TrainingChannel } from '../training-channel';
import { TrainingImage } from '../training-image';
import { TrainingProgram, TrainingProgramConfig } from '../training-program';
// a type only: the file imports this one.
import type { TrialRunnerBindOptions, TrialRunnerConfig } from '../trial-runner';

/** Details of the training jobs, one of which runs each attempt of a trial. */
export interface SageMakerTrainingProps {
  /** The container image that training runs in. */
  readonly image: TrainingImage;

  /**
   * The program that runs in the container.
   *
   * @default - what the image runs by itself
   */
  readonly program?: TrainingProgram;

  /**
   * Instance type, such as `ml.g5.xlarge`.
   *
   * @default ml.m5.xlarge
   */
  readonly instanceType?: string;

  /**
   * Instances of one trial; more than one for distributed training. 1 to 20.
   *
   * @default 1
   */
  readonly instanceCount?: number;

  /**
   * Data that the training job finds in `/opt/ml/input/data/<name>`, by channel name.
   *
   * @default - no channels
   */
  readonly channels?: { [name: string]: TrainingChannel };

  /**
   * Storage volume of each instance, in whole gibibytes. Instance types with local storage have their own.
   *
   * @default Size.gibibytes(30)
   */
  readonly volumeSize?: Size;

  /**
   * A training job that runs longer is stopped; what its trial has reported counts. 1 second to 28 days.
   *
   * @default Duration.hours(24)
   */
  readonly maxRuntime?: Duration;

  /**
   * Hyperparameters that are the same for all trials. They must not be part of the search space.
   *
   * @default - none
   */
  readonly hyperparameters?: { [name: string]: string };

  /**
   * Environment variables of the container. They are visible to everyone who may describe the job: no secrets.
   *
   * @default - none of yours
   */
  readonly environment?: { [name: string]: string };

  /**
   * Bucket for the models.
   *
   * @default - the tuner's bucket
   */
  readonly outputBucket?: s3.IBucket;

  /**
   * Prefix of the models in their bucket, without a slash at either end.
   *
   * @default output
   */
  readonly outputPrefix?: string;

  /**
   * Bucket for the trials' checkpoints.
   *
   * @default - the tuner's bucket
   */
  readonly checkpointBucket?: s3.IBucket;

  /**
   * Prefix of the checkpoints in their bucket, without a slash at either end. Each trial has a prefix of its own below.
   *
   * @default checkpoints
   */
  readonly checkpointPrefix?: string;

  /**
   * Folder in the container that is kept the same as the trial's checkpoint prefix.
   *
   * @default /opt/ml/checkpoints
   */
  readonly checkpointLocalPath?: string;

  /**
   * Role of the training jobs. What they need is added to it, unless it can't be changed.
   *
   * @default - a new role with least privilege
   */
  readonly role?: iam.IRole;

  /**
   * US dollars for an hour of one instance, for the cost in the study's result.
   *
   * @default - from a dated table of list prices; if the type isn't there the cost is given in seconds only
   */
  readonly pricePerInstanceHour?: number;
}

const OUTCOME = [
  "'jobName': $states.result.TrainingJobName",
  "'status': $states.result.TrainingJobStatus",
  "'secondaryStatus': $states.result.SecondaryStatus",
  "'failureReason': $states.result.FailureReason",
  "'billableSeconds': $states.result.BillableTimeInSeconds",
  "'modelArtifact': $states.result.ModelArtifacts.S3ModelArtifacts",
  "'metrics': [$states.result.FinalMetricDataList.{'MetricName': MetricName, 'Value': Value}]",
].join(', ');

/** The job's name never repeats: not when the state is retried, not when the execution is redriven. */
const JOB_NAME =
  "{% $next.jobName & '-' & $string($states.context.State.RetryCount) & '-' & $string($states.context.Execution.RedriveCount) %}";

/** The default trial runner: `TrialRunner.sageMakerTraining`. */
export class SageMakerTraining {
  constructor(private readonly props: SageMakerTrainingProps) {
    validate(props);
  }

  public bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig {
    const { props } = this;
    checkNames(props, options.parameterNames);
    const trainingRole = props.role ?? createTrainingRole(scope);
    grantTraining(trainingRole, scope);
    // names of training jobs are shared by the whole account and region; their ARNs are in lower case.
    const jobNamePrefix = `hpo-${scope.node.addr.slice(0, 8)}`;
    const instanceType = props.instanceType ?? 'ml.m5.xlarge';
    const instanceCount = props.instanceCount ?? 1;
    const checkpointBucket = props.checkpointBucket ?? options.bucket;
    const checkpointPrefix = props.checkpointPrefix ?? 'checkpoints';

    options.reportFunction.grantInvoke(trainingRole);
    grantSyncPrefix(checkpointBucket, `${checkpointPrefix}/`, trainingRole);
    checkpointBucket.encryptionKey?.grantEncryptDecrypt(trainingRole);

    const trainState = new CreateTrainingJobTask(scope, 'Train', {
      comment: 'Runs one attempt of a trial and waits for its end',
      request: this.request(scope, options, trainingRole, instanceType, instanceCount),
      jobNamePrefix,
      trainingRole,
      assign: { outcome: `{% { ${OUTCOME} } %}` },
    });
    TRAIN_RETRIES.forEach((retry) => trainState.addRetry(retry));
    return {
      trainState,
      trainingRole,
      jobNamePrefix,
      instanceType,
      instanceCount,
      pricePerInstanceHour: props.pricePerInstanceHour ?? TRAINING_PRICES[instanceType],
      checkpointBucket,
      checkpointPrefix,
    };
  }

  private request(
    scope: Construct,
    { objective, metricRegexes, reportFunction, bucket, limitsResource }: TrialRunnerBindOptions,
    role: iam.IRole,
    instanceType: string,
    instanceCount: number,
  ): Record<string, unknown> {
    const { props } = this;
    const image = props.image.bind(new Construct(scope, 'TrainingImage'), role);
    const program = (props.program ?? TrainingProgram.fromImage()).bind(new Construct(scope, 'Program'), role);
    const outputBucket = props.outputBucket ?? bucket;
    const outputPrefix = props.outputPrefix ?? 'output';
    grantWritePrefix(outputBucket, `${outputPrefix}/`, role);
    outputBucket.encryptionKey?.grantEncrypt(role);
    return {
      TrainingJobName: JOB_NAME,
      RoleArn: role.roleArn,
      AlgorithmSpecification: {
        TrainingImage: image.uri,
        TrainingInputMode: 'File',
        MetricDefinitions: Object.entries(metricRegexes).map(([Name, Regex]) => ({ Name, Regex })),
        ...(program.entrypoint && { ContainerEntrypoint: program.entrypoint }),
      },
      InputDataConfig: this.channels(scope, program, role),
      OutputDataConfig: { S3OutputPath: outputBucket.s3UrlForObject(outputPrefix) },
      CheckpointConfig: {
        S3Uri: '{% $next.checkpointUri %}',
        ...(props.checkpointLocalPath && { LocalPath: props.checkpointLocalPath }),
      },
      ResourceConfig: {
        InstanceType: instanceType,
        InstanceCount: instanceCount,
        VolumeSizeInGB: (props.volumeSize ?? Size.gibibytes(30)).toGibibytes(),
      },
      StoppingCondition: { MaxRuntimeInSeconds: (props.maxRuntime ?? Duration.hours(24)).toSeconds() },
      HyperParameters: `{% $merge([${Stack.of(scope).toJsonString(props.hyperparameters ?? {})}, $next.hyperparameters]) %}`,
      Environment: {
        ...props.environment,
        ...program.environment,
        [TRAINING_ENVIRONMENT.REPORT_FUNCTION]: reportFunction.functionName,
        [TRAINING_ENVIRONMENT.OBJECTIVE]: objective.metric,
        [TRAINING_ENVIRONMENT.STUDY]: '{% $study %}',
        [TRAINING_ENVIRONMENT.TRIAL]: '{% $string($next.trial) %}',
        [TRAINING_ENVIRONMENT.ATTEMPT]: '{% $string($next.attempt) %}',
        [TRAINING_ENVIRONMENT.TOKEN]: '{% $next.token %}',
        ...(limitsResource && { [TRAINING_ENVIRONMENT.MAX_RESOURCE]: '{% $string($next.maxResource) %}' }),
      },
    };
  }

  private channels(scope: Construct, program: TrainingProgramConfig, role: iam.IRole): object[] | undefined {
    const parent = new Construct(scope, 'Channels');
    const uris = Object.entries(this.props.channels ?? {}).map(
      ([name, channel]) => [name, channel.bind(new Construct(parent, name), role).s3Uri] as const,
    );
    const channels = [...uris, ...Object.entries(program.channels ?? {})].map(([name, uri]) => ({
      ChannelName: name,
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri, S3DataDistributionType: 'FullyReplicated' } },
    }));
    return channels.length === 0 ? undefined : channels;
  }
}

function validate(props: SageMakerTrainingProps): void {
  requireMatch(
    'instanceType',
    props.instanceType,
    /^ml\.[a-z0-9-]+\.[a-z0-9-]+$/,
    'a SageMaker instance type such as ml.g5.xlarge',
  );
  requireInteger('instanceCount', props.instanceCount, 1, DEFAULT_INSTANCES_PER_JOB);
  requireNumber('pricePerInstanceHour', props.pricePerInstanceHour, 'a number of at least 0', (n) => n >= 0);
  requireSeconds('maxRuntime', props.maxRuntime, 1, MAX_RUNTIME_SECONDS);
  if (props.volumeSize && !props.volumeSize.isUnresolved()) {
    requireInteger(
      'volumeSize in gibibytes',
      props.volumeSize.toGibibytes({ rounding: SizeRoundingBehavior.NONE }),
      1,
      16384,
    );
  }
  for (const name of ['outputPrefix', 'checkpointPrefix'] as const) {
    requireMatch(name, props[name], /^[^/].*[^/]$|^[^/]$/, 'a prefix without a slash at either end');
    requireLength(name, props[name], 512);
  }
  requireMatch('checkpointLocalPath', props.checkpointLocalPath, /^\/.{1,4095}$/, 'an absolute path');
  for (const [name, value] of Object.entries(props.environment ?? {})) {
    requireMatch(
      'name of environment',
      name,
      ENVIRONMENT_KEY_PATTERN,
      'letters, digits and underscores, not starting with a digit',
    );
    requireLength('name of environment', name, MAX_ENVIRONMENT_KEY_LENGTH);
    requireLength(`environment ${name}`, value, MAX_ENVIRONMENT_VALUE_LENGTH);
    requireNoExpression(`environment ${name}`, value);
    if (name.startsWith(RESERVED_ENVIRONMENT_PREFIX)) {
      throw new Error(
        `name of environment must not start with ${RESERVED_ENVIRONMENT_PREFIX}, which cdk-hpo sets itself, got ${name}`,
      );
    }
  }
  requireInteger(
    'number of environment variables',
    Object.keys(props.environment ?? {}).length,
    0,
    MAX_ENVIRONMENT_ENTRIES - 10,
  );
  for (const [name, value] of Object.entries(props.hyperparameters ?? {})) {
    requireLength('name of hyperparameters', name, MAX_PARAMETER_NAME_LENGTH);
    requireLength(`hyperparameter ${name}`, value, MAX_HYPERPARAMETER_VALUE_LENGTH);
    if (!Token.isUnresolved(value) && typeof value !== 'string') {
      throw new Error(
        `hyperparameter ${name} must be a string, got ${JSON.stringify(value)}; write it as ${JSON.stringify(String(value))}`,
      );
    }
  }
  for (const name of Object.keys(props.channels ?? {})) {
    requireMatch('name of channels', name, CHANNEL_NAME_PATTERN, '1 to 64 letters, digits and . _ -');
    if (name.startsWith('cdk_hpo_')) {
      throw new Error(
        `name of channels must not start with cdk_hpo_, which script mode uses, got ${JSON.stringify(name)}`,
      );
    }
  }
  requireInteger('number of channels', Object.keys(props.channels ?? {}).length, 0, MAX_CHANNELS - 2);
}

function checkNames({ hyperparameters = {} }: SageMakerTrainingProps, parameterNames: string[]): void {
  // in the container both would be SM_HP_<NAME>, in capitals.
  const searched = parameterNames.map((name) => name.toUpperCase());
  const both = Object.keys(hyperparameters).find((name) => searched.includes(name.toUpperCase()));
  if (both !== undefined) {
    throw new Error(
      `hyperparameters must not hold parameters of the search space, got ${JSON.stringify(both)} in both; remove it from one`,
    );
  }
  const count = Object.keys(hyperparameters).length + parameterNames.length;
  if (count > MAX_HYPERPARAMETERS) {
    throw new Error(
      `hyperparameters and search space must have at most ${MAX_HYPERPARAMETERS} entries together, got ${count}`,
    );
  }
}
