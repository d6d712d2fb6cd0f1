import { Annotations, Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

interface StorageProps {
  readonly encryptionKey?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

export function createStudyTable(scope: Construct, { encryptionKey, removalPolicy }: StorageProps): dynamodb.Table {
  return new dynamodb.Table(scope, 'StudyTable', {
    partitionKey: { name: 'study', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'item', type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    ...(encryptionKey && { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    removalPolicy,
  });
}

export function createTunerBucket(
  scope: Construct,
  { encryptionKey, removalPolicy, serverAccessLogsBucket }: StorageProps & { serverAccessLogsBucket?: s3.IBucket },
): s3.Bucket {
  return new s3.Bucket(scope, 'Bucket', {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    ...(encryptionKey
      ? { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
      : { encryption: s3.BucketEncryption.S3_MANAGED }),
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    serverAccessLogsBucket,
    ...(serverAccessLogsBucket && { serverAccessLogsPrefix: `${scope.node.addr.slice(0, 8)}/` }),
    removalPolicy,
  });
}

/**
 * CloudWatch Logs encrypts log groups only if the key's own policy allows it. A key that is imported can't be told here.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function allowLogs(scope: Construct, key: kms.IKey): void {
  const { statementAdded } = key.addToResourcePolicy(
    new iam.PolicyStatement({
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyPair',
        'kms:GenerateDataKeyPairWithoutPlaintext',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ],
      principals: [new iam.ServicePrincipal(`logs.${Aws.REGION}.${Aws.URL_SUFFIX}`)],
      // a key's policy speaks of the key itself.
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': Stack.of(scope).formatArn({ service: 'logs', resource: '*' }),
        },
      },
    }),
  );
  if (statementAdded) return;
  Annotations.of(scope).addWarningV2(
    'cdk-hpo:keyPolicy',
    "the policy of encryptionKey can't be changed here; make sure that it lets CloudWatch Logs use the key for log groups of this account: " +
      'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html',
  );
}
