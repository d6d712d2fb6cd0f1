import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TRAINING_ENVIRONMENT } from '../contract/environment';
import { InputMode } from '../input-mode';
import { TrainingChannelConfig } from '../training-channel';
import { TrainingImageConfig } from '../training-image';
import { TrainingProgram, TrainingProgramConfig } from '../training-program';
import type { TrialRunnerBindOptions } from '../trial-runner';
import { SageMakerTrainingProps } from '../trial-runners/sagemaker-training-props';
import { grantKey, grantWritePrefix } from './s3-access';

/**
 * The job's name never repeats: not when the state is retried, not when the execution is redriven. A redrive doesn't begin the
 * attempt of the stopped execution again: its trial has been settled by then, and gets a new attempt from Record trial.
 */
export const ATTEMPT_JOB_NAME =
  "{% $states.context.Execution.RedriveCount > $next.redrives ? $error('the execution was redriven') : " +
  "$next.jobName & '-' & $string($states.context.State.RetryCount) & '-' & $string($states.context.Execution.RedriveCount) %}";

/** Tag of a job that runs one trial. */
export const TRIAL_TAG = 'cdk-hpo:trial';

/** Network of the training jobs. */
export interface TrainingNetwork {
  readonly connections: ec2.Connections;
  readonly securityGroupIds: string[];
  readonly subnetIds: string[];
}

interface RequestParts {
  readonly scope: Construct;
  readonly props: SageMakerTrainingProps;
  readonly options: TrialRunnerBindOptions;
  readonly roleArn: string;
  /** Who is allowed what the parts of the request need. */
  readonly grantee: iam.IGrantable;
  readonly image: TrainingImageConfig;
  readonly instanceType: string;
  readonly network?: TrainingNetwork;
}

/**
 * The request of CreateTrainingJob: what all trials share stands in it, what differs is an expression over the answer of
 * Next trial, `$next`.
 */
export function trainingJobRequest(parts: RequestParts): Record<string, unknown> {
  const { scope, props, options, roleArn, grantee } = parts;
  const program = (props.program ?? TrainingProgram.fromImage()).bind(new Construct(scope, 'Program'), grantee);
  return {
    TrainingJobName: ATTEMPT_JOB_NAME,
    RoleArn: roleArn,
    AlgorithmSpecification: algorithm(parts, program),
    InputDataConfig: channels(parts, program),
    ...output(parts),
    CheckpointConfig: {
      S3Uri: '{% $next.checkpointUri %}',
      ...(props.checkpointLocalPath && { LocalPath: props.checkpointLocalPath }),
    },
    ResourceConfig: resources(parts),
    StoppingCondition: {
      MaxRuntimeInSeconds: '{% $next.maxRuntimeSeconds %}',
      ...(props.spot && { MaxWaitTimeInSeconds: '{% $next.maxWaitSeconds %}' }),
    },
    ...security(parts),
    ...(props.spot && { EnableManagedSpotTraining: true }),
    ...(props.retryAttempts !== undefined && { RetryStrategy: { MaximumRetryAttempts: props.retryAttempts } }),
    ...(props.experimentName && {
      ExperimentConfig: { ExperimentName: props.experimentName, TrialComponentDisplayName: '{% $next.jobName %}' },
    }),
    HyperParameters: `{% $merge([${Stack.of(scope).toJsonString(props.hyperparameters ?? {})}, $next.hyperparameters]) %}`,
    Environment: { ...props.environment, ...program.environment, ...studyEnvironment(options) },
    Tags: [
      ...Object.entries(props.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
      { Key: 'cdk-hpo:study', Value: '{% $study %}' },
      { Key: TRIAL_TAG, Value: '{% $string($next.trial) %}' },
    ],
    ...props.requestFields,
  };
}

function algorithm({ props, options, image }: RequestParts, program: TrainingProgramConfig) {
  if (props.entrypoint !== undefined && program.entrypoint !== undefined) {
    throw new Error(
      'entrypoint must not be given together with a program that brings its own; give one of the two, or entrypointArguments',
    );
  }
  const entrypoint = props.entrypoint ?? program.entrypoint;
  const metrics = Object.entries(options.metricRegexes).map(([Name, Regex]) => ({ Name, Regex }));
  return {
    TrainingImage: image.uri,
    TrainingInputMode: props.inputMode ?? InputMode.FILE,
    // SageMaker refuses definitions for its own algorithms.
    ...(!image.definesMetrics && { MetricDefinitions: metrics }),
    ...(entrypoint && { ContainerEntrypoint: entrypoint }),
    ...(props.entrypointArguments && { ContainerArguments: props.entrypointArguments }),
  };
}

function channels(parts: RequestParts, program: TrainingProgramConfig): object[] | undefined {
  const { scope, props, grantee } = parts;
  const parent = new Construct(scope, 'Channels');
  const data = Object.entries(props.channels ?? {}).map(([name, channel]) => {
    const config = channel.bind(new Construct(parent, name), grantee);
    connectChannel(name, config, parts);
    return { ChannelName: name, ...config.request };
  });
  const files = Object.entries(program.channels ?? {}).map(([name, uri]) => ({
    ChannelName: name,
    // the program's own files lie in a folder, however the data comes.
    InputMode: InputMode.FILE,
    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri, S3DataDistributionType: 'FullyReplicated' } },
  }));
  const all = [...data, ...files];
  return all.length === 0 ? undefined : all;
}

/** A file system must be reached, and a group of instances that gets the data must exist. */
function connectChannel(name: string, config: TrainingChannelConfig, { props, network }: RequestParts): void {
  if (config.needsVpc && network === undefined) {
    throw new Error(`channel ${name} is a file system, which is reached in its VPC only; give vpc to the trial runner`);
  }
  if (network !== undefined) config.connectable?.connections.allowDefaultPortFrom(network.connections, 'Training jobs');
  const groups = (props.instanceGroups ?? []).map((group) => group.name);
  const named: string[] = config.request.DataSource?.S3DataSource?.InstanceGroupNames ?? [];
  const unknown = named.find((group) => !groups.includes(group));
  if (unknown !== undefined) {
    throw new Error(
      `instanceGroups of channel ${name} must be groups of the trial runner, got ${JSON.stringify(unknown)}; there are ${groups.join(', ') || 'none'}`,
    );
  }
}

function output({ props, options, grantee }: RequestParts) {
  const bucket = props.outputBucket ?? options.bucket;
  const prefix = props.outputPrefix ?? 'output';
  grantWritePrefix(bucket, `${prefix}/`, grantee);
  // a model of several parts is read once more to put them together.
  grantKey(bucket.encryptionKey, grantee);
  grantKey(props.outputKey, grantee);
  return {
    OutputDataConfig: {
      S3OutputPath: bucket.s3UrlForObject(prefix),
      ...(props.outputKey && { KmsKeyId: props.outputKey.keyArn }),
      ...(props.compressOutput === false && { CompressionType: 'NONE' }),
    },
    ...(props.tensorBoardLocalPath && {
      TensorBoardOutputConfig: {
        LocalPath: props.tensorBoardLocalPath,
        S3OutputPath: bucket.s3UrlForObject(`${prefix}/tensorboard`),
      },
    }),
  };
}

function resources({ props, instanceType }: RequestParts) {
  const { instanceGroups, fallbackInstanceTypes = [] } = props;
  const variesType = fallbackInstanceTypes.length > 0 || props.instanceTypeParameter !== undefined;
  const instances =
    instanceGroups === undefined
      ? {
          InstanceType: variesType ? '{% $next.instanceType %}' : instanceType,
          InstanceCount: props.instanceCountParameter ? '{% $next.instanceCount %}' : (props.instanceCount ?? 1),
        }
      : {
          InstanceGroups: instanceGroups.map((group) => ({
            InstanceGroupName: group.name,
            InstanceType: group.instanceType,
            InstanceCount: group.instanceCount,
          })),
        };
  return {
    ...instances,
    VolumeSizeInGB: (props.volumeSize ?? Size.gibibytes(30)).toGibibytes(),
    ...(props.volumeKey && { VolumeKmsKeyId: props.volumeKey.keyArn }),
    ...(props.keepAlivePeriod && { KeepAlivePeriodInSeconds: props.keepAlivePeriod.toSeconds() }),
  };
}

function security({ props, network }: RequestParts) {
  return {
    ...(network && { VpcConfig: { SecurityGroupIds: network.securityGroupIds, Subnets: network.subnetIds } }),
    ...(props.encryptInterContainerTraffic && { EnableInterContainerTrafficEncryption: true }),
    ...(props.networkIsolation && { EnableNetworkIsolation: true }),
  };
}

/** What ties the training code to its study. */
function studyEnvironment({ objective, reportFunction, limitsResource }: TrialRunnerBindOptions) {
  return {
    [TRAINING_ENVIRONMENT.REPORT_FUNCTION]: reportFunction.functionName,
    [TRAINING_ENVIRONMENT.OBJECTIVE]: objective.metric,
    [TRAINING_ENVIRONMENT.STUDY]: '{% $study %}',
    [TRAINING_ENVIRONMENT.TRIAL]: '{% $string($next.trial) %}',
    [TRAINING_ENVIRONMENT.ATTEMPT]: '{% $string($next.attempt) %}',
    [TRAINING_ENVIRONMENT.TOKEN]: '{% $next.token %}',
    ...(limitsResource && { [TRAINING_ENVIRONMENT.MAX_RESOURCE]: '{% $string($next.maxResource) %}' }),
  };
}

/** Fields that the properties of the trial runner set. */
export const OWN_REQUEST_FIELDS = [
  'TrainingJobName',
  'RoleArn',
  'AlgorithmSpecification',
  'InputDataConfig',
  'OutputDataConfig',
  'CheckpointConfig',
  'ResourceConfig',
  'StoppingCondition',
  'VpcConfig',
  'EnableInterContainerTrafficEncryption',
  'EnableNetworkIsolation',
  'EnableManagedSpotTraining',
  'RetryStrategy',
  'ExperimentConfig',
  'TensorBoardOutputConfig',
  'HyperParameters',
  'Environment',
  'Tags',
];

export const DEFAULT_MAX_RUNTIME = Duration.hours(24);
