/** A place in S3: the key may be empty, for a whole bucket. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const S3_HOST = /^(?:(?<bucket>[a-z0-9.-]+)\.)?s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?$/;

/** Reads `s3://bucket/key` and the https form that the CDK renders; refuses what could leave the bucket's folder. */
export function parseS3Uri(uri: string): S3Location {
  if (uri.startsWith('s3://')) {
    const [bucket, ...key] = uri.slice('s3://'.length).split('/');
    return location(uri, bucket, key.join('/'));
  }
  if (uri.startsWith('https://')) {
    const [host, ...path] = uri.slice('https://'.length).split('/');
    const match = S3_HOST.exec(host);
    if (match !== null) {
      const inHost = match.groups?.bucket;
      return inHost !== undefined
        ? location(uri, inHost, path.join('/'))
        : location(uri, path[0] ?? '', path.slice(1).join('/'));
    }
  }
  throw new Error(`S3 URI ${JSON.stringify(uri)} is not of the form s3://bucket/key. Give an object or prefix in S3.`);
}

function location(uri: string, bucket: string, key: string): S3Location {
  if (!BUCKET_NAME.test(bucket) || bucket.includes('..')) {
    throw new Error(
      `S3 URI ${JSON.stringify(uri)} has the bucket name ${JSON.stringify(bucket)}, which S3 does not allow.`,
    );
  }
  checkKey(key);
  return { bucket, key };
}

/** Refuses keys that the file system would read as a way out, or as another object's key. */
export function checkKey(key: string): void {
  const segments = key.replace(/\/$/, '').split('/');
  const bad = segments.find((part) => part === '.' || part === '..' || (part === '' && segments.length > 1));
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for.
  if (bad !== undefined || key.startsWith('/') || /[\u0000-\u001f\\]/.test(key) || Buffer.byteLength(key) > 1024) {
    throw new Error(
      `S3 key ${JSON.stringify(key.slice(0, 200))} can't be kept in a local folder: no empty, "." or ".." part, ` +
        'no backslash or control character, at most 1024 bytes.',
    );
  }
}
