import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';

/** Lists and reads the objects under a prefix, no more: what SageMaker needs to fill a channel. */
export function grantReadPrefix(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(`${prefix}*`)] }),
  );
  grantListPrefix(bucket, prefix, grantee);
}

/** Reads, writes and deletes under a prefix: SageMaker keeps the checkpoint folder and the prefix the same. */
export function grantSyncPrefix(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      resources: [bucket.arnForObjects(`${prefix}*`)],
    }),
  );
  grantListPrefix(bucket, prefix, grantee);
}

/** Copies objects under a prefix to other places under it. */
export function grantCopyWithinPrefix(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      resources: [bucket.arnForObjects(`${prefix}*`)],
    }),
  );
}

/** Writes under a prefix: where SageMaker puts the model. */
export function grantWritePrefix(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: [bucket.arnForObjects(`${prefix}*`)],
    }),
  );
}

/** Learns what there is under a prefix. */
export function grantListPrefix(bucket: s3.IBucket, prefix: string, grantee: iam.IGrantable): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
      conditions: prefix === '' ? undefined : { StringLike: { 's3:prefix': `${prefix}*` } },
    }),
  );
}

/** Reads and writes objects that a key encrypts. */
export function grantKey(key: kms.IKey | undefined, grantee: iam.IGrantable): void {
  key?.grant(grantee, 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey');
}
