import { Duration, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { WORKER_ENVIRONMENT } from '../contract/environment';
import {
  DEFAULT_INSTANCES_PER_JOB,
  MAX_CHANNELS,
  MAX_PARALLEL_TRIALS,
  MAX_RUNTIME_SECONDS,
  MAX_SLOTS_PER_WORKER,
} from '../contract/limits';
import { TRAINING_PRICES } from '../contract/prices';
import { ClusterDefinition } from '../contract/tuner-definition';
import { requireInteger, requireNoExpression, requireSeconds } from '../private/checks';
import { ROUND_JOB_NAME, ROUND_OUTCOME } from '../private/round-job';
import { grantKey, grantSyncPrefix, grantWritePrefix } from '../private/s3-access';
import { SageMakerJobTask, TRAINING_JOB } from '../private/sagemaker-job-task';
import { spotWait } from '../private/spot-wait';
import { TrainRetries } from '../private/train-retries';
import { createTrainingNetwork } from '../private/training-network';
import { DEFAULT_MAX_RUNTIME, TRIAL_TAG, trainingJobRequest } from '../private/training-job-request';
import { TrainingGrantee, createTrainingRole, grantTraining } from '../private/training-role';
import { requireHyperparameterNames, requireNoExpressions } from '../private/trial-checks';
import { validateSageMakerTraining } from '../private/validate-sagemaker-training';
import {
  WORKER_CHANNEL,
  WorkerProgram,
  bindTrialProgram,
  checkpointEnvironment,
  sharedEnvironment,
} from '../private/worker-program';
import { QuotaCheck } from '../quota-check';
import { TrainingProgramConfig } from '../training-program';
// types only: the file imports this one.
import type { TrialInstances, TrialRunnerBindOptions, TrialRunnerConfig } from '../trial-runner';
import { SageMakerTrainingProps } from './sagemaker-training-props';
import { TrainingClusterProps } from './training-cluster-props';

const DEFAULT_INSTANCE_TYPE = 'ml.m5.xlarge';

/** The worker, and what a program brings: its code and its entry point. */
const OWN_CHANNELS = 3;

/** `TrialRunner.trainingCluster`: the slots are in the containers of one training job. */
export class TrainingCluster {
  constructor(private readonly props: TrainingClusterProps) {
    validateSageMakerTraining(this.jobProps());
    const { program, command, trialsPerInstance, maxTrialRuntime, heartbeat, checkpointInterval } = props;
    requireInteger('instanceCount', props.instanceCount, 1, DEFAULT_INSTANCES_PER_JOB);
    requireInteger('trialsPerInstance', trialsPerInstance, 1, MAX_SLOTS_PER_WORKER);
    requireSeconds('maxTrialRuntime', maxTrialRuntime, 1, MAX_RUNTIME_SECONDS);
    requireSeconds('heartbeat', heartbeat, 1, 600);
    requireSeconds('checkpointInterval', checkpointInterval, 1, 3600);
    requireInteger('number of channels', Object.keys(props.channels ?? {}).length, 0, MAX_CHANNELS - OWN_CHANNELS);
    // they stand in the state machine, in what Open study is told.
    requireNoExpressions('hyperparameter', props.hyperparameters);
    command?.forEach((word) => requireNoExpression('word of command', word));
    if ((program === undefined) === (command === undefined)) {
      throw new Error(
        'program or command must be given, and not both: a trial of a cluster is a process, which the image itself has no command for',
      );
    }
  }

  public bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig {
    const { props } = this;
    requireHyperparameterNames(props.hyperparameters, options);
    const trainingRole: iam.IRole = props.role ?? createTrainingRole(scope);
    const grantee = new TrainingGrantee(trainingRole);
    // what a worker on any other machine needs as well.
    const worker = new TrainingGrantee(trainingRole);
    grantTraining(grantee, scope);
    const jobNamePrefix = `hpo-${scope.node.addr.slice(0, 8)}`;
    const checkpointBucket = props.checkpointBucket ?? options.bucket;
    const checkpointPrefix = props.checkpointPrefix ?? 'checkpoints';
    const outputBucket = props.outputBucket ?? options.bucket;
    this.grantWork(worker, options, { checkpointBucket, checkpointPrefix, outputBucket });
    props.volumeKey?.grant(grantee, 'kms:CreateGrant');
    const program = bindTrialProgram(scope, props, worker, ': a trial of a cluster is a process');
    const jobProps = { ...this.jobProps(), program: new WorkerProgram(program), entrypoint: undefined };
    const request = trainingJobRequest({
      scope,
      props: jobProps,
      options,
      roleArn: trainingRole.roleArn,
      grantee: worker,
      image: props.image.bind(new Construct(scope, 'TrainingImage'), grantee),
      instanceType: props.instanceType ?? DEFAULT_INSTANCE_TYPE,
      network: createTrainingNetwork(scope, jobProps, grantee),
    });
    const trainState = new SageMakerJobTask(scope, 'Run cluster', {
      kind: TRAINING_JOB,
      comment: 'Runs the trials in the workers of one training job, and waits for its end',
      request: this.clusterRequest(request, options, program),
      jobNamePrefix,
      trainingRole,
      assign: { outcome: ROUND_OUTCOME },
    });
    TrainRetries.ALL.forEach((retry) => trainState.addRetry(retry));
    grantee.warnOfMissing(scope, worker.statements);
    const cluster = this.definition(request, program, options, outputBucket);
    return {
      trainState,
      runsRounds: true,
      trainingRole,
      jobNamePrefix,
      instances: this.instances(),
      checkpointBucket,
      checkpointPrefix,
      computeDetails: { cluster },
      maxParallelTrials: slotsOf(cluster),
      workerStatements: worker.statements,
    };
  }

  /** The cluster's job, as far as it is like any training job. */
  private jobProps(): SageMakerTrainingProps {
    const {
      command: _command,
      trialsPerInstance: _trials,
      maxTrialRuntime: _time,
      heartbeat: _beat,
      checkpointInterval: _interval,
      ...rest
    } = this.props;
    return rest;
  }

  private grantWork(
    grantee: iam.IGrantable,
    { reportFunction, workerFunction }: TrialRunnerBindOptions,
    buckets: { checkpointBucket: s3.IBucket; checkpointPrefix: string; outputBucket: s3.IBucket },
  ): void {
    reportFunction.grantInvoke(grantee);
    workerFunction!.grantInvoke(grantee);
    grantSyncPrefix(buckets.checkpointBucket, `${buckets.checkpointPrefix}/`, grantee);
    grantKey(buckets.checkpointBucket.encryptionKey, grantee);
    grantWritePrefix(buckets.outputBucket, `${this.props.outputPrefix ?? 'output'}/`, grantee);
    grantKey(buckets.outputBucket.encryptionKey, grantee);
  }

  private clusterRequest(
    request: Record<string, unknown>,
    options: TrialRunnerBindOptions,
    program: TrainingProgramConfig,
  ): Record<string, unknown> {
    const { CheckpointConfig: _checkpoints, HyperParameters: _parameters, Environment: _own, ...rest } = request;
    const { MetricDefinitions: _metrics, ...algorithm } = rest.AlgorithmSpecification as Record<string, unknown>;
    const { props } = this;
    return {
      ...rest,
      TrainingJobName: ROUND_JOB_NAME,
      AlgorithmSpecification: algorithm,
      ResourceConfig: { ...(rest.ResourceConfig as object), InstanceCount: '{% $job.instanceCount %}' },
      StoppingCondition: {
        MaxRuntimeInSeconds: '{% $job.maxRuntimeSeconds %}',
        ...(props.spot && { MaxWaitTimeInSeconds: '{% $job.maxWaitSeconds %}' }),
      },
      Environment: {
        ...sharedEnvironment(props.environment, program, options),
        ...checkpointEnvironment(props.checkpointInterval),
        [WORKER_ENVIRONMENT.FUNCTION]: options.workerFunction!.functionName,
        [WORKER_ENVIRONMENT.STUDY]: '{% $study %}',
        [WORKER_ENVIRONMENT.SLOTS]: '{% $string($job.trialsPerInstance) %}',
        [WORKER_ENVIRONMENT.SLOTS_OF_ALL_HOSTS]: '{% $string($job.slots) %}',
        [WORKER_ENVIRONMENT.MAX_SECONDS]: '{% $string($job.maxRuntimeSeconds) %}',
      },
      Tags: (rest.Tags as { Key: string }[]).filter(({ Key }) => Key !== TRIAL_TAG),
    };
  }

  private definition(
    { InputDataConfig = [] }: { InputDataConfig?: Channel[] },
    program: TrainingProgramConfig,
    options: TrialRunnerBindOptions,
    outputBucket: s3.IBucket,
  ): ClusterDefinition {
    const { props } = this;
    const maxRuntime = props.maxRuntime ?? DEFAULT_MAX_RUNTIME;
    const channels = InputDataConfig.filter(({ ChannelName }) => ChannelName !== WORKER_CHANNEL).flatMap((channel) => {
      const uri = channel.DataSource.S3DataSource?.S3Uri;
      return uri === undefined ? [] : [[channel.ChannelName, uri]];
    });
    return {
      instanceCount: props.instanceCount ?? 1,
      trialsPerInstance: props.trialsPerInstance ?? 1,
      maxRuntimeSeconds: maxRuntime.toSeconds(),
      ...(props.spot && { maxWaitSeconds: spotWait(props.maxWait, maxRuntime).toSeconds() }),
      heartbeatSeconds: (props.heartbeat ?? Duration.seconds(20)).toSeconds(),
      outputRoot: outputBucket.s3UrlForObject(props.outputPrefix ?? 'output'),
      program: {
        command: program.entrypoint!,
        channels: Object.fromEntries(channels),
        environment: sharedEnvironment(props.environment, program, options),
        hyperparameters: props.hyperparameters ?? {},
      },
    };
  }

  private instances(): TrialInstances {
    const { props } = this;
    const instanceType = props.instanceType ?? DEFAULT_INSTANCE_TYPE;
    const usdPerHour = props.pricePerInstanceHour ?? TRAINING_PRICES[instanceType];
    return {
      instanceTypes: [instanceType],
      instanceCount: 1,
      prices: usdPerHour === undefined ? [] : [{ instanceType, usdPerHour }],
      spot: props.spot ?? false,
      maxRuntime: props.maxTrialRuntime ?? props.maxRuntime ?? DEFAULT_MAX_RUNTIME,
      quotaCheck: props.quotaCheck ?? QuotaCheck.FAIL,
    };
  }
}

interface Channel {
  readonly ChannelName: string;
  readonly DataSource: { readonly S3DataSource?: { readonly S3Uri: string } };
}

/** All that the cluster can run at once; undefined where the numbers are known at deployment only. */
function slotsOf({ instanceCount, trialsPerInstance }: ClusterDefinition): number | undefined {
  if ([instanceCount, trialsPerInstance].some((number) => Token.isUnresolved(number))) return undefined;
  return Math.min(instanceCount * trialsPerInstance, MAX_PARALLEL_TRIALS);
}
