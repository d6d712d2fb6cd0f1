import './demo/quiet-sdk';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { spareShims } from './bench-cluster/interpreter';
import { ClusterBenchOptions, ClusterBenchResult, measureCluster } from './bench-cluster/measure';
import { positiveInteger } from './positive-integer';

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

const program = new Command('npm run bench:cluster --')
  .description(
    'Measures a training cluster of the local runtime: how much of the time its slots train, and how long one takes ' +
      'from the end of a trial to the start of the next..',
  )
  .option('--trials <n>', 'trials of each study', positiveInteger, 200)
  .option('--seconds <n>', 'how long a trial sleeps', positiveNumber, 1)
  .option('--hosts <n>', 'hosts of the cluster', positiveInteger, 2)
  .option('--slots <n>', 'trials at the same time on each host', positiveInteger, 4)
  .option('--search <name>', 'random, or default; without it both, one after the other')
  .option('--show-lines', 'print what the hosts have printed')
  .showHelpAfterError();

interface Options extends Omit<ClusterBenchOptions, 'search' | 'folder'> {
  readonly search?: string;
  readonly showLines?: boolean;
}

async function main(): Promise<void> {
  program.parse();
  spareShims();
  const { search, showLines, ...options } = program.opts<Options>();
  const searches = [search ?? ['random', 'default']].flat();
  if (searches.some((name) => name !== 'random' && name !== 'default')) {
    throw new Error('--search must be random or default');
  }
  console.log(`${options.trials} trials of ${options.seconds} s, ${options.hosts} hosts of ${options.slots} slots`);
  for (const name of searches) {
    const folder = mkdtempSync(path.join(tmpdir(), 'cdk-hpo-bench-'));
    try {
      const load = () => `${loadavg()[0].toFixed(1)} on ${cpus().length} CPUs`;
      const before = load();
      const result = await measureCluster({ ...options, search: name === 'random' ? 'random' : null, folder });
      if (showLines) console.log(result.lines.join('\n'));
      console.log(`\n${name} search (load before ${before}, after ${load()})`);
      print(result);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function print({ status, cause, trials, times, busy, gaps, overheads, calls }: ClusterBenchResult): void {
  const completed = trials.filter(({ state }) => state === 'COMPLETED').length;
  console.log(
    `  study                    ${status}${cause === undefined ? '' : `: ${cause}`}, ${completed} trials completed`,
  );
  if (times.length === 0) return;
  console.log(`  busy share               ${(busy * 100).toFixed(1)} %`);
  console.log(`  orchestration per trial  ${quantiles(gaps)}`);
  console.log(`  a trial beyond its sleep ${quantiles(overheads)}`);
  const text = Object.entries(calls).map(([name, count]) => `${name} ${count.toFixed(2)}`);
  console.log(`  calls per trial          ${text.join(', ')}`);
}

function quantiles(seconds: readonly number[]): string {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] * 1000)} ms`;
  return sorted.length === 0 ? 'none' : `median ${at(0.5)}, 90 % within ${at(0.9)}, longest ${at(1)}`;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
