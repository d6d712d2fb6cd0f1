import { CopyObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Checkpoints } from '../study/checkpoints';
import { CLIENT_SETTINGS } from './client-settings';

/** Copies that run at the same time. */
const PARALLEL_COPIES = 8;

/** Copying happens inside S3, but takes its time: some 100 MB a second for an object. */
const COPY_TIMEOUT_MS = 60_000;

interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

export class S3Checkpoints implements Checkpoints {
  private client: S3Client | undefined;

  async exist(uri: string): Promise<boolean> {
    const { bucket, prefix } = placeOf(uri);
    const { KeyCount = 0 } = await this.s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }),
    );
    return KeyCount > 0;
  }

  /** Objects of up to 5 GB each, which is what one request copies. */
  async copy(from: string, to: string): Promise<void> {
    const source = placeOf(from);
    const target = placeOf(to);
    const keys = await this.keysOf(source);
    const copyNext = async (): Promise<void> => {
      for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
        await this.s3.send(
          new CopyObjectCommand({
            Bucket: target.bucket,
            Key: target.prefix + key.slice(source.prefix.length),
            CopySource: `${source.bucket}/${key.split('/').map(encodeURIComponent).join('/')}`,
          }),
        );
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_COPIES }, copyNext));
  }

  /** Most studies pause no trial and need none. */
  private get s3(): S3Client {
    return (this.client ??= new S3Client({
      ...CLIENT_SETTINGS,
      requestHandler: { ...CLIENT_SETTINGS.requestHandler, requestTimeout: COPY_TIMEOUT_MS },
    }));
  }

  private async keysOf({ bucket, prefix }: Place): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key!));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  }
}

function placeOf(uri: string): Place {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri)!;
  return { bucket, prefix };
}
