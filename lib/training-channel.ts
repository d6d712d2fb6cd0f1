import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3Assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { requireMatch } from './private/checks';
import { grantReadPrefix } from './private/s3-access';

/** Where a channel's data lies. */
export interface TrainingChannelConfig {
  /** `s3://bucket/prefix`. */
  readonly s3Uri: string;
}

/** Data that a training job finds in `/opt/ml/input/data/<channel>`. */
export abstract class TrainingChannel {
  /**
   * All objects of a bucket under a prefix.
   *
   * @param prefix without a slash at its start
   * @default prefix - the whole bucket
   */
  public static fromBucket(bucket: s3.IBucket, prefix: string = ''): TrainingChannel {
    requireMatch('prefix of TrainingChannel.fromBucket', prefix, /^(?!\/)/, 'a prefix without a slash at its start');
    return new BucketChannel(bucket, prefix);
  }

  /**
   * A local file, uploaded at deployment. In the channel its name is a hash with the file's own extension.
   *
   * @param file path of the file
   */
  public static fromFile(file: string): TrainingChannel {
    return new FileChannel(file);
  }

  /**
   * Called by the trial runner.
   *
   * @param role the role that reads the data
   */
  public abstract bind(scope: Construct, role: iam.IGrantable): TrainingChannelConfig;
}

class BucketChannel extends TrainingChannel {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly prefix: string,
  ) {
    super();
  }

  public bind(_scope: Construct, role: iam.IGrantable): TrainingChannelConfig {
    grantReadPrefix(this.bucket, this.prefix, role);
    this.bucket.encryptionKey?.grantDecrypt(role);
    return { s3Uri: this.bucket.s3UrlForObject(this.prefix === '' ? undefined : this.prefix) };
  }
}

class FileChannel extends TrainingChannel {
  constructor(private readonly file: string) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingChannelConfig {
    const asset = new s3Assets.Asset(scope, 'File', { path: this.file });
    if (!asset.isFile) {
      throw new Error(
        `TrainingChannel.fromFile needs a file, got the folder ${JSON.stringify(this.file)} of ${Stack.of(scope).stackName}`,
      );
    }
    grantReadPrefix(asset.bucket, asset.s3ObjectKey, role);
    return { s3Uri: asset.s3ObjectUrl };
  }
}
