import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { MultipartCopies, tagOf } from './multipart-copy';
import type { AssetPublisher } from './asset-publisher';
import type { ObjectStore } from './object-store';

/** Answers one request of S3's protocol, path style; the body has been read. */
export type S3Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

const XML_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/**
 * The calls that reading and writing checkpoints and reports takes: Get, Put, Copy, also in parts, Head, Delete and
 * ListObjectsV2.
 */
export function createS3Handler(
  store: ObjectStore,
  assets?: AssetPublisher,
  copies = new MultipartCopies(store),
): S3Handler {
  return (request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const fail = (status: number, code: string, message: string) => {
      const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escape(message)}</Message></Error>`;
      response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(request.method === 'HEAD' ? undefined : xml);
    };
    try {
      const [bucket, ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent);
      const key = rest.join('/');
      const uri = `s3://${bucket}/${key}`;
      if (request.method === 'GET' || request.method === 'HEAD') {
        assets?.publish(bucket, key === '' ? (url.searchParams.get('prefix') ?? '') : key);
      }
      if (url.searchParams.has('uploads') || url.searchParams.has('uploadId')) {
        copyInParts(copies, request, url.searchParams, uri, body, response);
      } else if (request.method === 'GET' && key === '') {
        list(store, bucket, url.searchParams, response);
      } else if (request.method === 'GET' || request.method === 'HEAD') {
        const stats = store.stat(uri);
        if (stats === undefined) {
          fail(404, 'NoSuchKey', 'The specified key does not exist.');
          return;
        }
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-length': stats.size,
          'last-modified': stats.mtime.toUTCString(),
        });
        response.end(request.method === 'GET' ? store.get(uri) : undefined);
      } else if (request.method === 'PUT' && key !== '') {
        if (request.headers['if-none-match'] === '*' && store.exists(uri)) {
          fail(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
          return;
        }
        const source = request.headers['x-amz-copy-source'];
        if (source !== undefined) {
          copy(store, String(source), uri, response, fail);
          return;
        }
        const content = isChunked(request) ? decodeChunks(body) : body;
        store.put(uri, content);
        const digest = createHash('md5').update(content).digest('hex');
        response.writeHead(200, { etag: `"${digest}"`, 'content-length': 0 }).end();
      } else if (request.method === 'DELETE' && key !== '') {
        // as S3: also for an object that isn't there.
        if (store.exists(uri)) store.delete(uri);
        response.writeHead(204).end();
      } else {
        fail(501, 'NotImplemented', `The local S3 knows no ${request.method} of ${url.pathname}.`);
      }
    } catch (error) {
      fail(400, 'InvalidRequest', (error as Error).message);
    }
  };
}

/** CopyObject. */
function copy(
  store: ObjectStore,
  source: string,
  uri: string,
  response: ServerResponse,
  fail: (status: number, code: string, message: string) => void,
): void {
  const from = sourceUri(source);
  if (!store.exists(from)) {
    fail(404, 'NoSuchKey', 'The specified key does not exist.');
    return;
  }
  store.put(uri, { file: store.pathOf(from) });
  const { mtime } = store.stat(uri)!;
  const digest = createHash('md5').update(store.get(uri)).digest('hex');
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?><CopyObjectResult xmlns="${XML_NAMESPACE}">` +
    `<LastModified>${mtime.toISOString()}</LastModified><ETag>&quot;${digest}&quot;</ETag></CopyObjectResult>`;
  response.writeHead(200, { 'content-type': 'application/xml' }).end(xml);
}

/** CreateMultipartUpload, UploadPartCopy, CompleteMultipartUpload and AbortMultipartUpload. */
function copyInParts(
  copies: MultipartCopies,
  { method, headers }: IncomingMessage,
  query: URLSearchParams,
  uri: string,
  body: Buffer,
  response: ServerResponse,
): void {
  const id = query.get('uploadId') ?? '';
  const answer = (name: string, content: string) =>
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="${XML_NAMESPACE}">${content}</${name}>`);
  if (method === 'POST' && query.has('uploads')) {
    answer('InitiateMultipartUploadResult', `<UploadId>${copies.create(uri)}</UploadId>`);
  } else if (method === 'POST') {
    copies.complete(id, listedParts(body.toString('utf8')));
    answer('CompleteMultipartUploadResult', '<ETag>&quot;whole&quot;</ETag>');
  } else if (method === 'PUT' && headers['x-amz-copy-source'] !== undefined) {
    const part = Number(query.get('partNumber'));
    const range = String(headers['x-amz-copy-source-range']);
    copies.copyPart(id, part, sourceUri(String(headers['x-amz-copy-source'])), range);
    answer('CopyPartResult', `<ETag>${escape(tagOf(part))}</ETag>`);
  } else if (method === 'DELETE') {
    copies.abort(id);
    response.writeHead(204).end();
  } else {
    throw new Error(`the local S3 takes parts only as copies, and knows no ${method} of them.`);
  }
}

function listedParts(xml: string): [number, string][] {
  return [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part]) => [
    Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    (/<ETag>(.*?)</.exec(part)?.[1] ?? '').replaceAll('&quot;', '"'),
  ]);
}

/** The source of a copy is named `bucket/key`, URL-encoded. */
function sourceUri(source: string): string {
  return `s3://${decodeURIComponent(source.replace(/^\//, ''))}`;
}

function list(store: ObjectStore, bucket: string, query: URLSearchParams, response: ServerResponse): void {
  const prefix = query.get('prefix') ?? '';
  const limit = Math.min(Math.max(Number(query.get('max-keys') ?? 1000) || 0, 1), 1000);
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const all = store.list(`s3://${bucket}/${prefix}`).filter(({ key }) => key > after);
  const page = all.slice(0, limit);
  const contents = page.map(
    ({ key, size, lastModified }) =>
      `<Contents><Key>${escape(key)}</Key><Size>${size}</Size>` +
      `<LastModified>${lastModified.toISOString()}</LastModified><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const next = all.length > limit ? escape(page[page.length - 1].key) : undefined;
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="${XML_NAMESPACE}"><Name>${escape(bucket)}</Name>` +
    `<Prefix>${escape(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys>` +
    `<IsTruncated>${next !== undefined}</IsTruncated>` +
    (next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`) +
    `${contents.join('')}</ListBucketResult>`;
  response.writeHead(200, { 'content-type': 'application/xml' }).end(xml);
}

function isChunked(request: IncomingMessage): boolean {
  return String(request.headers['content-encoding'] ?? '').includes('aws-chunked');
}

/** Takes the AWS chunks apart that newer SDKs frame a body in: `<hex size>[;signature]\r\n<bytes>\r\n`. */
function decodeChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    const size = end < 0 ? NaN : parseInt(body.toString('latin1', at, end), 16);
    if (!(size >= 0) || end + 2 + size > body.length) throw new Error('the aws-chunked body is not well formed.');
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
