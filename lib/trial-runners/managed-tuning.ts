import { Annotations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TRAINING_PRICES } from '../contract/prices';
import { ParameterDefinition } from '../contract/search-space';
import { TuningDefinition } from '../contract/tuner-definition';
import { requireInteger, requireLength, requireNumber } from '../private/checks';
import { ROUND_JOB_NAME, TUNING_OUTCOME } from '../private/round-job';
import { grantKey, grantSyncPrefix } from '../private/s3-access';
import { SageMakerJobTask, TUNING_JOB } from '../private/sagemaker-job-task';
import { spotWait } from '../private/spot-wait';
import { TrainRetries } from '../private/train-retries';
import { createTrainingNetwork } from '../private/training-network';
import { DEFAULT_MAX_RUNTIME, TRIAL_TAG, trainingJobRequest } from '../private/training-job-request';
import { TrainingGrantee, createTrainingRole, grantTraining } from '../private/training-role';
import { requireHyperparameterNames, requireNoExpressions } from '../private/trial-checks';
import { ToolkitProgram } from '../private/toolkit-program';
import { TuningRanges, tuningRanges } from '../private/tuning-ranges';
import { validateSageMakerTraining } from '../private/validate-sagemaker-training';
import { QuotaCheck } from '../quota-check';
import { TrainingImageConfig } from '../training-image';
// types only: the file imports this one.
import type { TrialInstances, TrialRunnerBindOptions, TrialRunnerConfig } from '../trial-runner';
import { TuningStrategy } from '../tuning-strategy';
import { ManagedTuningProps } from './managed-tuning-props';
import { SageMakerTrainingProps } from './sagemaker-training-props';

const DEFAULT_INSTANCE_TYPE = 'ml.m5.xlarge';

/** SageMaker CreateHyperParameterTuningJob: Environment has at most 48 entries; some are left for the program's own. */
const MAX_ENVIRONMENT = 40;
const MAX_AUTO_PARAMETERS = 100;
const MAX_AUTO_PARAMETER_LENGTH = 256;

/** `TrialRunner.managedTuning`: a job of automatic model tuning runs the study. */
export class ManagedTuning {
  constructor(private readonly props: ManagedTuningProps) {
    validateSageMakerTraining(this.jobProps());
    const { strategy = TuningStrategy.bayesian(), earlyStopping, environment = {}, autoParameters } = props;
    if (earlyStopping && strategy._name === 'Hyperband') {
      throw new Error(
        'earlyStopping must not be given together with TuningStrategy.hyperband, which stops jobs itself; remove it',
      );
    }
    this.requireGridAlone();
    requireInteger('maxJobsNotImproving', props.maxJobsNotImproving, 3, 1_000_000);
    requireInteger('number of environment variables', Object.keys(environment).length, 0, MAX_ENVIRONMENT);
    if (autoParameters !== undefined && !props.autotune) {
      throw new Error(
        'autoParameters must not be given without autotune; set autotune to true, or remove autoParameters',
      );
    }
    this.requireAutoParameters();
    // they stand in the state machine as they are.
    requireNoExpressions('hyperparameter', props.hyperparameters);
    requireNumber('pricePerInstanceHour', props.pricePerInstanceHour, 'a number of at least 0', (n) => n >= 0);
  }

  public bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig {
    const { props } = this;
    requireHyperparameterNames({ ...props.hyperparameters, ...props.autoParameters }, options);
    const trainingRole: iam.IRole = props.role ?? createTrainingRole(scope);
    const grantee = new TrainingGrantee(trainingRole);
    grantTraining(grantee, scope);
    const jobNamePrefix = `hpo-${scope.node.addr.slice(0, 8)}`;
    const checkpointBucket = props.checkpointBucket ?? options.bucket;
    const checkpointPrefix = props.checkpointPrefix ?? 'checkpoints';
    if (props.spot) {
      grantSyncPrefix(checkpointBucket, `${checkpointPrefix}/`, grantee);
      grantKey(checkpointBucket.encryptionKey, grantee);
    }
    props.volumeKey?.grant(grantee, 'kms:CreateGrant');
    const space = tuningRanges(options.searchSpace as unknown as ParameterDefinition[]);
    this.requireGrid(space);
    const program = props.program && new ToolkitProgram(props.program);
    const jobProps = { ...this.jobProps(), program };
    const image = props.image.bind(new Construct(scope, 'TrainingImage'), grantee);
    const request = trainingJobRequest({
      scope,
      props: jobProps,
      options,
      roleArn: trainingRole.roleArn,
      grantee,
      image,
      instanceType: this.types()[0],
      network: createTrainingNetwork(scope, jobProps, grantee),
    });
    const staticParameters = { ...space.constants, ...props.hyperparameters, ...program?.hyperparameters };
    const definition = this.jobDefinition(request, staticParameters, image);
    const checkpoints = { S3Uri: checkpointBucket.s3UrlForObject(checkpointPrefix) };
    const tune = (id: string, comment: string, warmStart?: object) => {
      const state = new SageMakerJobTask(scope, id, {
        kind: TUNING_JOB,
        comment,
        request: {
          HyperParameterTuningJobName: ROUND_JOB_NAME,
          HyperParameterTuningJobConfig: '{% $job.config %}',
          TrainingJobDefinition: { ...definition, ...(props.spot && { CheckpointConfig: checkpoints }) },
          ...(warmStart && { WarmStartConfig: warmStart }),
          ...(props.autotune && { Autotune: { Mode: 'Enabled' } }),
          Tags: (request.Tags as { Key: string }[]).filter(({ Key }) => Key !== TRIAL_TAG),
        },
        jobNamePrefix,
        trainingRole,
        assign: { outcome: TUNING_OUTCOME },
      });
      TrainRetries.ALL.forEach((retry) => state.addRetry(retry));
      return state;
    };
    const parents = '{% $job.parents %}';
    const trainState = tune('Tune', 'Automatic model tuning runs the trials');
    const resumeState = tune('Tune on', 'Automatic model tuning runs the trials, and begins with earlier results', {
      WarmStartType: props.warmStart?._type ?? 'IdenticalDataAndAlgorithm',
      ParentHyperParameterTuningJobs: parents,
    });
    grantee.warnOfMissing(scope);
    if (props.program !== undefined && image.reportsByItself === undefined) {
      Annotations.of(scope).addInfo(
        'automatic model tuning starts the program by the training toolkit of its image: AWS Deep Learning Containers have it',
      );
    }
    const tuning: TuningDefinition = { config: this.config(options, space), parents: props.warmStart?._parents ?? [] };
    return {
      trainState,
      resumeState,
      runsRounds: true,
      trainingRole,
      jobNamePrefix,
      instances: this.instances(),
      checkpointBucket,
      checkpointPrefix,
      computeDetails: { tuning },
    };
  }

  private requireGrid({ ranges }: TuningRanges): void {
    const numeric = [...(ranges.ContinuousParameterRanges ?? []), ...(ranges.IntegerParameterRanges ?? [])];
    if (this.props.strategy?._name !== 'Grid' || numeric.length === 0) return;
    const [{ Name: name }] = numeric as { Name: string }[];
    throw new Error(
      `searchSpace must have categorical parameters only with TuningStrategy.grid, got the range ${name}; give its values, or use another strategy`,
    );
  }

  /** A grid is known in advance: it learns nothing from earlier jobs, and can't have ranges that SageMaker chooses. */
  private requireGridAlone(): void {
    const { strategy, warmStart, autoParameters = {} } = this.props;
    if (strategy?._name !== 'Grid') return;
    const [name] = Object.keys(autoParameters);
    if (name !== undefined) {
      throw new Error(
        `autoParameters must not be given together with TuningStrategy.grid, which takes categorical parameters only, got ${JSON.stringify(name)}; remove it, or use another strategy`,
      );
    }
    if (warmStart !== undefined) {
      throw new Error(
        `warmStart must not be given together with TuningStrategy.grid, which tries all combinations anyway, got ${warmStart._parents.join(', ')}; remove it, or use another strategy`,
      );
    }
  }

  private requireAutoParameters(): void {
    const { autoParameters = {}, hyperparameters = {} } = this.props;
    requireInteger('number of autoParameters', Object.keys(autoParameters).length, 0, MAX_AUTO_PARAMETERS);
    requireNoExpressions('autoParameter', autoParameters);
    for (const [name, hint] of Object.entries(autoParameters)) {
      requireLength('name of autoParameters', name, MAX_AUTO_PARAMETER_LENGTH);
      requireLength(`autoParameter ${name}`, hint, MAX_AUTO_PARAMETER_LENGTH);
      if (Object.hasOwn(hyperparameters, name)) {
        throw new Error(
          `autoParameters must not hold what hyperparameters sets, got ${JSON.stringify(name)} in both; remove it from one`,
        );
      }
    }
  }

  /** The training jobs, as far as they are like any. */
  private jobProps(): SageMakerTrainingProps {
    const {
      strategy: _strategy,
      earlyStopping: _stopping,
      autotune: _autotune,
      autoParameters: _auto,
      maxJobsNotImproving: _not,
      endWhenConverged: _converged,
      warmStart: _warm,
      pricePerInstanceHour,
      ...rest
    } = this.props;
    // a training job of several types takes no one price for all.
    return rest.fallbackInstanceTypes === undefined ? { ...rest, pricePerInstanceHour } : rest;
  }

  /** TrainingJobDefinition: a training job without name, entry point and search. */
  private jobDefinition(
    request: Record<string, unknown>,
    staticParameters: { [name: string]: string },
    { maxSpotWaitSeconds }: TrainingImageConfig,
  ): Record<string, unknown> {
    const { props } = this;
    const {
      ContainerEntrypoint: _entry,
      ContainerArguments: _arguments,
      ...algorithm
    } = request.AlgorithmSpecification as Record<string, unknown>;
    const maxRuntime = props.maxRuntime ?? DEFAULT_MAX_RUNTIME;
    const environment = Object.entries(request.Environment as Record<string, unknown>).filter(
      // a job doesn't know which trial it is: what it prints tells its metrics.
      ([name]) => !STUDY_VARIABLES.test(name),
    );
    const copied = ['RoleArn', 'InputDataConfig', 'OutputDataConfig', 'VpcConfig', 'RetryStrategy'];
    const flags = ['EnableNetworkIsolation', 'EnableInterContainerTrafficEncryption', 'EnableManagedSpotTraining'];
    return {
      ...Object.fromEntries(
        [...copied, ...flags].flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])),
      ),
      AlgorithmSpecification: algorithm,
      StaticHyperParameters: staticParameters,
      StoppingCondition: {
        MaxRuntimeInSeconds: maxRuntime.toSeconds(),
        ...(props.spot && {
          MaxWaitTimeInSeconds: spotWait(props.maxWait, maxRuntime, maxSpotWaitSeconds).toSeconds(),
        }),
      },
      ...this.resources(request),
      ...(environment.length > 0 && { Environment: Object.fromEntries(environment) }),
    };
  }

  private resources({ ResourceConfig }: Record<string, unknown>): object {
    const types = this.types();
    const { VolumeSizeInGB, VolumeKmsKeyId } = ResourceConfig as { VolumeSizeInGB: number; VolumeKmsKeyId?: string };
    if (types.length === 1) return { ResourceConfig };
    return {
      HyperParameterTuningResourceConfig: {
        AllocationStrategy: 'Prioritized',
        InstanceConfigs: types.map((InstanceType) => ({
          InstanceType,
          InstanceCount: this.props.instanceCount ?? 1,
          VolumeSizeInGB,
        })),
        ...(VolumeKmsKeyId && { VolumeKmsKeyId }),
      },
    };
  }

  private config({ objective }: TrialRunnerBindOptions, { ranges }: TuningRanges): TuningDefinition['config'] {
    const {
      strategy = TuningStrategy.bayesian(),
      earlyStopping,
      maxJobsNotImproving,
      endWhenConverged,
      autoParameters,
    } = this.props;
    const { metric, direction } = objective._toDefinition();
    const ends = {
      ...(maxJobsNotImproving !== undefined && {
        BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: maxJobsNotImproving },
      }),
      ...(endWhenConverged && { ConvergenceDetected: { CompleteOnConvergence: 'Enabled' } }),
    };
    const automatic = Object.entries(autoParameters ?? {}).map(([Name, ValueHint]) => ({ Name, ValueHint }));
    return {
      Strategy: strategy._name,
      ...(strategy._config && { StrategyConfig: strategy._config }),
      HyperParameterTuningJobObjective: {
        Type: direction === 'maximize' ? 'Maximize' : 'Minimize',
        MetricName: metric,
      },
      ParameterRanges: { ...ranges, ...(automatic.length > 0 && { AutoParameters: automatic }) },
      TrainingJobEarlyStoppingType: earlyStopping ? 'Auto' : 'Off',
      ...(Object.keys(ends).length > 0 && { TuningJobCompletionCriteria: ends }),
    };
  }

  private types(): string[] {
    return [this.props.instanceType ?? DEFAULT_INSTANCE_TYPE, ...(this.props.fallbackInstanceTypes ?? [])];
  }

  private instances(): TrialInstances {
    const { props } = this;
    const types = this.types();
    return {
      instanceTypes: types,
      instanceCount: props.instanceCount ?? 1,
      prices: types.flatMap((instanceType) => {
        const usdPerHour = props.pricePerInstanceHour ?? TRAINING_PRICES[instanceType];
        return usdPerHour === undefined ? [] : [{ instanceType, usdPerHour }];
      }),
      spot: props.spot ?? false,
      maxRuntime: props.maxRuntime ?? DEFAULT_MAX_RUNTIME,
      // tuning waits for room itself.
      quotaCheck: QuotaCheck.WARN,
    };
  }
}

/** What ties a training job to a trial of its own. */
const STUDY_VARIABLES = /^CDK_HPO_(STUDY|TRIAL|ATTEMPT|TOKEN|REPORT_FUNCTION|OBJECTIVE|MAX_RESOURCE)$/;
