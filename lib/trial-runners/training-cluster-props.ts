import { Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { InputMode } from '../input-mode';
import { QuotaCheck } from '../quota-check';
import { TrainingChannel } from '../training-channel';
import { TrainingImage } from '../training-image';
import { TrainingProgram } from '../training-program';

/**
 * Details of a training cluster: one training job, on each of whose instances a worker runs trials side by side, each as a process
 * with devices, a folder and checkpoints of its own. The image must have Python 3.8 or newer, and boto3.
 */
export interface TrainingClusterProps {
  /** The container image that the workers and the trials run in. */
  readonly image: TrainingImage;

  /**
   * The program that each trial runs.
   *
   * @default - `command`
   */
  readonly program?: TrainingProgram;

  /**
   * The command that each trial runs, where it isn't a `program`: words, in which `/opt/ml` stands for the trial's own folder.
   *
   * @default - that of `program`
   */
  readonly command?: string[];

  /**
   * Instance type, such as `ml.g5.12xlarge`.
   *
   * @default ml.m5.xlarge
   */
  readonly instanceType?: string;

  /**
   * Instances of the cluster, 1 to 20. A study with little left to do starts fewer.
   *
   * @default 1
   */
  readonly instanceCount?: number;

  /**
   * Trials at the same time on each instance, 1 to 1,000. GPUs are dealt out: with more than trials, each trial has several; with
   * fewer, trials share one.
   *
   * @default 1
   */
  readonly trialsPerInstance?: number;

  /**
   * Whether the instances are spare capacity, which costs less and may be taken away. The trials go on from their checkpoints.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * With `spot`, how long the cluster waits for instances and runs, together; at least `maxRuntime`.
   *
   * @default - a day more than maxRuntime, at most 30 days
   */
  readonly maxWait?: Duration;

  /**
   * The cluster ends after this time at the latest, and hands back what it hasn't finished; if the study isn't complete then,
   * another cluster goes on. At most 28 days.
   *
   * @default Duration.hours(24)
   */
  readonly maxRuntime?: Duration;

  /**
   * A trial's attempt ends after this time at the latest.
   *
   * @default - as long as the cluster
   */
  readonly maxTrialRuntime?: Duration;

  /**
   * So often a worker says that it is there. Six times this after its last word its trials are given to others. 1 second to 10
   * minutes.
   *
   * @default Duration.seconds(20)
   */
  readonly heartbeat?: Duration;

  /**
   * How often SageMaker itself starts the job again after an error of its own, 1 to 30.
   *
   * @default - the state machine starts another cluster
   */
  readonly retryAttempts?: number;

  /**
   * How the data of the channels gets to the instances.
   *
   * @default InputMode.FILE
   */
  readonly inputMode?: InputMode;

  /**
   * Data, by the name of its channel.
   *
   * @default - none
   */
  readonly channels?: { [name: string]: TrainingChannel };

  /**
   * Disk of each instance, for data, checkpoints and models of all its trials: 1 GiB to 16 TiB.
   *
   * @default Size.gibibytes(30)
   */
  readonly volumeSize?: Size;

  /**
   * Key for the disks. Not for instance types with local storage.
   *
   * @default - a key of AWS's
   */
  readonly volumeKey?: kms.IKey;

  /**
   * Hyperparameters that are the same for all trials.
   *
   * @default - none
   */
  readonly hyperparameters?: { [name: string]: string };

  /**
   * Environment variables. No secrets: they can be seen in the job's description.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Tags of the training job.
   *
   * @default - only those that say whose study it is
   */
  readonly tags?: { [key: string]: string };

  /**
   * Bucket for models.
   *
   * @default - the tuner's
   */
  readonly outputBucket?: s3.IBucket;

  /**
   * Prefix for models.
   *
   * @default output
   */
  readonly outputPrefix?: string;

  /**
   * Bucket for checkpoints.
   *
   * @default - the tuner's
   */
  readonly checkpointBucket?: s3.IBucket;

  /**
   * How often a trial's checkpoints are copied to S3 while it runs: 1 second to 1 hour. At its end they always are. What a lost
   * instance costs is the time since then. Workers of other machines have `CDK_HPO_WORKER_CHECKPOINT_SECONDS`.
   *
   * @default Duration.seconds(15)
   */
  readonly checkpointInterval?: Duration;

  /**
   * Prefix for checkpoints.
   *
   * @default checkpoints
   */
  readonly checkpointPrefix?: string;

  /**
   * VPC of the instances. They have to reach Lambda and S3.
   *
   * @default - no VPC of yours
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets in the VPC.
   *
   * @default - the private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups in the VPC, 1 to 5.
   *
   * @default - one of its own
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Whether what the instances say to each other is encrypted.
   *
   * @default false
   */
  readonly encryptInterContainerTraffic?: boolean;

  /**
   * Further fields of CreateTrainingJob.
   *
   * @default - none
   */
  readonly requestFields?: { [field: string]: any };

  /**
   * The role of the instances. A role that can't be changed is left alone; a warning says what it needs.
   *
   * @default - one of its own
   */
  readonly role?: iam.IRole;

  /**
   * US dollars for an hour of one instance.
   *
   * @default - AWS's list price in us-east-1, where it is known
   */
  readonly pricePerInstanceHour?: number;

  /**
   * What Open study makes of a quota that is too small for the cluster.
   *
   * @default QuotaCheck.FAIL
   */
  readonly quotaCheck?: QuotaCheck;
}
