import * as s3 from 'aws-cdk-lib/aws-s3';

/** Objects in S3 that a trial gets as files. */
export interface S3TrainingData {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /**
   * Prefix of the objects, or the key of one.
   *
   * @default - the whole bucket
   */
  readonly prefix?: string;
}
