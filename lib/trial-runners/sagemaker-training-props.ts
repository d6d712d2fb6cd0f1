import { Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { InputMode } from '../input-mode';
import { InstanceGroup } from '../instance-group';
import { QuotaCheck } from '../quota-check';
import { TrainingChannel } from '../training-channel';
import { TrainingImage } from '../training-image';
import { TrainingProgram } from '../training-program';
import type { LogReports } from '../trial-runner';

/**
 * Details of the training jobs, one of which runs each attempt of a trial.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */
export interface SageMakerTrainingProps {
  /** The container image that training runs in. */
  readonly image: TrainingImage;

  /**
   * The program that runs in the container.
   *
   * @default - what the image runs by itself
   */
  readonly program?: TrainingProgram;

  /**
   * Entry point of the container, in place of the image's own: 1 to 100 parts of at most 256 characters. Not together with
   * a `program` that brings one.
   *
   * @default - the image's own
   */
  readonly entrypoint?: string[];

  /**
   * Arguments of the entry point: 1 to 100 of at most 256 characters.
   *
   * @default - none
   */
  readonly entrypointArguments?: string[];

  /**
   * Instance type, such as `ml.g5.xlarge`.
   *
   * @default ml.m5.xlarge
   */
  readonly instanceType?: string;

  /**
   * Instance types for when the account's quota of `instanceType` is used up, or AWS has no more of it, in order of
   * preference. At most 5.
   *
   * @default - trials wait until there is room
   */
  readonly fallbackInstanceTypes?: string[];

  /**
   * A categorical parameter of the search space whose values are instance types: each trial runs on its own. In place of
   * `instanceType`.
   *
   * @default - all trials run on the same instance type
   */
  readonly instanceTypeParameter?: string;

  /**
   * Instances of one trial; more than one for distributed training. 1 to 20.
   *
   * @default 1
   */
  readonly instanceCount?: number;

  /**
   * An integer, ordinal or categorical parameter of the search space whose values are numbers of instances, 1 to 20: each
   * trial has its own. In place of `instanceCount`.
   *
   * @default - all trials run on as many instances
   */
  readonly instanceCountParameter?: string;

  /**
   * Instances of several types in one training job, at most 5 groups. In place of `instanceType` and `instanceCount`.
   *
   * @default - all instances are of one type
   */
  readonly instanceGroups?: InstanceGroup[];

  /**
   * Runs on spare capacity, for up to 90 % less. A trial that loses its instance goes on from its checkpoint when there is
   * capacity again. Needs its own quota. Not with `keepAlivePeriod`.
   *
   * @default false
   */
  readonly spot?: boolean;

  /**
   * With spot, how long a training job may wait for instances and train, together. At least `maxRuntime`, at most 30 days;
   * at most an hour for images that keep no checkpoints.
   *
   * @default - a day more than `maxRuntime`
   */
  readonly maxWait?: Duration;

  /**
   * How long the instances of a trial that has ended are kept for the next one, which then starts in seconds: a warm pool.
   * They are billed meanwhile, and need a quota of their own, which is 0 in a new account. 1 second to 1 hour. Not with
   * `spot` or `instanceGroups`.
   *
   * @default - instances are given back at once
   */
  readonly keepAlivePeriod?: Duration;

  /**
   * How often SageMaker itself starts a job again after an internal error of its own. 1 to 30. Beyond that the trial has its
   * own attempts, `maxAttempts` of the tuner.
   *
   * @default - never
   */
  readonly retryAttempts?: number;

  /**
   * How the data of channels comes into the container, where a channel says nothing else.
   *
   * @default InputMode.FILE
   */
  readonly inputMode?: InputMode;

  /**
   * Data that the training job finds in `/opt/ml/input/data/<name>`, by channel name.
   *
   * @default - no channels
   */
  readonly channels?: { [name: string]: TrainingChannel };

  /**
   * Storage volume of each instance, in whole gibibytes. Instance types with local storage have their own.
   *
   * @default Size.gibibytes(30)
   */
  readonly volumeSize?: Size;

  /**
   * Key for the storage volumes. Not for instance types with local storage, which is encrypted by its own hardware.
   *
   * @default - a key that AWS manages
   */
  readonly volumeKey?: kms.IKey;

  /**
   * A training job that runs longer is stopped; what its trial has reported counts. 1 second to 28 days.
   *
   * @default Duration.hours(24)
   */
  readonly maxRuntime?: Duration;

  /**
   * Hyperparameters that are the same for all trials. They must not be part of the search space.
   *
   * @default - none
   */
  readonly hyperparameters?: { [name: string]: string };

  /**
   * Environment variables of the container. They are visible to everyone who may describe the job: no secrets.
   *
   * @default - none of yours
   */
  readonly environment?: { [name: string]: string };

  /**
   * Tags of the training jobs, at most 40. Each job has the tags `cdk-hpo:study` and `cdk-hpo:trial` besides.
   *
   * @default - none of yours
   */
  readonly tags?: { [key: string]: string };

  /**
   * Bucket for the models.
   *
   * @default - the tuner's bucket
   */
  readonly outputBucket?: s3.IBucket;

  /**
   * Prefix of the models in their bucket, without a slash at either end.
   *
   * @default output
   */
  readonly outputPrefix?: string;

  /**
   * Key for the models.
   *
   * @default - the bucket's own encryption
   */
  readonly outputKey?: kms.IKey;

  /**
   * Whether models are packed into one `model.tar.gz`.
   *
   * @default true
   */
  readonly compressOutput?: boolean;

  /**
   * Bucket for the trials' checkpoints.
   *
   * @default - the tuner's bucket
   */
  readonly checkpointBucket?: s3.IBucket;

  /**
   * Prefix of the checkpoints in their bucket, without a slash at either end. Each trial has a prefix of its own below.
   *
   * @default checkpoints
   */
  readonly checkpointPrefix?: string;

  /**
   * Folder in the container that is kept the same as the trial's checkpoint prefix.
   *
   * @default /opt/ml/checkpoints
   */
  readonly checkpointLocalPath?: string;

  /**
   * VPC that the training jobs run in. They need a way out of it to report: a NAT gateway, or an interface endpoint of
   * Lambda; and a gateway endpoint of S3, or a NAT gateway, for their data.
   *
   * @default - SageMaker's own network
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the VPC, at most 16.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the training jobs, at most 5.
   *
   * @default - a new one, whose members may talk to each other and to everyone outside
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Encrypts what the instances of a trial say to each other. It slows distributed training down.
   *
   * @default false
   */
  readonly encryptInterContainerTraffic?: boolean;

  /**
   * Gives the containers no network at all, and no credentials. They can't report then: their last printed metrics count.
   *
   * @default false
   */
  readonly networkIsolation?: boolean;

  /**
   * Takes the metrics of containers that can't report by themselves from the lines that they print, by the regular
   * expressions of the objective and the other metrics: then they are stopped early too. A subscription of the log group
   * `/aws/sagemaker/TrainingJobs`, which there is only after the first training job of an account and region, and which
   * takes two subscriptions.
   *
   * @default - programs report by the client, of others the last metrics count; with `networkIsolation` and a scheduler that
   * needs reports, their lines are read
   */
  readonly logReports?: LogReports;

  /**
   * Name of a SageMaker experiment that exists: each training job becomes a run of it.
   *
   * @default - no experiment
   */
  readonly experimentName?: string;

  /**
   * Folder in the container whose TensorBoard logs SageMaker uploads while training, to `tensorboard/` below the prefix of
   * the models.
   *
   * @default - no upload
   */
  readonly tensorBoardLocalPath?: string;

  /**
   * Further fields of CreateTrainingJob, as its API has them, such as `ProfilerConfig` or `RemoteDebugConfig`. Not those
   * that the properties here set.
   *
   * @default - none
   */
  readonly requestFields?: { [field: string]: any };

  /**
   * Role of the training jobs. What they need is added to it, unless it can't be changed: then a warning says what that is.
   *
   * @default - a new role with least privilege
   */
  readonly role?: iam.IRole;

  /**
   * US dollars for an hour of one instance on demand, for the cost in the study's result and for `maxSpendUsd`. With several
   * instance types, give `pricesPerInstanceHour`.
   *
   * @default - from a dated table of list prices; if the type isn't there the cost is given in seconds only
   */
  readonly pricePerInstanceHour?: number;

  /**
   * US dollars for an hour of one instance on demand, by instance type.
   *
   * @default - from a dated table of list prices
   */
  readonly pricesPerInstanceHour?: { [instanceType: string]: number };

  /**
   * What a study does before it starts when the account's quota of instances is too small for it.
   *
   * @default QuotaCheck.FAIL
   */
  readonly quotaCheck?: QuotaCheck;
}
