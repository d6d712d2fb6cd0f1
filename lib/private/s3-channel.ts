import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3Assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { INSTANCE_GROUP_NAME_PATTERN, MAX_INSTANCE_GROUPS } from '../contract/limits';
import { InputMode } from '../input-mode';
// types only: that file imports this one.
import type {
  AugmentedManifestChannelOptions,
  ManifestChannelOptions,
  S3ChannelOptions,
  TrainingChannelConfig,
} from '../training-channel';
import { requireInteger, requireLength, requireMatch, requireNoExpression, requireNumber } from './checks';
import { grantReadPrefix } from './s3-access';

/** SageMaker CreateTrainingJob: a channel's S3Uri has at most 1024 characters, and so has a key of S3. */
const MAX_S3_URI_LENGTH = 1024;

/** SageMaker CreateTrainingJob: AttributeNames has at most 16 names of 1 to 256 characters. */
const MAX_ATTRIBUTE_NAMES = 16;
const MAX_ATTRIBUTE_NAME_LENGTH = 256;

/** SageMaker CreateTrainingJob: a channel's ContentType has at most 256 characters. */
const MAX_CONTENT_TYPE_LENGTH = 256;

const MODE_NAMES: Record<InputMode, string> = {
  [InputMode.FILE]: 'InputMode.FILE',
  [InputMode.FAST_FILE]: 'InputMode.FAST_FILE',
  [InputMode.PIPE]: 'InputMode.PIPE',
};
const ALL_MODES = Object.values(InputMode);

/** What remains of a channel once it is checked: grants the reading, and gives the request. */
export type BindChannel = (scope: Construct, role: iam.IGrantable) => TrainingChannelConfig;

/** All objects of a bucket under a prefix. */
export function bucketChannel(bucket: s3.IBucket, prefix: string, options: S3ChannelOptions): BindChannel {
  const factory = 'TrainingChannel.fromBucket';
  requirePrefix(`prefix of ${factory}`, prefix);
  const uri = uriOf(factory, bucket, prefix);
  checkOptions(factory, options, ALL_MODES);
  return (_scope, role) => {
    grantRead(bucket, prefix, role);
    return { request: requestOf('S3Prefix', uri, options), needsVpc: false };
  };
}

/** A file that goes up at deployment. */
export function fileChannel(file: string, options: S3ChannelOptions): BindChannel {
  checkOptions('TrainingChannel.fromFile', options, ALL_MODES);
  return (scope, role) => {
    const asset = new s3Assets.Asset(scope, 'File', { path: file });
    if (!asset.isFile) {
      throw new Error(
        `TrainingChannel.fromFile needs a file, got the folder ${JSON.stringify(file)} of ${Stack.of(scope).stackName}`,
      );
    }
    grantReadPrefix(asset.bucket, asset.s3ObjectKey, role);
    return { request: requestOf('S3Prefix', asset.s3ObjectUrl, options), needsVpc: false };
  };
}

/** The objects that a manifest lists. Fast file mode knows prefixes only. */
export function manifestChannel(bucket: s3.IBucket, key: string, options: ManifestChannelOptions): BindChannel {
  const factory = 'TrainingChannel.fromManifest';
  const grantData = manifestReader(factory, bucket, key, options);
  const uri = uriOf(factory, bucket, key);
  checkOptions(factory, options, [InputMode.FILE, InputMode.PIPE]);
  // never the job's own mode, which may be one that doesn't read manifests.
  const withMode = { ...options, inputMode: options.inputMode ?? InputMode.FILE };
  return (_scope, role) => {
    grantData(role);
    return { request: requestOf('ManifestFile', uri, withMode), needsVpc: false };
  };
}

/** The lines of an augmented manifest, with the objects that they refer to: a stream, so pipe mode only. */
export function augmentedManifestChannel(
  bucket: s3.IBucket,
  key: string,
  options: AugmentedManifestChannelOptions,
): BindChannel {
  const factory = 'TrainingChannel.fromAugmentedManifest';
  const { attributeNames } = options;
  const grantData = manifestReader(factory, bucket, key, options);
  const uri = uriOf(factory, bucket, key);
  const withMode = { ...options, inputMode: options.inputMode ?? InputMode.PIPE };
  checkOptions(factory, withMode, [InputMode.PIPE]);
  if (!Token.isUnresolved(attributeNames)) {
    requireInteger(`number of attributeNames of ${factory}`, attributeNames.length, 1, MAX_ATTRIBUTE_NAMES);
    for (const name of attributeNames) {
      requireMatch(`attributeNames of ${factory}`, name, /^.+$/, 'names that are not empty');
      requireLength(`attributeNames of ${factory}`, name, MAX_ATTRIBUTE_NAME_LENGTH);
      requireNoExpression(`attributeNames of ${factory}`, name);
    }
  }
  return (_scope, role) => {
    grantData(role);
    return { request: requestOf('AugmentedManifestFile', uri, withMode, attributeNames), needsVpc: false };
  };
}

/** Checks where a manifest and its data lie; what it gives allows a role to read both. */
function manifestReader(
  factory: string,
  bucket: s3.IBucket,
  key: string,
  { dataBucket = bucket, dataPrefix }: ManifestChannelOptions,
): (role: iam.IGrantable) => void {
  requireMatch(`key of ${factory}`, key, /^[^/](.*[^/])?$/, 'the key of an object, without a slash at either end');
  requirePrefix(`dataPrefix of ${factory}`, dataPrefix);
  if (dataPrefix === undefined && Token.isUnresolved(key)) {
    throw new Error(
      `${factory} needs dataPrefix, since the key of the manifest is only known at deployment; ` +
        'set it to the prefix of the objects that the manifest lists',
    );
  }
  const prefix = dataPrefix ?? key.slice(0, key.lastIndexOf('/') + 1);
  const covers = dataBucket === bucket && !Token.isUnresolved(key) && key.startsWith(prefix);
  return (role) => {
    if (!covers) grantRead(bucket, key, role);
    grantRead(dataBucket, prefix, role);
  };
}

function grantRead(bucket: s3.IBucket, prefix: string, role: iam.IGrantable): void {
  grantReadPrefix(bucket, prefix, role);
  bucket.encryptionKey?.grantDecrypt(role);
}

function uriOf(factory: string, bucket: s3.IBucket, key: string): string {
  const uri = bucket.s3UrlForObject(key === '' ? undefined : key);
  requireLength(`S3 URI of ${factory}`, uri, MAX_S3_URI_LENGTH);
  return uri;
}

function requirePrefix(name: string, prefix: string | undefined): void {
  requireMatch(name, prefix, /^(?!\/)/, 'a prefix without a slash at its start');
  // the bucket's name may not be known yet, and then the URI isn't either.
  requireLength(name, prefix, MAX_S3_URI_LENGTH);
}

export function requireContentType(factory: string, contentType: string | undefined): void {
  requireLength(`contentType of ${factory}`, contentType, MAX_CONTENT_TYPE_LENGTH);
  requireNoExpression(`contentType of ${factory}`, contentType);
}

/** @param modes those in which SageMaker reads this kind of data */
function checkOptions(factory: string, options: S3ChannelOptions, modes: InputMode[]): void {
  const { inputMode, instanceGroups } = options;
  if (inputMode !== undefined && !modes.includes(inputMode)) {
    const allowed = modes.map((mode) => MODE_NAMES[mode]).join(' or ');
    throw new Error(`inputMode of ${factory} must be ${allowed}, got ${MODE_NAMES[inputMode] ?? inputMode}`);
  }
  for (const name of ['gzip', 'recordIo'] as const) {
    if (options[name] && inputMode !== InputMode.PIPE) {
      const got = inputMode === undefined ? 'none' : MODE_NAMES[inputMode];
      throw new Error(
        `${name} of ${factory} needs inputMode InputMode.PIPE, got ${got}; set inputMode, or leave ${name} out`,
      );
    }
  }
  requireContentType(factory, options.contentType);
  requireNumber(`shuffleSeed of ${factory}`, options.shuffleSeed, 'a whole number', Number.isSafeInteger);
  if (instanceGroups === undefined || Token.isUnresolved(instanceGroups)) return;
  requireInteger(`number of instanceGroups of ${factory}`, instanceGroups.length, 1, MAX_INSTANCE_GROUPS);
  for (const name of instanceGroups) {
    requireMatch(`instanceGroups of ${factory}`, name, INSTANCE_GROUP_NAME_PATTERN, 'names of 1 to 64 characters');
    requireNoExpression(`instanceGroups of ${factory}`, name);
  }
}

function requestOf(dataType: string, uri: string, options: S3ChannelOptions, attributeNames?: string[]): object {
  const { inputMode, contentType, gzip, recordIo, shuffleSeed, instanceGroups } = options;
  return {
    DataSource: {
      S3DataSource: {
        S3DataType: dataType,
        S3Uri: uri,
        S3DataDistributionType: options.distribution ?? 'FullyReplicated',
        ...(attributeNames && { AttributeNames: attributeNames }),
        ...(instanceGroups && { InstanceGroupNames: instanceGroups }),
      },
    },
    ...(inputMode && { InputMode: inputMode }),
    ...(contentType !== undefined && { ContentType: contentType }),
    ...(gzip && { CompressionType: 'Gzip' }),
    ...(recordIo && { RecordWrapperType: 'RecordIO' }),
    ...(shuffleSeed !== undefined && { ShuffleConfig: { Seed: shuffleSeed } }),
  };
}
