import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Objective } from './objective';
import { SageMakerTraining, SageMakerTrainingProps } from './trial-runners/sagemaker-training';

/** What a tuner gives to its trial runner. */
export interface TrialRunnerBindOptions {
  /** What the study optimizes; with several objectives, the first. */
  readonly objective: Objective;

  /** For each metric that the study needs, by name, the regular expression that finds it in a log. */
  readonly metricRegexes: { [metric: string]: string };

  /** Names of the search space's parameters. */
  readonly parameterNames: string[];

  /** The function that training code reports to. */
  readonly reportFunction: lambda.IFunction;

  /** The tuner's bucket, for checkpoints and models. */
  readonly bucket: s3.IBucket;

  /** Whether each attempt is told what to train up to: the variable `$next` then has a number `maxResource`. */
  readonly limitsResource: boolean;
}

/** What a trial runner adds to the tuner. */
export interface TrialRunnerConfig {
  /**
   * The state that runs one attempt. It is written in JSONata, reads the variable `$next` (the answer of Next trial) and
   * assigns the variable `$outcome`.
   */
  readonly trainState: sfn.TaskStateBase;

  /** The role that training code has. */
  readonly trainingRole: iam.IRole;

  /** The names of all training jobs start with this. */
  readonly jobNamePrefix: string;

  /** The instances' type, such as `ml.m5.xlarge`. */
  readonly instanceType: string;

  /** Instances of one trial. */
  readonly instanceCount: number;

  /**
   * US dollars for an hour of one instance.
   *
   * @default - the cost is given in seconds only
   */
  readonly pricePerInstanceHour?: number;

  /** The bucket that the trials' checkpoints go to. */
  readonly checkpointBucket: s3.IBucket;

  /** Their prefix in the bucket, without a slash at either end. */
  readonly checkpointPrefix: string;
}

/** Where a trial's training runs. */
export abstract class TrialRunner {
  /** Each trial is a SageMaker training job of its own. */
  public static sageMakerTraining(props: SageMakerTrainingProps): TrialRunner {
    return new DelegatingTrialRunner(new SageMakerTraining(props));
  }

  /** Called by the tuner. */
  public abstract bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig;
}

interface IBindable {
  bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig;
}

/** Lets the runners' files do without this one, which imports them. */
class DelegatingTrialRunner extends TrialRunner {
  constructor(private readonly delegate: IBindable) {
    super();
  }

  public bind(scope: Construct, options: TrialRunnerBindOptions): TrialRunnerConfig {
    return this.delegate.bind(scope, options);
  }
}
