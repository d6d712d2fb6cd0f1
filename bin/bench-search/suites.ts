import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync } from 'node:fs';
import * as path from 'node:path';
import { BenchOptions } from './run-bench';

/** Their problems are formulas and tables; the others are neural networks and need a package that runs them. */
const SUITES_WITHOUT_PACKAGES = ['classic', 'tab'];

/** Its problems are learning curves: trials run on so many workers, and may be stopped or paused. */
const SUITE_OF_CURVES = 'mf-dev';

/** Runs the suites in each mode and prints the benchmark's own report. Runs that the folder has already are kept. */
export function runSuites(options: BenchOptions, folder: string, optimizer: string): void {
  const { suites, modes, workers, seeds, jobs, algo, algoOptions } = options;
  // runs that are kept must not be taken for those of other options.
  const name = options.name ?? [algo, ...(algoOptions.match(/[\w.]+/g) ?? [])].join('-');
  const bench = copyOf(options.bench, folder);
  if (suites.some((suite) => !SUITES_WITHOUT_PACKAGES.includes(suite))) installPackages(bench);
  const results = path.join(folder, 'results');
  const measured = ['--optimizer', absolute(optimizer), '--algo', algo, '--options', algoOptions, '--name', name];
  const how = ['--seeds', String(seeds), '--jobs', String(jobs), '--out', results];
  for (const suite of suites) {
    const variants =
      suite === SUITE_OF_CURVES
        ? workers.map((count) => ['--workers', String(count)])
        : modes.map((mode) => ['--mode', mode]);
    for (const variant of variants) run('node', ['run.mjs', ...measured, '--suite', suite, ...variant, ...how], bench);
  }
  run('node', ['report.mjs', '--dir', results, '--focus', name], bench);
  console.log(`results are in ${results}; --folder ${folder} goes on from there`);
}

/** The benchmark runs it in a folder of its own, so words that are files get their whole path. */
function absolute(command: string): string {
  const words = command.split(' ');
  return words.map((word) => (existsSync(word) ? path.resolve(word) : word)).join(' ');
}

/** @throws Error that says what is missing */
export function requireBench(bench: string): void {
  const source = path.resolve(bench);
  if (existsSync(path.join(source, 'run.mjs'))) return;
  throw new Error(`there is no benchmark at ${source} (no run.mjs): say where it is with --bench PATH`);
}

function copyOf(bench: string, folder: string): string {
  const copy = path.join(folder, 'bench');
  if (existsSync(copy)) return copy;
  cpSync(path.resolve(bench), copy, { recursive: true });
  // the original may be read-only; packages are installed into the copy.
  chmodSync(copy, 0o755);
  return copy;
}

function installPackages(bench: string): void {
  if (existsSync(path.join(bench, 'node_modules'))) return;
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], bench);
}

function run(command: string, args: string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`);
}
