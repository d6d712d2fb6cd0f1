import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const SOURCES = ['bin', 'client', 'lambda', 'lib', 'package.json'];

let folders: string[];
let results: Record<string, string>[];

/** Two copies of the sources at paths of different lengths, each bundled for itself. */
beforeAll(async () => {
  folders = ['cdk-hpo-a-', 'cdk-hpo-somewhere-else-'].map((prefix) => mkdtempSync(join(tmpdir(), prefix)));
  results = await Promise.all(folders.map(bundle));
});

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

async function bundle(folder: string): Promise<Record<string, string>> {
  for (const name of SOURCES) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter: (source) => basename(source) !== 'dist' });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await promisify(execFile)(process.execPath, ['bin/bundle.mjs'], { cwd: folder });
  return hashes(folder);
}

/** The worker's package, as it is bundled for machines of one's own and for containers. */
function workerFiles(kind: string): string[] {
  return readdirSync(join(ROOT, 'client/python/cdk_hpo_worker'))
    .filter((file) => file.endsWith('.py'))
    .sort()
    .map((file) => `client/dist/${kind}/cdk_hpo_worker/${file}`);
}

function hashes(folder: string): Record<string, string> {
  const files = ['lambda/dist', 'client/dist'].flatMap((dist) =>
    (readdirSync(join(folder, dist), { recursive: true }) as string[]).map((file) => join(dist, file)),
  );
  return Object.fromEntries(
    files
      .filter((file) => statSync(join(folder, file)).isFile())
      .sort()
      .map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex'),
      ]),
  );
}

test('the same sources give the same bytes, wherever they lie', () => {
  expect(results[0]).toEqual(results[1]);
});

test('bundles each step, the clients and the entry points', () => {
  expect(Object.keys(results[0]!)).toEqual([
    'client/dist/entry/node-entry.mjs',
    'client/dist/entry/python_entry.py',
    'client/dist/node/cdk-hpo.mjs',
    'client/dist/python/cdk_hpo.py',
    ...workerFiles('python'),
    'client/dist/python/pyproject.toml',
    ...workerFiles('worker'),
    ...[
      'finish-study',
      'next-trial',
      'open-study',
      'plan-round',
      'record-trial',
      'report-log',
      'report',
      'review-round',
      'stop-study',
      'worker',
    ].map((step) => `lambda/dist/${step}/index.js`),
  ]);
});

test('bundles hold no absolute path of the machine that built them', () => {
  for (const file of Object.keys(results[0]!)) {
    const text = readFileSync(join(folders[0]!, file), 'utf8');
    // node_modules is a link here, so its modules have names such as ../../ROOT/node_modules/...
    const absolute = [folders[0]!, `"${ROOT}`, `'${ROOT}`, `\`${ROOT}`, `//${ROOT}`].filter((path) =>
      text.includes(path),
    );
    expect([file, absolute]).toEqual([file, []]);
  }
});

test('a step is small enough to start fast', () => {
  for (const file of Object.keys(results[0]!).filter((name) => name.startsWith('lambda/'))) {
    expect([file, statSync(join(folders[0]!, file)).size < 2_900_000]).toEqual([file, true]);
  }
});
