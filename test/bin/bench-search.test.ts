import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';

const ROOT = path.join(__dirname, '..', '..');
const BENCH = path.join(ROOT, '..', 'shared', 'bench');
const withBench = existsSync(path.join(BENCH, 'run.mjs')) ? test : test.skip;

const folder = mkdtempSync(path.join(tmpdir(), 'cdk-hpo-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command as `npm run bench:search` does. */
async function bench(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('npx', ['tsx', 'bin/bench-search.ts', ...args], { cwd: ROOT });
  return stdout;
}

const ONE_SEED = ['--suites', 'classic', '--modes', 'seq', '--seeds', '1', '--folder', folder, '--bench', BENCH];

withBench('ours and another program of the protocol stand beside each other in the report', async () => {
  await bench(...ONE_SEED, '--algo', 'random', '--name', 'ours');
  const other = 'node ../shared/bench/examples/random.mjs';
  const report = await bench(...ONE_SEED, '--optimizer', other, '--name', 'another');
  expect(report).toMatch(/^another classic seq: \d+ runs \(0 kept\).*failures 0/m);
  expect(report).toMatch(/^\| ours \| 1 \|/m);
  expect(report).toMatch(/^\| \*\*another\*\* \| 1 \|/m);
});

test('a benchmark that is not there is named', async () => {
  await expect(bench('--bench', path.join(folder, 'none'))).rejects.toMatchObject({
    stderr: expect.stringContaining(`there is no benchmark at ${path.join(folder, 'none')}`),
  });
});
