import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { KnownResult } from './known-result';
import { Objective } from './objective';
import { OutcomeConstraint } from './outcome-constraint';
import { Parameter } from './parameter';
import { Scheduler } from './scheduler';
import { SearchAlgorithm } from './search-algorithm';
import { TrialRunner } from './trial-runner';

/** Properties of a tuner. */
export interface TunerProps {
  /** The hyperparameters that are searched, by name. */
  readonly searchSpace: { [name: string]: Parameter };

  /**
   * Conditions that every configuration must meet, as expressions over the parameters:
   * `num_layers * hidden_units <= 4096`, `optimizer != 'sgd' or momentum < 0.95`. Numbers, texts in quotes, `+ - * / %`,
   * comparisons, `and`, `or`, `not`, `in [...]`, and `abs`, `ceil`, `exp`, `floor`, `log`, `log2`, `log10`, `max`, `min`,
   * `pow`, `round`, `sqrt`. A condition says nothing of configurations in which one of its parameters isn't active.
   *
   * @default - every configuration of the search space is allowed
   */
  readonly parameterConstraints?: string[];

  /** The metric that is optimized. */
  readonly objective: Objective;

  /**
   * Further metrics that are optimized at the same time. The result then holds the trials that no other one beats in all of
   * them. What knows a single objective only, such as early stopping and `targetValue`, goes by the first one.
   *
   * @default - `objective` alone
   */
  readonly additionalObjectives?: Objective[];

  /**
   * Bounds on other metrics of a trial. The training program must report them, at least once.
   *
   * @default - none
   */
  readonly outcomeConstraints?: OutcomeConstraint[];

  /** Where and how a trial trains. */
  readonly trialRunner: TrialRunner;

  /**
   * What proposes configurations.
   *
   * @default SearchAlgorithm.auto()
   */
  readonly searchAlgorithm?: SearchAlgorithm;

  /**
   * What decides how long a trial trains.
   *
   * @default Scheduler.none()
   */
  readonly scheduler?: Scheduler;

  /**
   * Configurations that are tried first, such as the one in use today. Parameters that are left out are drawn at random.
   *
   * @default - none
   */
  readonly initialConfigurations?: { [name: string]: any }[];

  /**
   * Results that are known before the study begins, from an earlier one or from elsewhere. The search learns from them;
   * they are no trials. At most 1,000, and at most some 200 KB of text with the rest of the tuner.
   *
   * @default - none
   */
  readonly knownResults?: KnownResult[];

  /**
   * Trials of a study; failed ones count. 1 to 100,000. A study's input may give another number.
   *
   * @default 50
   */
  readonly maxTrials?: number;

  /**
   * Trials that train at the same time. 1 to 1,000. A study's input may give another number. The account's quota of
   * training instances must allow it.
   *
   * @default 4
   */
  readonly maxParallelTrials?: number;

  /**
   * When this time is over, no trial is started any more, and running ones stop at their next report. Up to a year. A
   * study's input may give another time.
   *
   * @default - no limit
   */
  readonly maxDuration?: Duration;

  /**
   * The study ends when this many trials in a row have brought no better value. A study's input may give another number.
   *
   * @default - no limit
   */
  readonly maxTrialsWithoutImprovement?: number;

  /**
   * US dollars that the training jobs of a study may cost, all its executions together. A trial starts only if what it may
   * cost is left, and its training job ends when its share is used up: so the study stays below, but for the moments in
   * which jobs are stopped. Needs the prices of all instance types. A study's input may give another number.
   *
   * @default - no limit
   */
  readonly maxSpendUsd?: number;

  /**
   * Attempts of a trial, of which all but the last may fail for reasons of the infrastructure: the next one goes on from the
   * checkpoint. Waiting for instances doesn't count. 1 to 100.
   *
   * @default 3
   */
  readonly maxAttempts?: number;

  /**
   * The study ends when more trials than this have failed. 0 to 100,000.
   *
   * @default - no limit; whatever is given here, a study ends when its first five trials all fail the same way by the program or the request
   */
  readonly toleratedFailureCount?: number;

  /**
   * The study ends when a higher share of the ended trials has failed, in percent. Looked at from the tenth trial on.
   * 0 to 100.
   *
   * @default - no limit
   */
  readonly toleratedFailurePercentage?: number;

  /**
   * What happens to the table of studies and the bucket of checkpoints and models when the tuner is removed.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long the logs of the Lambda steps and of the state machine are kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Key for the table, the bucket, the logs, the functions' environment and the state machine's data. The training jobs'
   * volumes have their own, `volumeKey` of the trial runner.
   *
   * @default - keys that AWS owns or manages
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * VPC that the functions run in. They need a way to DynamoDB, S3, SageMaker, Step Functions and Service Quotas: a NAT
   * gateway, or endpoints. The training jobs have their own, `vpc` of the trial runner.
   *
   * @default - the functions run in no VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the functions.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the functions.
   *
   * @default - a new one
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Bucket for the access logs of the tuner's bucket.
   *
   * @default - accesses aren't logged
   */
  readonly serverAccessLogsBucket?: s3.IBucket;

  /**
   * Role of the state machine. What it needs is added to it, unless it can't be changed.
   *
   * @default - a new role with least privilege
   */
  readonly stateMachineRole?: iam.IRole;
}
