import { Command, InvalidArgumentError } from 'commander';
import { runBench } from './bench-search/run-bench';
import { positiveInteger } from './positive-integer';

function names(text: string): string[] {
  const list = text.split(',').filter((name) => name !== '');
  if (list.length === 0) throw new InvalidArgumentError('must be names with commas between them.');
  return list;
}

function positiveIntegers(text: string): number[] {
  return names(text).map(positiveInteger);
}

const program = new Command('npm run bench:search --')
  .description(
    'Measures the search on the benchmark problems of docs/search.md, or how long a suggestion takes. Bundles the ' +
      "working tree's ask/tell program; the benchmark is copied, so its folder stays as it is.",
  )
  .option('--suites <names>', 'problems: classic, tab, lcbench-dev, rpart; or mf-dev, learning curves', names, [
    'classic',
    'tab',
    'lcbench-dev',
    'rpart',
  ])
  .option('--modes <names>', 'seq: one trial after another; batch10: ten at a time', names, ['seq', 'batch10'])
  .option('--workers <numbers>', 'for mf-dev: trials that train at the same time', positiveIntegers, [1, 4])
  .option('--seeds <n>', 'runs of each problem', positiveInteger, 10)
  .option('--jobs <n>', 'runs at the same time', positiveInteger, 2)
  .option('--algo <name>', 'search algorithm', 'auto')
  .option('--algo-options <json>', 'options of the protocol, as \'{"scheduler":"asha"}\'; see docs/ask-tell.md', '{}')
  .option(
    '--optimizer <command>',
    'instead of ours: a program of the same protocol, as bin/bench-search/optuna_peer.py',
  )
  .option('--name <name>', 'the row of the report; default: the algorithm and its options')
  .option('--bench <path>', 'folder of the benchmark', '../shared/bench')
  .option('--folder <path>', 'where copy, bundle and results are kept, to go on later; default: a new temporary folder')
  .option('--latency', 'instead: time of ask + tell after many trials, and memory, on one core')
  .option('--latency-batch', 'instead: time of each of 100 suggestions that all run at the same time, on one core')
  .option('--noise', 'instead: the true value of the trial that looks best after 100 noisy results')
  .option('--trials <numbers>', 'trials before, for --latency and --latency-batch', positiveIntegers)
  .option('--suggestions <n>', 'suggestions to time, for --latency', positiveInteger, 50)
  .showHelpAfterError();

async function main(): Promise<void> {
  program.parse();
  await runBench(program.opts());
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
