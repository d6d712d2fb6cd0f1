import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalHttpServer } from '../../../local/http-server';
import { createS3Handler, ObjectStore, parseS3Uri } from '../../../local/s3';

let folder: string;
let store: ObjectStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-s3-'));
  store = new ObjectStore(join(folder, 's3'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('an object that was put is got, listed and exists', () => {
  store.put('s3://bucket/a/b.txt', 'hello');
  store.put('s3://bucket/a/c.txt', Buffer.from('there'));
  expect(store.get('s3://bucket/a/b.txt').toString()).toBe('hello');
  expect(store.exists('s3://bucket/a/b.txt')).toBe(true);
  expect(store.exists('s3://bucket/a')).toBe(false);
  expect(store.list('s3://bucket/a').map(({ key }) => key)).toEqual(['a/b.txt', 'a/c.txt']);
});

test('a prefix is the beginning of a key, not a folder', () => {
  store.put('s3://bucket/run-1/x', '1');
  store.put('s3://bucket/run-10/x', '2');
  expect(store.list('s3://bucket/run-1').map(({ key }) => key)).toEqual(['run-1/x', 'run-10/x']);
  expect(store.list('s3://bucket/run-1/').map(({ key }) => key)).toEqual(['run-1/x']);
  expect(store.list('s3://bucket').length).toBe(2);
  expect(store.list('s3://no-such-bucket/x')).toEqual([]);
});

test.each([
  's3://bucket/../../etc/passwd',
  's3://bucket/a/../../b',
  's3://../x',
  's3://bucket/a\\..\\b',
  's3://bucket//etc/passwd',
  's3://bucket/a\u0000b',
  's3://Bucket/key',
  'file:///etc/passwd',
  'https://example.com/bucket/key',
])('%j is refused', (uri) => {
  expect(() => store.put(uri, 'x')).toThrow(/S3/);
  expect(existsSync(join(folder, 'etc'))).toBe(false);
});

test('the https form that the CDK renders is the same place', () => {
  expect(parseS3Uri('https://s3.us-east-1.amazonaws.com/bucket/a/b')).toEqual({ bucket: 'bucket', key: 'a/b' });
  expect(parseS3Uri('https://bucket.s3.us-east-1.amazonaws.com/a/b')).toEqual({ bucket: 'bucket', key: 'a/b' });
});

describe('over HTTP', () => {
  let server: LocalHttpServer;
  let url: string;

  beforeEach(async () => {
    server = new LocalHttpServer({ s3: createS3Handler(store) });
    url = await server.start();
  });

  afterEach(() => server.close());

  test('puts, gets, heads and lists', async () => {
    expect((await fetch(`${url}/bucket/a/b.txt`, { method: 'PUT', body: 'hello' })).status).toBe(200);
    expect(await (await fetch(`${url}/bucket/a/b.txt`)).text()).toBe('hello');
    const head = await fetch(`${url}/bucket/a/b.txt`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '5']);
    const list = await (await fetch(`${url}/bucket?list-type=2&prefix=a/`)).text();
    expect(list).toContain('<Key>a/b.txt</Key>');
    expect((await fetch(`${url}/bucket/none`)).status).toBe(404);
  });

  test('deletes an object, also one that is not there, and no folder of objects', async () => {
    store.put('s3://bucket/a/b.txt', 'hello');
    const remove = async (key: string) => (await fetch(`${url}/bucket/${key}`, { method: 'DELETE' })).status;
    expect([await remove('a'), await remove('none'), store.exists('s3://bucket/a/b.txt')]).toEqual([204, 204, true]);
    expect([await remove('a/b.txt'), store.exists('s3://bucket/a/b.txt')]).toEqual([204, false]);
  });

  test('IfNoneMatch keeps an object that is there', async () => {
    const put = () => fetch(`${url}/bucket/once`, { method: 'PUT', body: 'x', headers: { 'if-none-match': '*' } });
    expect((await put()).status).toBe(200);
    expect((await put()).status).toBe(412);
  });

  test('an aws-chunked body is taken apart', async () => {
    const body = '5;chunk-signature=x\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
    const headers = { 'content-encoding': 'aws-chunked' };
    await fetch(`${url}/bucket/chunked`, { method: 'PUT', body, headers });
    expect(store.get('s3://bucket/chunked').toString()).toBe('hello');
  });

  test('an encoded way out of the bucket is refused', async () => {
    expect((await fetch(`${url}/bucket/..%2f..%2fetc%2fpasswd`)).status).toBe(400);
  });
});
