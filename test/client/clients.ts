import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, Finished, PYTHON, ROOT, run } from './processes';

/** The credential in the environment of `studyEnvironment`. */
export const TOKEN = 'secret-of-this-attempt';

/** The lines of one program for either client. */
export interface Program {
  readonly python: string;
  readonly node: string;
}

export interface Client {
  readonly name: 'node' | 'python';
  /** Turns a program's lines into a command. The client is called `hpo` in them. */
  command(program: Program): string[];
}

/** Puts both clients into a folder, as a training program finds them beside itself. */
export function installClients(folder: string): void {
  copyFileSync(join(ROOT, 'client/python/cdk_hpo.py'), join(folder, 'cdk_hpo.py'));
  bundle('client/node/index.ts', join(folder, 'cdk-hpo.mjs'));
}

/** The clients that can be tested on this machine, their programs in the folder. */
export function clientsIn(folder: string): Client[] {
  const node: Client = {
    name: 'node',
    command: (program) => {
      const file = join(folder, `program-${Math.random()}.mjs`);
      writeFileSync(file, `import * as hpo from './cdk-hpo.mjs';\n${program.node}\n`);
      return [process.execPath, file];
    },
  };
  const interpreter = PYTHON;
  if (!interpreter) {
    test.skip('python client: no python3 on this machine', () => undefined);
    return [node];
  }
  const python: Client = {
    name: 'python',
    command: (program) => {
      const file = join(folder, `program-${Math.random()}.py`);
      writeFileSync(file, `import math, cdk_hpo as hpo\n${program.python}\n`);
      return [interpreter, file];
    },
  };
  return [node, python];
}

/** What the state machine gives a training job. */
export function studyEnvironment(endpoint: string): Record<string, string> {
  return {
    CDK_HPO_STUDY: 'my-study',
    CDK_HPO_TRIAL: '7',
    CDK_HPO_ATTEMPT: '2',
    CDK_HPO_TOKEN: TOKEN,
    CDK_HPO_REPORT_FUNCTION: 'arn:aws:lambda:eu-west-1:111122223333:function:Report',
    CDK_HPO_OBJECTIVE: 'accuracy',
    AWS_ENDPOINT_URL_LAMBDA: endpoint,
    // a proxy that answers nobody: calls to loopback must not go through it.
    http_proxy: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
  };
}

/**
 * Runs a Python program with fake modules of frameworks, which this machine need not have.
 *
 * @param folder where the clients are installed
 */
export function runWithModules(
  folder: string,
  modules: Record<string, string>,
  lines: string[],
  env: Record<string, string>,
): Promise<Finished> {
  const home = mkdtempSync(join(folder, 'modules-'));
  for (const [path, text] of Object.entries(modules)) {
    mkdirSync(join(home, path, '..'), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  writeFileSync(join(home, 'program.py'), ['import cdk_hpo', ...lines, ''].join('\n'));
  return run([PYTHON as string, join(home, 'program.py')], { ...env, PYTHONPATH: folder });
}
