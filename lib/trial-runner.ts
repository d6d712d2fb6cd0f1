import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { InstanceGroup } from './instance-group';
import { Objective } from './objective';
import { QuotaCheck } from './quota-check';
import { BatchTraining } from './trial-runners/batch-training';
import { BatchTrainingProps } from './trial-runners/batch-training-props';
import { ManagedTuning } from './trial-runners/managed-tuning';
import { ManagedTuningProps } from './trial-runners/managed-tuning-props';
import { SageMakerTraining } from './trial-runners/sagemaker-training';
import { SageMakerTrainingProps } from './trial-runners/sagemaker-training-props';
import { TrainingCluster } from './trial-runners/training-cluster';
import { TrainingClusterProps } from './trial-runners/training-cluster-props';

/** What a tuner gives to its trial runner. */
export interface TrialRunnerBindOptions {
  /** What the study optimizes; with several objectives, the first. */
  readonly objective: Objective;

  /** For each metric that the study needs, by name, the regular expression that finds it in a log. */
  readonly metricRegexes: { [metric: string]: string };

  /** Names of the hyperparameters that each trial gets from the search space and the scheduler. */
  readonly parameterNames: string[];

  /** The values of each parameter that every trial has and that takes at most 1,000 of them, by name. */
  readonly parameterChoices: { [name: string]: any[] };

  /** The function that training code reports to. */
  readonly reportFunction: lambda.IFunction;

  /**
   * The function that workers call.
   *
   * @default - the runner needs no workers
   */
  readonly workerFunction?: lambda.IFunction;

  /** The search space as plain data: a list of objects with `name`, `type` and what the type has. */
  readonly searchSpace: { [key: string]: any }[];

  /** The tuner's bucket, for checkpoints and models. */
  readonly bucket: s3.IBucket;

  /** Whether each attempt is told what to train up to: the variable `$next` then has a number `maxResource`. */
  readonly limitsResource: boolean;

  /** Whether the scheduler does nothing without reports from running trials. */
  readonly needsReports: boolean;
}

/** What an hour of one instance costs on demand. */
export interface InstancePrice {
  /** Instance type, such as `ml.m5.xlarge`. */
  readonly instanceType: string;

  /** US dollars. */
  readonly usdPerHour: number;
}

/** The machines that a trial runs on. */
export interface TrialInstances {
  /** Types in order of preference: the next one is for when there is no room on the one before. */
  readonly instanceTypes: string[];

  /** Instances of one trial. */
  readonly instanceCount: number;

  /**
   * Instances of several types at once.
   *
   * @default - all instances of a trial are of one type
   */
  readonly instanceGroups?: InstanceGroup[];

  /**
   * The parameter of the search space that says on which type a trial runs.
   *
   * @default - the first of `instanceTypes` that has room
   */
  readonly instanceTypeParameter?: string;

  /**
   * The parameter of the search space that says on how many instances a trial runs.
   *
   * @default - on `instanceCount`
   */
  readonly instanceCountParameter?: string;

  /** Prices by type. What runs on other types has its cost given in seconds only. */
  readonly prices: InstancePrice[];

  /** Whether the instances are spare capacity. */
  readonly spot: boolean;

  /** A trial's attempt ends after this time at the latest. */
  readonly maxRuntime: Duration;

  /**
   * With spot, how long an attempt waits and trains together.
   *
   * @default - no spot
   */
  readonly maxWait?: Duration;

  /**
   * How long instances are kept, and billed, for the next trial.
   *
   * @default - they are given back at once
   */
  readonly keepAlivePeriod?: Duration;

  /** What Open study makes of a quota that is too small. */
  readonly quotaCheck: QuotaCheck;
}

/** How metrics are read from what a training job prints. */
export interface LogReports {
  /**
   * Regular expression whose first group is the resource of a line that shows the objective.
   *
   * @default - the n-th line that shows the objective is resource n
   */
  readonly resourceRegex?: string;

  /**
   * What is added to the resource of a line: 1 where a program counts from 0.
   *
   * @default 0
   */
  readonly resourceOffset?: number;

  /**
   * Only lines that hold this text are looked at.
   *
   * @default - all lines
   */
  readonly filter?: string;
}

/** What a trial runner adds to the tuner. */
export interface TrialRunnerConfig {
  /**
   * The state that runs one attempt. It is written in JSONata, reads the variable `$next` (the answer of Next trial) and
   * assigns the variable `$outcome`.
   *
   * With `runsRounds` it runs all trials of a round, and reads the variable `$job` (the answer of Plan round).
   */
  readonly trainState: sfn.TaskStateBase;

  /**
   * Whether one job runs all trials of a round, in place of slots of the state machine.
   *
   * @default false
   */
  readonly runsRounds?: boolean;

  /**
   * With `runsRounds`: the state in place of `trainState` where `$job.parents` names jobs whose results it begins with.
   *
   * @default - trainState
   */
  readonly resumeState?: sfn.TaskStateBase;

  /**
   * What the Lambda steps need to know besides, as part of the tuner's `compute`.
   *
   * @default - nothing
   */
  readonly computeDetails?: { [key: string]: any };

  /**
   * Trials at the same time, where the tuner isn't told.
   *
   * @default 4
   */
  readonly maxParallelTrials?: number;

  /**
   * ARN of the job queue, where each attempt is a job of AWS Batch.
   *
   * @default - attempts are training jobs of SageMaker
   */
  readonly jobQueueArn?: string;

  /**
   * What a worker on another machine has to be allowed.
   *
   * @default - there are no workers
   */
  readonly workerStatements?: iam.PolicyStatement[];

  /** The role that training code has. */
  readonly trainingRole: iam.IRole;

  /** The names of all training jobs start with this. */
  readonly jobNamePrefix: string;

  /** What a trial runs on. */
  readonly instances: TrialInstances;

  /** The bucket that the trials' checkpoints go to. */
  readonly checkpointBucket: s3.IBucket;

  /** Their prefix in the bucket, without a slash at either end. */
  readonly checkpointPrefix: string;

  /**
   * Takes metrics from the lines that training jobs print.
   *
   * @default - training code reports by itself
   */
  readonly logReports?: LogReports;

  /**
   * Network connections of the training code.
   *
   * @default - it runs in no VPC of the user's
   */
  readonly connections?: ec2.Connections;
}

/** Where a trial's training runs. */
export abstract class TrialRunner {
  /** Each trial is a SageMaker training job of its own. */
  public static sageMakerTraining(props: SageMakerTrainingProps): TrialRunner {
    return new DelegatingTrialRunner(new SageMakerTraining(props));
  }

  /**
   * Trials run side by side on the instances of one training job, which workers keep busy: what starting takes is paid once. Other
   * machines can join in.
   */
  public static trainingCluster(props: TrainingClusterProps): TrialRunner {
    return new DelegatingTrialRunner(new TrainingCluster(props), true);
  }

  /** Each trial is a job of AWS Batch, on instances that several trials may share and that come and go with them. */
  public static batch(props: BatchTrainingProps): TrialRunner {
    return new DelegatingTrialRunner(new BatchTraining(props));
  }

  /**
   * SageMaker automatic model tuning runs the study with a search of its own. What it can't do is refused: conditional parameters,
   * constraints, several objectives, other searches and schedulers.
   */
  public static managedTuning(props: ManagedTuningProps): TrialRunner {
    return new DelegatingTrialRunner(new ManagedTuning(props));
  }

  /**
   * Whether trials run in workers, which call a function of the tuner.
   *
   * @internal
   */
  public get _needsWorkers(): boolean {
    return false;
  }

  /** Called by the tuner. */
  public abstract bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig;
}

interface IBindable {
  bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig;
}

/** Lets the runners' files do without this one, which imports them. */
class DelegatingTrialRunner extends TrialRunner {
  constructor(
    private readonly delegate: IBindable,
    private readonly needsWorkers: boolean = false,
  ) {
    super();
  }

  /** @internal */
  public override get _needsWorkers(): boolean {
    return this.needsWorkers;
  }

  public bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig {
    return this.delegate.bind(scope, options);
  }
}
