import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { printLatency } from './latency';
import { printNoise } from './noise';
import { requireBench, runSuites } from './suites';

export interface BenchOptions {
  readonly suites: string[];
  readonly modes: string[];
  readonly workers: number[];
  readonly algoOptions: string;
  readonly seeds: number;
  readonly jobs: number;
  readonly algo: string;
  /** Command of the program that is measured in place of ours. */
  readonly optimizer?: string;
  readonly name?: string;
  readonly bench: string;
  readonly folder?: string;
  readonly latency?: boolean;
  readonly latencyBatch?: boolean;
  readonly noise?: boolean;
  readonly trials?: number[];
  readonly suggestions: number;
}

export async function runBench(options: BenchOptions): Promise<void> {
  const needsBench = !(options.latency || options.latencyBatch || options.noise);
  if (needsBench) requireBench(options.bench);
  const folder = path.resolve(options.folder ?? mkdtempSync(path.join(tmpdir(), 'cdk-hpo-bench-')));
  mkdirSync(folder, { recursive: true });
  const askTell = path.join(folder, 'ask-tell.cjs');
  buildSync({
    entryPoints: [path.join(__dirname, '../ask-tell.ts')],
    outfile: askTell,
    bundle: true,
    platform: 'node',
    logLevel: 'warning',
  });
  const { algo, suggestions } = options;
  if (options.latency) {
    for (const trials of options.trials ?? [1_000, 10_000]) {
      await printLatency({ askTell, algo, trials, suggestions, parallel: 1 });
    }
  }
  if (options.latencyBatch) {
    for (const trials of options.trials ?? [100, 1_000]) {
      await printLatency({ askTell, algo, trials, suggestions: 100, parallel: 100 });
    }
  }
  if (options.noise) await printNoise(askTell, algo, options.seeds);
  if (needsBench) runSuites(options, folder, options.optimizer ?? `node ${askTell}`);
}
