// Run as a process of its own, to be killed: goes on with the study "killed" in the given folder, and prints what it
// found at its start and what the study is at its end, a JSON object a line.
import * as path from 'node:path';
import { LocalRuntime } from '../../local/runtime';
import { startExecution, trialsOf } from './small-study';

async function main(folder: string): Promise<void> {
  const runtime = await LocalRuntime.start({
    assembly: path.join(folder, 'cdk.out'),
    folder: path.join(folder, 'state'),
    sageMaker: { stopGraceSeconds: 1 },
  });
  console.log(JSON.stringify({ start: await trialsOf(runtime, 'killed') }));
  const executionArn = await startExecution(runtime, { study: 'killed' });
  const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
  console.log(
    JSON.stringify({ status, cause, result: JSON.parse(output ?? 'null'), end: await trialsOf(runtime, 'killed') }),
  );
  await runtime.close();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
