import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  NoSuchUpload,
  S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { inParallel } from './in-parallel';

/** What one request copies at most: https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html */
const MAX_BYTES_AT_ONCE = 5 * 1024 ** 3;

/** An object has at most 10,000 parts: with this size, more than any object has. */
const PART_BYTES = 1024 ** 3;

/** Parts that are copied at the same time. */
const PARALLEL_PARTS = 6;

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  /** The version that is meant: the copy fails if the object has been written anew. */
  readonly tag: string | undefined;
}

/** How large objects are taken apart. */
export interface CopyLimits {
  readonly maxBytesAtOnce: number;
  readonly partBytes: number;
}

/** Copies an object of any size inside S3. Of a copy that fails, no parts stay that would cost storage. */
export async function copyObject(
  s3: S3Client,
  { bucket, key, bytes, tag }: CopySource,
  target: { readonly Bucket: string; readonly Key: string },
  { maxBytesAtOnce, partBytes }: CopyLimits = { maxBytesAtOnce: MAX_BYTES_AT_ONCE, partBytes: PART_BYTES },
): Promise<void> {
  const source = {
    CopySource: `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`,
    CopySourceIfMatch: tag,
  };
  if (bytes <= maxBytesAtOnce) {
    await s3.send(new CopyObjectCommand({ ...target, ...source }));
    return;
  }
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  const upload = { ...target, UploadId };
  const starts = Array.from({ length: Math.ceil(bytes / partBytes) }, (_, part) => part * partBytes);
  const tags: (string | undefined)[] = [];
  try {
    await inParallel(starts, PARALLEL_PARTS, async (start, part) => {
      const CopySourceRange = `bytes=${start}-${Math.min(start + partBytes, bytes) - 1}`;
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({ ...upload, ...source, PartNumber: part + 1, CopySourceRange }),
      );
      tags[part] = CopyPartResult?.ETag;
    });
    const Parts = tags.map((ETag, part) => ({ ETag, PartNumber: part + 1 }));
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  } catch (error) {
    await s3.send(new AbortMultipartUploadCommand(upload)).catch((abortError: Error) => {
      // it was completed, but the answer got lost: nothing is left to abort.
      if (abortError instanceof NoSuchUpload) return;
      throw new Error(`${(error as Error).message}; and its parts stay: ${abortError.message}`, { cause: error });
    });
    throw error;
  }
}
