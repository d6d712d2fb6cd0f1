import './demo/quiet-sdk';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { format, resolveConfig } from 'prettier';
import { withMeasured } from './four-ways/page';
import { report } from './four-ways/report';
import { positiveInteger } from './positive-integer';

const PAGE = path.join(__dirname, '..', 'docs', 'four-ways.md');

function minutes(text: string): number[] {
  const list = text.split(',').map(Number);
  if (list.some((value) => !(value > 0))) throw new InvalidArgumentError('must be minutes with commas between them.');
  return list;
}

const program = new Command('npm run four-ways --')
  .description(
    'Simulates one study in each of the ways to run its trials, from synthesized stacks on the virtual clock, and writes what ' +
      'they take into docs/four-ways.md.',
  )
  .option('--trials <n>', 'trials of the study', positiveInteger, 64)
  .option('--parallel <n>', 'trials at the same time', positiveInteger, 8)
  .option('--lengths <minutes>', 'how long trials take', minutes, [1, 10, 60])
  .option('--break-even <minutes>', 'lengths between which the break-even is looked for', minutes, [1, 10, 60])
  .option('--print', 'print the tables, and leave the page as it is')
  .showHelpAfterError();

interface Options {
  readonly trials: number;
  readonly parallel: number;
  readonly lengths: number[];
  readonly breakEven: number[];
  readonly print?: boolean;
}

async function main(): Promise<void> {
  program.parse();
  const { trials, parallel, lengths, breakEven, print } = program.opts<Options>();
  const text = await report({
    shape: { trials, parallel },
    lengths,
    breakEvenLengths: breakEven,
    onProgress: (line) => console.error(line),
  });
  if (print) {
    console.log(text);
  } else {
    const page = withMeasured(readFileSync(PAGE, 'utf8'), text, PAGE);
    writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
