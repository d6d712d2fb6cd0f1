import { ListObjectsV2Command, S3Client, _Object } from '@aws-sdk/client-s3';
import { CHECKPOINT_DRAFT_PREFIX } from '../../../lib/contract/checkpoint-files';
import { Checkpoints } from '../study/checkpoints';
import { CLIENT_SETTINGS } from './client-settings';
import { CopyLimits, copyObject } from './copy-object';
import { inParallel } from './in-parallel';

/** Objects that are copied at the same time; with the parts of each, below the 50 connections that a client has. */
const PARALLEL_COPIES = 8;

/** Copying happens inside S3, but takes its time: some 100 MB a second for an object. */
const COPY_TIMEOUT_MS = 60_000;

interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** What a training job was still writing when it ended is no checkpoint. */
export class S3Checkpoints implements Checkpoints {
  private client: S3Client | undefined;

  /** @param limits how large objects are taken apart; the default is what S3 allows */
  constructor(private readonly limits?: CopyLimits) {}

  async exist(uri: string): Promise<boolean> {
    for await (const page of this.pagesOf(placeOf(uri))) {
      if (page.length > 0) return true;
    }
    return false;
  }

  /** What the target has already, by name and size, is left as it is: a call that was cut off goes on where it was. */
  async copy(from: string, to: string): Promise<void> {
    const source = placeOf(from);
    const target = placeOf(to);
    const there = new Map<string, number | undefined>();
    for await (const page of this.pagesOf(target)) page.forEach(({ Key = '', Size }) => there.set(Key, Size));
    const objects: _Object[] = [];
    for await (const page of this.pagesOf(source)) objects.push(...page);
    await inParallel(objects, PARALLEL_COPIES, async ({ Key: key = '', Size: bytes = 0, ETag: tag }) => {
      const place = { Bucket: target.bucket, Key: target.prefix + key.slice(source.prefix.length) };
      if (there.get(place.Key) === bytes) return;
      await copyObject(this.s3, { bucket: source.bucket, key, bytes, tag }, place, this.limits);
    });
  }

  /** Most studies pause no trial and need none. */
  private get s3(): S3Client {
    return (this.client ??= new S3Client({
      ...CLIENT_SETTINGS,
      requestHandler: { ...CLIENT_SETTINGS.requestHandler, requestTimeout: COPY_TIMEOUT_MS },
    }));
  }

  /** All objects under a prefix that aren't drafts, page by page. */
  private async *pagesOf({ bucket, prefix }: Place): AsyncGenerator<_Object[]> {
    let token: string | undefined;
    do {
      const page = await this.s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      yield (page.Contents ?? []).filter(({ Key = '' }) => !Key.startsWith(prefix + CHECKPOINT_DRAFT_PREFIX));
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}

function placeOf(uri: string): Place {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(uri)!;
  return { bucket, prefix };
}
