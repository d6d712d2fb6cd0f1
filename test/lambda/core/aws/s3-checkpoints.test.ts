import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Checkpoints } from '../../../../lambda/core/aws/s3-checkpoints';
import { LocalHttpServer } from '../../../../local/http-server';
import { awsEnvironment } from '../../../../local/lambda/endpoints';
import { ObjectStore, createS3Handler } from '../../../../local/s3';

let folder: string;
let store: ObjectStore;
let server: LocalHttpServer;
const before = { ...process.env };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-s3-'));
  store = new ObjectStore(folder);
  server = new LocalHttpServer({ s3: createS3Handler(store) });
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
