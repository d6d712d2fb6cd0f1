import { Duration, Size } from 'aws-cdk-lib';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { S3TrainingData } from '../s3-training-data';
import { TrainingImage } from '../training-image';
import { TrainingProgram } from '../training-program';

/**
 * Details of trials as jobs of AWS Batch. The image must have Python 3.8 or newer, and boto3.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/what-is-batch.html
 */
export interface BatchTrainingProps {
  /** The container image that trials run in. */
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
   * VPC of the instances. They have to reach Lambda, S3, ECR, ECS and CloudWatch Logs.
   *
   * @default - `jobQueue` has its own
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets in the VPC.
   *
   * @default - the private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the instances.
   *
   * @default - one of its own, which lets nothing in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Instance types and families, such as `g5.xlarge` or `c6i`, of which Batch takes what fits. Not `optimal` together with `gpus`.
   *
   * @default - optimal: of the current C, M and R families
   */
  readonly instanceTypes?: string[];

  /**
   * Whether the instances are spare capacity, which costs less and may be taken away. The trials go on from their checkpoints.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * Virtual CPUs of all instances together, at most. Without jobs there are none.
   *
   * @default - 1,024
   */
  readonly maxVcpus?: number;

  /**
   * A queue that exists, in place of one with its own instances.
   *
   * @default - a queue of its own
   */
  readonly jobQueue?: batch.IJobQueue;

  /**
   * A job definition that exists, in place of one of its own: a single container whose image has Python and boto3. What its jobs
   * are allowed is yours to say; a warning lists what is needed.
   *
   * @default - a job definition of its own
   */
  readonly jobDefinition?: batch.IJobDefinition;

  /**
   * Virtual CPUs of a trial.
   *
   * @default 1
   */
  readonly vcpus?: number;

  /**
   * Memory of a trial. A trial that needs more is killed, and its configuration counts as one that doesn't fit.
   *
   * @default - 2 GiB for each virtual CPU
   */
  readonly memory?: Size;

  /**
   * GPUs of a trial; several trials share an instance that has more.
   *
   * @default 0
   */
  readonly gpus?: number;

  /**
   * Shared memory of a trial, as data loaders with several processes need it.
   *
   * @default - Docker's 64 MiB
   */
  readonly sharedMemorySize?: Size;

  /**
   * Disk of each instance, for images, data, checkpoints and models of all its trials: 30 GiB to 16 TiB.
   *
   * @default Size.gibibytes(100)
   */
  readonly volumeSize?: Size;

  /**
   * An attempt ends after this time at the latest: 1 minute to 28 days.
   *
   * @default Duration.hours(24)
   */
  readonly maxRuntime?: Duration;

  /**
   * How often Batch itself starts a trial whose instance was lost, the first time included: 1 to 10.
   *
   * @default 3
   */
  readonly attempts?: number;

  /**
   * Data, by the name of its channel: it is loaded before each trial.
   *
   * @default - none
   */
  readonly channels?: { [name: string]: S3TrainingData };

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
   * Tags of the jobs.
   *
   * @default - only those that say whose study and trial it is
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
   * instance costs is the time since then.
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
   * The role of the training code. A role that can't be changed is left alone; a warning says what it needs.
   *
   * @default - one of its own
   */
  readonly role?: iam.IRole;

  /**
   * US dollars for an hour of one trial: its share of an instance.
   *
   * @default - the cost is given in seconds only
   */
  readonly pricePerTrialHour?: number;
}
