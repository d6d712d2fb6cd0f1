import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  NoSuchUpload,
  S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { copyObject } from '../../../../lambda/core/aws/copy-object';

type Command = { readonly input: Record<string, unknown> };

/** Takes commands and answers them; an error is thrown. */
class Requests {
  readonly sent: Command[] = [];

  constructor(private readonly answer: (command: Command) => unknown) {}

  get client(): S3Client {
    const send = async (command: Command) => {
      this.sent.push(command);
      const answer = await this.answer(command);
      if (answer instanceof Error) throw answer;
      return answer ?? {};
    };
    return { send } as unknown as S3Client;
  }

  of(type: new (input: never) => unknown): Record<string, unknown>[] {
    return this.sent.filter((command) => command instanceof type).map(({ input }) => input);
  }
}

const SOURCE = { bucket: 'from', key: 'a b/model.bin', bytes: 10, tag: '"v1"' };
const TARGET = { Bucket: 'to', Key: 'model.bin' };
const LIMITS = { maxBytesAtOnce: 4, partBytes: 4 };

const parts = (command: Command) =>
  command instanceof CreateMultipartUploadCommand
    ? { UploadId: 'u' }
    : command instanceof UploadPartCopyCommand
      ? { CopyPartResult: { ETag: `"p${command.input.PartNumber}"` } }
      : {};

test('a small object is copied by one request, of the version that was listed', async () => {
  const requests = new Requests(() => ({}));
  await copyObject(requests.client, { ...SOURCE, bytes: 4 }, TARGET, LIMITS);
  expect(requests.of(CopyObjectCommand)).toEqual([
    { ...TARGET, CopySource: 'from/a%20b/model.bin', CopySourceIfMatch: '"v1"' },
  ]);
  expect(requests.sent).toHaveLength(1);
});

test('of a large object each part is of the version that was listed, and the parts are joined in their order', async () => {
  const requests = new Requests(parts);
  await copyObject(requests.client, SOURCE, TARGET, LIMITS);
  const copied = requests.of(UploadPartCopyCommand);
  expect(copied.map(({ CopySourceRange }) => CopySourceRange).sort()).toEqual(['bytes=0-3', 'bytes=4-7', 'bytes=8-9']);
  copied.forEach((input) => expect(input).toMatchObject({ UploadId: 'u', CopySourceIfMatch: '"v1"' }));
  expect(requests.of(CompleteMultipartUploadCommand)).toEqual([
    {
      ...TARGET,
      UploadId: 'u',
      MultipartUpload: { Parts: [1, 2, 3].map((PartNumber) => ({ ETag: `"p${PartNumber}"`, PartNumber })) },
    },
  ]);
});

test('nothing is aborted while a part is still being copied', async () => {
  let finish: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (finish = resolve));
  const requests = new Requests((command) => {
    if (!(command instanceof UploadPartCopyCommand)) return parts(command);
    return command.input.PartNumber === 1 ? new Error('denied') : slow.then(() => ({}));
  });
  const copy = copyObject(requests.client, SOURCE, TARGET, LIMITS);
  await new Promise((resolve) => setImmediate(resolve));
  expect(requests.of(AbortMultipartUploadCommand)).toHaveLength(0);
  finish();
  await expect(copy).rejects.toThrow('denied');
  expect(requests.of(AbortMultipartUploadCommand)).toEqual([{ ...TARGET, UploadId: 'u' }]);
});

test.each([
  [
    'an upload that was completed after all leaves nothing to abort',
    new NoSuchUpload({ message: 'gone', $metadata: {} }),
    /^lost$/,
  ],
  ['parts that stay are told of', new Error('denied'), /^lost; and its parts stay: denied$/],
])('%s', async (_, ofAbort, message) => {
  const requests = new Requests((command) => {
    if (command instanceof CompleteMultipartUploadCommand) return new Error('lost');
    return command instanceof AbortMultipartUploadCommand ? ofAbort : parts(command);
  });
  await expect(copyObject(requests.client, SOURCE, TARGET, LIMITS)).rejects.toThrow(message);
});
