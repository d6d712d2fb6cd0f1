import './demo/quiet-sdk';
import { Command, InvalidArgumentError, Option } from 'commander';
import { FaultPlan, parseFaultPlan } from '../local/faults';
import { faultTable } from './demo/faults';
import { runDemo } from './demo/run-demo';
import { WAYS } from './digits-ways';
import { positiveInteger } from './positive-integer';

function addFault(text: string, earlier: FaultPlan[] = []): FaultPlan[] {
  if (text === 'list') {
    console.log(faultTable());
    process.exit(0);
  }
  try {
    return [...earlier, parseFaultPlan(text)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

const program = new Command('npm run demo --')
  .description(
    'Tunes a classifier of handwritten digits on this machine, without AWS: the synthesized state machine and Lambda ' +
      'bundles run in the local runtime, and each training job is a process.',
  )
  .addOption(
    new Option('--way <way>', 'how the trials run; training-cluster and batch need Python 3.8 or newer')
      .choices(WAYS)
      .default('training-jobs'),
  )
  .option('--study <name>', 'name of the study; a study that was interrupted goes on where it was')
  .option('--trials <n>', 'trials of the study', positiveInteger)
  .option('--parallel <n>', 'trials that train at the same time', positiveInteger)
  .option('--seed <n>', 'seed of the search', positiveInteger)
  .option('--docker', "run each training job in the stack's own image; needs Docker, and pulls several gigabytes")
  .option(
    '--fault <name>',
    'lets something go wrong; give it again for more. "list" shows the names; NAME,call=2,times=3,job=TEXT says which ' +
      'call or job, and how many',
    addFault,
  )
  .option('--folder <path>', 'where all state is kept (default: .cdk-hpo/demo, or .cdk-hpo/demo-WAY)')
  .option('--json', 'print the result as one JSON object on the last line; progress goes to stderr')
  .showHelpAfterError();

async function main(): Promise<void> {
  program.parse();
  process.exitCode = await runDemo(program.opts());
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
