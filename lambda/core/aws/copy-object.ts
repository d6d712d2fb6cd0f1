import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';

/** What one request copies at most: https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html */
const MAX_BYTES_AT_ONCE = 5 * 1024 ** 3;

/** An object has at most 10,000 parts: with this size, 5 TB, which is what S3 takes. */
const PART_BYTES = 512 * 1024 ** 2;

/** Parts that are copied at the same time. */
const PARALLEL_PARTS = 8;

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
}

/** How large objects are taken apart. */
export interface CopyLimits {
  readonly maxBytesAtOnce: number;
  readonly partBytes: number;
}

/** Copies an object of any size inside S3. A copy that fails leaves nothing behind. */
export async function copyObject(
  s3: S3Client,
  source: CopySource,
  target: { readonly Bucket: string; readonly Key: string },
  { maxBytesAtOnce, partBytes }: CopyLimits = { maxBytesAtOnce: MAX_BYTES_AT_ONCE, partBytes: PART_BYTES },
): Promise<void> {
  const CopySource = `${source.bucket}/${source.key.split('/').map(encodeURIComponent).join('/')}`;
  if (source.bytes <= maxBytesAtOnce) {
    await s3.send(new CopyObjectCommand({ ...target, CopySource }));
    return;
  }
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  const upload = { ...target, UploadId };
  const count = Math.ceil(source.bytes / partBytes);
  const tags = new Array<string | undefined>(count);
  let next = 0;
  const copyNext = async (): Promise<void> => {
    for (let part = next++; part < count; part = next++) {
      const last = Math.min((part + 1) * partBytes, source.bytes) - 1;
      const CopySourceRange = `bytes=${part * partBytes}-${last}`;
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({ ...upload, PartNumber: part + 1, CopySource, CopySourceRange }),
      );
      tags[part] = CopyPartResult?.ETag;
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL_PARTS }, copyNext));
    const Parts = tags.map((ETag, part) => ({ ETag, PartNumber: part + 1 }));
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  } catch (error) {
    // no further part may begin; parts that were copied cost storage until the upload is aborted.
    next = count;
    await s3.send(new AbortMultipartUploadCommand(upload)).catch((abortError: Error) => {
      throw new Error(`${(error as Error).message}; and its parts stay: ${abortError.message}`, { cause: error });
    });
    throw error;
  }
}
