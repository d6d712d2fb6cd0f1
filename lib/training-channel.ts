import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as fsx from 'aws-cdk-lib/aws-fsx';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { InputMode } from './input-mode';
import { efsChannel, lustreChannel } from './private/file-system-channel';
import {
  augmentedManifestChannel,
  BindChannel,
  bucketChannel,
  fileChannel,
  manifestChannel,
} from './private/s3-channel';

/** A channel of a training job. */
export interface TrainingChannelConfig {
  /** The `Channel` of CreateTrainingJob without its `ChannelName`, as its API has it. */
  readonly request: { [field: string]: any };

  /** Whether only a training job in a VPC gets at the data. */
  readonly needsVpc: boolean;

  /**
   * What the security groups of the training job must be let into, at its default port.
   *
   * @default - nothing
   */
  readonly connectable?: ec2.IConnectable;
}

/** Which objects each instance of a training job gets. */
export enum DataDistribution {
  /** All of them. */
  FULLY_REPLICATED = 'FullyReplicated',

  /** Its share of them: there must be at least as many objects as instances. */
  SHARDED_BY_KEY = 'ShardedByS3Key',
}

/**
 * Details of a channel whose data lies in S3.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
 */
export interface S3ChannelOptions {
  /**
   * Which objects each instance of a training job gets.
   *
   * @default DataDistribution.FULLY_REPLICATED
   */
  readonly distribution?: DataDistribution;

  /**
   * How the data comes into the container. A manifest isn't read in `FAST_FILE` mode, an augmented manifest only in `PIPE`
   * mode.
   *
   * @default - the trial runner's; `InputMode.FILE` for a manifest, `InputMode.PIPE` for an augmented one
   */
  readonly inputMode?: InputMode;

  /**
   * MIME type of the data, such as `text/csv`, for algorithms that ask for it. At most 256 characters.
   *
   * @default - none
   */
  readonly contentType?: string;

  /**
   * Whether the objects are packed with gzip: SageMaker unpacks them on their way. Only with `InputMode.PIPE`.
   *
   * @default false
   */
  readonly gzip?: boolean;

  /**
   * Wraps each object in a RecordIO record, for algorithms that read nothing else. Only with `InputMode.PIPE`, and not for
   * objects in RecordIO format.
   *
   * @default false
   */
  readonly recordIo?: boolean;

  /**
   * Seed by which the order of the objects, or of an augmented manifest's lines, is shuffled: with `InputMode.PIPE` anew for
   * each epoch. A whole number.
   *
   * @default - they are not shuffled
   */
  readonly shuffleSeed?: number;

  /**
   * Names of the instance groups that get the data, 1 to 5.
   *
   * @default - all instances get it
   */
  readonly instanceGroups?: string[];
}

/** Details of a channel whose objects a manifest lists. */
export interface ManifestChannelOptions extends S3ChannelOptions {
  /**
   * Bucket of the objects that the manifest lists.
   *
   * @default - the manifest's own
   */
  readonly dataBucket?: s3.IBucket;

  /**
   * Prefix of the objects that the manifest lists, without a slash at its start: what the training role may read. At most 1024
   * characters.
   *
   * @default - the manifest's own folder, which is the whole bucket for a manifest outside of any folder
   */
  readonly dataPrefix?: string;
}

/** Details of a channel that streams an augmented manifest. */
export interface AugmentedManifestChannelOptions extends ManifestChannelOptions {
  /**
   * Attributes of the manifest's lines that the training gets, in this order: 1 to 16 of 1 to 256 characters. One whose name
   * ends in `-ref` holds an S3 URI, and the object there is what the training gets.
   */
  readonly attributeNames: string[];
}

/** Details of a channel whose data lies in a file system. */
export interface FileSystemChannelOptions {
  /**
   * Whether the training can't change the files.
   *
   * @default true
   */
  readonly readOnly?: boolean;

  /**
   * MIME type of the data, such as `text/csv`, for algorithms that ask for it. At most 256 characters.
   *
   * @default - none
   */
  readonly contentType?: string;
}

/**
 * Data that a training job finds in `/opt/ml/input/data/<channel>`.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-access-training-data.html
 */
export abstract class TrainingChannel {
  /**
   * All objects of a bucket under a prefix.
   *
   * @param prefix without a slash at its start, at most 1024 characters
   * @default prefix - the whole bucket
   */
  public static fromBucket(bucket: s3.IBucket, prefix: string = '', options: S3ChannelOptions = {}): TrainingChannel {
    return new CheckedChannel(bucketChannel(bucket, prefix, options));
  }

  /**
   * A local file, uploaded at deployment. In the channel its name is a hash with the file's own extension.
   *
   * @param file path of the file
   */
  public static fromFile(file: string, options: S3ChannelOptions = {}): TrainingChannel {
    return new CheckedChannel(fileChannel(file, options));
  }

  /**
   * The objects that a manifest lists: a JSON array with a prefix and what follows it in the key of each object.
   *
   * @param bucket bucket of the manifest
   * @param key key of the manifest. If it is only known at deployment, `dataPrefix` is needed.
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
   */
  public static fromManifest(bucket: s3.IBucket, key: string, options: ManifestChannelOptions = {}): TrainingChannel {
    return new CheckedChannel(manifestChannel(bucket, key, options));
  }

  /**
   * The lines of an augmented manifest, such as Ground Truth writes, streamed as records: JSON objects that hold values, and
   * the S3 URIs of objects.
   *
   * @param bucket bucket of the manifest
   * @param key key of the manifest. If it is only known at deployment, `dataPrefix` is needed.
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/augmented-manifest.html
   */
  public static fromAugmentedManifest(
    bucket: s3.IBucket,
    key: string,
    options: AugmentedManifestChannelOptions,
  ): TrainingChannel {
    return new CheckedChannel(augmentedManifestChannel(bucket, key, options));
  }

  /**
   * A folder of an EFS file system, mounted. The training jobs must run in a VPC, in subnets from which a mount target of the
   * file system can be reached.
   *
   * @param path the folder, with a slash at its start, at most 4096 characters
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_FileSystemDataSource.html
   */
  public static fromEfs(
    fileSystem: efs.IFileSystem,
    path: string,
    options: FileSystemChannelOptions = {},
  ): TrainingChannel {
    return new CheckedChannel(efsChannel(fileSystem, path, options));
  }

  /**
   * A folder of an FSx for Lustre file system, mounted. The training jobs must run in a VPC, in the subnet of the file system.
   *
   * @param mountName such as `fileSystem.mountName` of a `LustreFileSystem`, 1 to 8 characters
   * @param path the folder, with a slash at its start; with the mount name at most 4096 characters
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_FileSystemDataSource.html
   */
  public static fromFsxLustre(
    fileSystem: fsx.IFileSystem,
    mountName: string,
    path: string,
    options: FileSystemChannelOptions = {},
  ): TrainingChannel {
    return new CheckedChannel(lustreChannel(fileSystem, mountName, path, options));
  }

  /**
   * Called by the trial runner.
   *
   * @param role the role that reads the data
   */
  public abstract bind(scope: Construct, role: iam.IGrantable): TrainingChannelConfig;
}

class CheckedChannel extends TrainingChannel {
  constructor(private readonly bindChannel: BindChannel) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingChannelConfig {
    return this.bindChannel(scope, role);
  }
}
