import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Checkpoints } from '../../../../lambda/core/aws/s3-checkpoints';
import { LocalHttpServer } from '../../../../local/http-server';
import { awsEnvironment } from '../../../../local/lambda/endpoints';
import { MultipartCopies, ObjectStore, createS3Handler } from '../../../../local/s3';

let folder: string;
let store: ObjectStore;
let copies: MultipartCopies;
let server: LocalHttpServer;
const before = { ...process.env };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-s3-'));
  store = new ObjectStore(folder);
  copies = new MultipartCopies(store);
  server = new LocalHttpServer({ s3: createS3Handler(store, undefined, copies) });
  Object.assign(process.env, awsEnvironment({ s3: await server.start() }, 'us-east-1'));
});
afterAll(async () => {
  process.env = before;
  await server.close();
  rmSync(folder, { recursive: true });
});

test('there are checkpoints where there is anything under the prefix', async () => {
  const checkpoints = new S3Checkpoints();
  store.put('s3://bucket/study/11/state.json', 'x');
  expect(await checkpoints.exist('s3://bucket/study/11/')).toBe(true);
  // the slash at the end keeps trial 1 and trial 11 apart.
  expect(await checkpoints.exist('s3://bucket/study/1/')).toBe(false);
});

test('what a training job was still writing when it ended is no checkpoint, and is not copied', async () => {
  const checkpoints = new S3Checkpoints();
  store.put('s3://bucket/drafts/1/.writing-17-ab/state.json', 'half of it');
  expect(await checkpoints.exist('s3://bucket/drafts/1/')).toBe(false);
  store.put('s3://bucket/drafts/1/resource-3-save-1/state.json', 'whole');
  expect(await checkpoints.exist('s3://bucket/drafts/1/')).toBe(true);
  await checkpoints.copy('s3://bucket/drafts/1/', 's3://bucket/drafts/2/');
  expect(store.list('s3://bucket/drafts/2/').map(({ key }) => key)).toEqual(['drafts/2/resource-3-save-1/state.json']);
});

test.each([
  ['a multiple of the part', '123456789'],
  ['not a multiple of the part', '1234567890'],
  ['just too large for one request', '12345'],
])('an object that one request can not copy is copied in parts: %s', async (_, content) => {
  store.put('s3://bucket/large/1/model.bin', content);
  const checkpoints = new S3Checkpoints({ maxBytesAtOnce: 4, partBytes: 3 });
  await checkpoints.copy('s3://bucket/large/1/', 's3://bucket/large/2/');
  expect(store.get('s3://bucket/large/2/model.bin').toString()).toBe(content);
  expect(copies.open).toBe(0);
});

test('a copy that was cut off goes on: what is there in its size stays as it is', async () => {
  const checkpoints = new S3Checkpoints();
  store.put('s3://bucket/cut/1/a', 'old');
  store.put('s3://bucket/cut/1/b', 'whole');
  store.put('s3://bucket/cut/2/a', 'new');
  store.put('s3://bucket/cut/2/b', 'half');
  await checkpoints.copy('s3://bucket/cut/1/', 's3://bucket/cut/2/');
  expect(store.get('s3://bucket/cut/2/a').toString()).toBe('new');
  expect(store.get('s3://bucket/cut/2/b').toString()).toBe('whole');
});

test('a copy in parts that fails leaves neither an object nor parts, and says why', async () => {
  const failing = jest.spyOn(copies, 'copyPart').mockImplementation((_, part) => {
    if (part === 2) throw new Error('the source has gone');
  });
  store.put('s3://bucket/large/3/model.bin', '1234567890');
  const copy = new S3Checkpoints({ maxBytesAtOnce: 4, partBytes: 3 }).copy(
    's3://bucket/large/3/',
    's3://bucket/large/4/',
  );
  await expect(copy).rejects.toThrow('the source has gone');
  failing.mockRestore();
  expect(store.exists('s3://bucket/large/4/model.bin')).toBe(false);
  expect(copies.open).toBe(0);
});

test('all of a prefix is copied, names that need encoding and more than one page included', async () => {
  const checkpoints = new S3Checkpoints();
  const names = ['a b/ü+%.bin', 'deep/er/state', ...Array.from({ length: 1010 }, (_, i) => `shard-${i}`)];
  for (const name of names) store.put(`s3://bucket/from/1/${name}`, name);
  await checkpoints.copy('s3://bucket/from/1/', 's3://bucket/to/2/');
  expect(store.list('s3://bucket/to/2/')).toHaveLength(names.length);
  for (const name of names.slice(0, 5)) expect(store.get(`s3://bucket/to/2/${name}`).toString()).toBe(name);
});

test('a bucket that does not answer is an error with a name', async () => {
  await expect(new S3Checkpoints().exist('s3://Not A Bucket/x/')).rejects.toThrow();
});
