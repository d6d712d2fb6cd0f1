import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Way } from '../../bin/digits-ways';
import { PYTHON } from '../client/processes';
import { temporaryFolder } from '../end-to-end/small-study';

const ROOT = join(__dirname, '../..');
const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
const run = promisify(execFile);

/** As `npm run demo` does. The way of training jobs runs in .ci/run. */
function demo(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [TSX, 'bin/demo.ts', ...args], { cwd: ROOT });
}

/** Workers are programs in Python. */
const ways: Way[] = PYTHON ? ['training-cluster', 'batch', 'managed-tuning'] : ['managed-tuning'];

test.each<Way>(ways)(
  'the demo runs in the way %s',
  async (way) => {
    const { stdout, stderr } = await demo('--way', way, '--trials', '3', '--folder', temporaryFolder(), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ status: 'SUCCEEDED', trials: 3, best: { value: expect.any(Number) } });
    expect(stderr).toContain(`npx cdk deploy -c way=${way}`);
    expect(stderr).toContain(`npm run demo -- --way ${way} --study digits-`);
  },
  240_000,
);

test.each([
  [
    ['--way', 'cluster'],
    /'--way <way>' argument 'cluster' is invalid. Allowed choices are training-jobs, training-clu/,
  ],
  [['--way', 'batch', '--docker'], /--docker runs training jobs only: leave out --way/],
  [['--trials', '0'], /'--trials <n>' argument '0' is invalid/],
])('%j is refused', async (args, message) => {
  await expect(demo(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
});
