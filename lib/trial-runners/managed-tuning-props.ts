import { Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { InputMode } from '../input-mode';
import { TrainingChannel } from '../training-channel';
import { TrainingImage } from '../training-image';
import { TrainingProgram } from '../training-program';
import { TuningStrategy } from '../tuning-strategy';
import { TuningWarmStart } from '../tuning-warm-start';

/**
 * Details of a study by SageMaker automatic model tuning.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
 */
export interface ManagedTuningProps {
  /** The container image that training runs in. */
  readonly image: TrainingImage;

  /**
   * The program that runs in the container: a Python script, in an image with SageMaker's training toolkit, such as AWS's Deep
   * Learning Containers. Tuning jobs can't replace an image's entry point.
   *
   * @default - what the image runs by itself
   */
  readonly program?: TrainingProgram;

  /**
   * How configurations are chosen.
   *
   * @default TuningStrategy.bayesian()
   */
  readonly strategy?: TuningStrategy;

  /**
   * Whether jobs are stopped that do worse than the median of those before. Not with TuningStrategy.hyperband.
   *
   * @default false
   */
  readonly earlyStopping?: boolean;

  /**
   * Whether SageMaker chooses ranges and scales of hyperparameters that `autoParameters` names, and the strategy's settings.
   *
   * @default false
   */
  readonly autotune?: boolean;

  /**
   * With `autotune`: hyperparameters whose ranges SageMaker chooses, by name, with a value to begin with. At most 100.
   *
   * @default - none
   */
  readonly autoParameters?: { [name: string]: string };

  /**
   * The study ends when so many jobs in a row have improved the best one by less than 1 %: at least 3.
   *
   * @default - no such end
   */
  readonly maxJobsNotImproving?: number;

  /**
   * Whether the study ends when SageMaker finds that it has converged.
   *
   * @default false
   */
  readonly endWhenConverged?: boolean;

  /**
   * Earlier tuning jobs whose results the study begins with. Not with TuningStrategy.grid.
   *
   * @default - none; a study that is resumed begins with its own
   */
  readonly warmStart?: TuningWarmStart;

  /**
   * Instance type, such as `ml.g5.xlarge`.
   *
   * @default ml.m5.xlarge
   */
  readonly instanceType?: string;

  /**
   * Instance types for when there is no room on `instanceType`, in order of preference. At most 5.
   *
   * @default - jobs wait
   */
  readonly fallbackInstanceTypes?: string[];

  /**
   * Instances of each job, 1 to 20.
   *
   * @default 1
   */
  readonly instanceCount?: number;

  /**
   * Whether the instances are spare capacity.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * With `spot`, how long a job waits and trains, together; at least `maxRuntime`.
   *
   * @default - a day more than maxRuntime, at most 30 days
   */
  readonly maxWait?: Duration;

  /**
   * A job ends after this time at the latest. At most 28 days.
   *
   * @default Duration.hours(24)
   */
  readonly maxRuntime?: Duration;

  /**
   * How often SageMaker starts a job again after an error of its own, 1 to 30.
   *
   * @default - not at all
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
   * Disk of each instance: 1 GiB to 16 TiB.
   *
   * @default Size.gibibytes(30)
   */
  readonly volumeSize?: Size;

  /**
   * Key for the disks.
   *
   * @default - a key of AWS's
   */
  readonly volumeKey?: kms.IKey;

  /**
   * Hyperparameters that are the same for all jobs.
   *
   * @default - none
   */
  readonly hyperparameters?: { [name: string]: string };

  /**
   * Environment variables, at most 40. No secrets: they can be seen in the job's description.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Tags of the tuning job and its training jobs.
   *
   * @default - only the one that says whose study it is
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
   * Key for models.
   *
   * @default - the bucket's
   */
  readonly outputKey?: kms.IKey;

  /**
   * Bucket for checkpoints.
   *
   * @default - the tuner's
   */
  readonly checkpointBucket?: s3.IBucket;

  /**
   * Prefix for checkpoints.
   *
   * @default checkpoints
   */
  readonly checkpointPrefix?: string;

  /**
   * VPC of the instances.
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
   * Whether what the instances of a job say to each other is encrypted.
   *
   * @default false
   */
  readonly encryptInterContainerTraffic?: boolean;

  /**
   * Whether the containers have no network.
   *
   * @default false
   */
  readonly networkIsolation?: boolean;

  /**
   * The role of the training jobs. A role that can't be changed is left alone; a warning says what it needs.
   *
   * @default - one of its own
   */
  readonly role?: iam.IRole;

  /**
   * US dollars for an hour of one instance of any of the types.
   *
   * @default - AWS's list prices in us-east-1, where they are known
   */
  readonly pricePerInstanceHour?: number;
}
