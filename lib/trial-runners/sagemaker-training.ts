import { Annotations, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DEFAULT_INSTANCES_PER_JOB, INSTANCE_TYPE_PATTERN } from '../contract/limits';
import { TRAINING_PRICES } from '../contract/prices';
import { grantKey, grantSyncPrefix } from '../private/s3-access';
import { SageMakerJobTask, TRAINING_JOB } from '../private/sagemaker-job-task';
import { spotWait } from '../private/spot-wait';
import { TrainRetries } from '../private/train-retries';
import { createTrainingNetwork } from '../private/training-network';
import { DEFAULT_MAX_RUNTIME, trainingJobRequest } from '../private/training-job-request';
import { TrainingGrantee, createTrainingRole, grantTraining } from '../private/training-role';
import { requireHyperparameterNames } from '../private/trial-checks';
import { requireVolumes, validateSageMakerTraining } from '../private/validate-sagemaker-training';
import { QuotaCheck } from '../quota-check';
import { TrainingImageConfig } from '../training-image';
// types only: the file imports this one.
import type {
  InstancePrice,
  LogReports,
  TrialInstances,
  TrialRunnerBindOptions,
  TrialRunnerConfig,
} from '../trial-runner';
import { SageMakerTrainingProps } from './sagemaker-training-props';

const DEFAULT_INSTANCE_TYPE = 'ml.m5.xlarge';

const OUTCOME = [
  "'jobName': $states.result.TrainingJobName",
  "'status': $states.result.TrainingJobStatus",
  "'secondaryStatus': $states.result.SecondaryStatus",
  "'failureReason': $states.result.FailureReason",
  "'billableSeconds': $states.result.BillableTimeInSeconds",
  "'trainingSeconds': $states.result.TrainingTimeInSeconds",
  "'modelArtifact': $states.result.ModelArtifacts.S3ModelArtifacts",
  "'metrics': [$states.result.FinalMetricDataList.{'MetricName': MetricName, 'Value': Value}]",
].join(', ');

/** The default trial runner: `TrialRunner.sageMakerTraining`. */
export class SageMakerTraining {
  constructor(private readonly props: SageMakerTrainingProps) {
    validateSageMakerTraining(props);
  }

  public bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig {
    const { props } = this;
    this.requireNames(options);
    const types = this.instanceTypes(options);
    const trainingRole: iam.IRole = props.role ?? createTrainingRole(scope);
    const grantee = new TrainingGrantee(trainingRole);
    grantTraining(grantee, scope);
    // names of training jobs are shared by the whole account and region; their ARNs are in lower case.
    const jobNamePrefix = `hpo-${scope.node.addr.slice(0, 8)}`;
    const checkpointBucket = props.checkpointBucket ?? options.bucket;
    const checkpointPrefix = props.checkpointPrefix ?? 'checkpoints';

    options.reportFunction.grantInvoke(grantee);
    grantSyncPrefix(checkpointBucket, `${checkpointPrefix}/`, grantee);
    grantKey(checkpointBucket.encryptionKey, grantee);
    props.volumeKey?.grant(grantee, 'kms:CreateGrant');
    const image = props.image.bind(new Construct(scope, 'TrainingImage'), grantee);
    const network = createTrainingNetwork(scope, props, grantee);

    const trainState = new SageMakerJobTask(scope, 'Train', {
      kind: TRAINING_JOB,
      comment: 'Runs one attempt of a trial and waits for its end',
      request: trainingJobRequest({
        scope,
        props,
        options,
        roleArn: trainingRole.roleArn,
        grantee,
        image,
        instanceType: types[0],
        network,
      }),
      jobNamePrefix,
      trainingRole,
      assign: { outcome: `{% { ${OUTCOME} } %}`, retries: TrainRetries.COUNT },
    });
    TrainRetries.ALL.forEach((retry) => trainState.addRetry(retry));
    grantee.warnOfMissing(scope);
    this.warnOfSilence(scope, image, options);
    return {
      trainState,
      trainingRole,
      jobNamePrefix,
      instances: this.instances(types, image),
      checkpointBucket,
      checkpointPrefix,
      logReports: this.logReports(options),
      ...(network && { connections: network.connections }),
    };
  }

  /** In order of preference, or all that the search may choose. */
  private instanceTypes({ parameterChoices }: TrialRunnerBindOptions): string[] {
    const { instanceType = DEFAULT_INSTANCE_TYPE, fallbackInstanceTypes = [], instanceTypeParameter } = this.props;
    if (instanceTypeParameter === undefined) return [instanceType, ...fallbackInstanceTypes];

    const types = requireChoices('instanceTypeParameter', instanceTypeParameter, parameterChoices);
    const wrong = types.find(
      (type) => !Token.isUnresolved(type) && (typeof type !== 'string' || !INSTANCE_TYPE_PATTERN.test(type)),
    );
    if (wrong !== undefined) {
      throw new Error(
        `instanceTypeParameter must name a parameter whose values are instance types such as ml.g5.xlarge, got ` +
          `${JSON.stringify(wrong)} in ${instanceTypeParameter}`,
      );
    }
    if (this.props.volumeKey !== undefined) requireVolumes(types as string[]);
    return types as string[];
  }

  private instances(types: string[], image: TrainingImageConfig): TrialInstances {
    const { props } = this;
    const maxRuntime = props.maxRuntime ?? DEFAULT_MAX_RUNTIME;
    const groups = props.instanceGroups;
    return {
      instanceTypes: groups === undefined ? types : groups.map(({ instanceType }) => instanceType),
      instanceCount: props.instanceCount ?? 1,
      instanceGroups: groups,
      instanceTypeParameter: props.instanceTypeParameter,
      instanceCountParameter: props.instanceCountParameter,
      prices: this.prices(groups === undefined ? types : groups.map(({ instanceType }) => instanceType)),
      spot: props.spot ?? false,
      maxRuntime,
      maxWait: props.spot ? spotWait(props.maxWait, maxRuntime, image.maxSpotWaitSeconds) : undefined,
      keepAlivePeriod: props.keepAlivePeriod,
      quotaCheck: props.quotaCheck ?? QuotaCheck.FAIL,
    };
  }

  private prices(types: string[]): InstancePrice[] {
    const { pricePerInstanceHour, pricesPerInstanceHour = {} } = this.props;
    return [...new Set(types)].flatMap((instanceType) => {
      const usdPerHour = pricePerInstanceHour ?? pricesPerInstanceHour[instanceType] ?? TRAINING_PRICES[instanceType];
      return usdPerHour === undefined ? [] : [{ instanceType, usdPerHour }];
    });
  }

  private requireNames(options: TrialRunnerBindOptions): void {
    const { hyperparameters, instanceCountParameter } = this.props;
    requireHyperparameterNames(hyperparameters, options);
    if (instanceCountParameter === undefined) return;
    const counts = requireChoices('instanceCountParameter', instanceCountParameter, options.parameterChoices);
    const wrong = counts.find(
      (n) => !Token.isUnresolved(n) && (!Number.isInteger(n) || n < 1 || n > DEFAULT_INSTANCES_PER_JOB),
    );
    if (wrong !== undefined) {
      throw new Error(
        `instanceCountParameter must name a parameter whose values are integers from 1 to ${DEFAULT_INSTANCES_PER_JOB}, got ` +
          `${JSON.stringify(wrong)} in ${instanceCountParameter}`,
      );
    }
  }

  /** Without network, a scheduler that needs reports has the log alone. */
  private logReports({ needsReports }: TrialRunnerBindOptions): LogReports | undefined {
    return this.props.logReports ?? (this.props.networkIsolation && needsReports ? {} : undefined);
  }

  /** Says what can't report by itself, and what reading its lines takes. */
  private warnOfSilence(
    scope: Construct,
    { reportsByItself }: TrainingImageConfig,
    options: TrialRunnerBindOptions,
  ): void {
    const { networkIsolation, program, entrypoint } = this.props;
    const reads = this.logReports(options) !== undefined;
    const consequence = reads
      ? 'its metrics are read from the lines that it prints'
      : 'the last metrics that it prints count, and a trial is not stopped before its end, or before its rung; logReports reads ' +
        'its metrics as it prints them';
    if (networkIsolation && this.props.logReports === undefined) {
      Annotations.of(scope).addWarningV2(
        'cdk-hpo:networkIsolation',
        `with networkIsolation the training code has no network and no credentials, so it can't report: ${consequence}`,
      );
    } else if (!reads && reportsByItself === false && program === undefined && entrypoint === undefined) {
      Annotations.of(scope).addWarningV2(
        'cdk-hpo:noReports',
        `the algorithm of the image knows nothing of this tuner, so it doesn't report: ${consequence}`,
      );
    }
    if (reads) {
      Annotations.of(scope).addWarningV2(
        'cdk-hpo:logSubscription',
        'metrics are read by a subscription of the log group /aws/sagemaker/TrainingJobs: it exists only after the first ' +
          'training job of the account and region, and takes no more than two subscriptions',
      );
    }
  }
}

function requireChoices(property: string, parameter: string, choices: { [name: string]: any[] }): any[] {
  if (!Object.hasOwn(choices, parameter)) {
    throw new Error(
      `${property} must name a categorical, ordinal or integer parameter of the search space that every trial has, got ` +
        `${JSON.stringify(parameter)}; there are ${Object.keys(choices).join(', ') || 'none'}`,
    );
  }
  return choices[parameter];
}
