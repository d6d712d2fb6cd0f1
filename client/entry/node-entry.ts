/**
 * The entry point of script mode for Node: runs a user's program inside any image that has Node 18 or newer. What it
 * does is described in python_entry.py, its twin.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { unzipSync } from 'fflate';
import { baseDir, hyperparameters as typedHyperparameters } from '../node/training-job';

/** SageMaker shows the first 1024 characters of the failure file; an error says at its end what went wrong. */
const FAILURE_LENGTH = 1024;
const TAIL_BYTES = 8192;
const OWN_CHANNEL_PREFIX = 'cdk_hpo_';
const PROGRAM_EXTENSIONS = ['.mjs', '.cjs', '.js'];
/** What SageMaker's training toolkit and automatic model tuning put among the hyperparameters. */
const SAGEMAKERS_OWN = /^(sagemaker_|_tuning_objective_metric$)/;

/** Something about the job's set-up is wrong, and the message says what to do. */
class EntryError extends Error {}

interface ResourceConfig {
  readonly hosts?: string[];
  readonly current_host?: string;
  readonly network_interface_name?: string;
}

function main(): number | Promise<number> {
  const base = baseDir();
  let program: string;
  let file: string;
  let code: string;
  let args: string[];
  let environment: Record<string, string>;
  try {
    program = process.env.CDK_HPO_PROGRAM ?? '';
    if (!program) {
      throw new EntryError('CDK_HPO_PROGRAM is not set: it names the program inside the zip, such as train.mjs');
    }
    const hyperparameters = readHyperparameters(base);
    code = unpack(findZip(base), codeFolder(base));
    file = findProgram(code, program);
    args = commandLine(hyperparameters);
    environment = trainingEnvironment(base, code, program, hyperparameters);
  } catch (error) {
    if (!(error instanceof EntryError)) {
      throw error;
    }
    process.stderr.write(`cdk-hpo: ${error.message}\n`);
    writeFailure(base, `cdk-hpo: ${error.message}`);
    return 1;
  }
  return run([file, ...args], code, { ...process.env, ...environment }, base, program);
}

function readJson(file: string): unknown {
  if (!fs.existsSync(file)) {
    return undefined;
  }
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new EntryError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readHyperparameters(base: string): Map<string, string> {
  const file = path.join(base, 'input', 'config', 'hyperparameters.json');
  const values = readJson(file) ?? {};
  if (!isObject(values)) {
    throw new EntryError(`${file} must hold an object of names to strings, got ${JSON.stringify(values)}`);
  }
  const own = Object.entries(values).filter(([name]) => !SAGEMAKERS_OWN.test(name));
  const entries = own.map(([name, value]): [string, string] => [name, plain(value)]);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The text of a hyperparameter. SageMaker's own SDK puts strings into one more pair of quotes. */
function plain(value: unknown): string {
  if (typeof value !== 'string') {
    return JSON.stringify(value);
  }
  if (value.length >= 2 && value.startsWith('"') && value.endsWith('"')) {
    try {
      return JSON.parse(value) as string;
    } catch {
      return value;
    }
  }
  return value;
}

/** `--name value`, in the order of names. A value like -1e-5 would be taken for an option, so it gets an `=`. */
function commandLine(hyperparameters: Map<string, string>): string[] {
  return [...hyperparameters].flatMap(([name, text]) =>
    text.startsWith('-') ? [`--${name}=${text}`] : [`--${name}`, text],
  );
}

function findZip(base: string): string {
  const folder = path.join(base, 'input', 'data', 'cdk_hpo_program');
  const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const zips = files.filter((file) => file.endsWith('.zip'));
  if (zips.length !== 1) {
    const there = files.join(', ') || 'nothing';
    throw new EntryError(`${folder} must hold exactly one .zip, the folder of the program; it holds: ${there}`);
  }
  return path.join(folder, zips[0]);
}

/** `<base>/code` as SageMaker names it, or a temporary folder when it is taken or cannot be written. */
function codeFolder(base: string): string {
  const folder = path.join(base, 'code');
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    if (fs.readdirSync(folder).length === 0) {
      return folder;
    }
  } catch {
    // not writable: the temporary folder.
  }
  return fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-hpo-code-'));
}

function unpack(archive: string, folder: string): string {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(fs.readFileSync(archive));
  } catch (error) {
    throw new EntryError(`${archive} cannot be unpacked: ${(error as Error).message}`);
  }
  for (const name of Object.keys(entries)) {
    if (name.startsWith('/') || /[\\:]/.test(name) || name.split('/').includes('..')) {
      const shown = JSON.stringify(name);
      throw new EntryError(`${archive} is refused: its entry ${shown} could write outside the code folder`);
    }
  }
  for (const [name, content] of Object.entries(entries)) {
    const target = path.join(folder, name);
    fs.mkdirSync(name.endsWith('/') ? target : path.dirname(target), { recursive: true });
    if (!name.endsWith('/')) {
      fs.writeFileSync(target, content);
    }
  }
  return folder;
}

function findProgram(code: string, program: string): string {
  const file = path.join(code, program);
  const shown = JSON.stringify(program);
  if (!PROGRAM_EXTENSIONS.includes(path.extname(file))) {
    throw new EntryError(
      `CDK_HPO_PROGRAM must be a .mjs, .cjs or .js file, got ${shown}: use the Python entry for .py`,
    );
  }
  if (!file.startsWith(code + path.sep) || !fs.existsSync(file)) {
    const there = listFiles(code);
    const list = there.slice(0, 20).join(', ') + (there.length > 20 ? ', ...' : '');
    throw new EntryError(`the program ${shown} is not in the zip; it holds: ${list || 'nothing'}`);
  }
  return file;
}

function listFiles(folder: string, prefix = ''): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? listFiles(path.join(folder, entry.name), `${prefix}${entry.name}/`)
        : [`${prefix}${entry.name}`],
    )
    .sort();
}

/** Names of the data channels that the user gave: those of the job's configuration, else the folders there are. */
function channels(base: string): string[] {
  const folder = path.join(base, 'input', 'data');
  const configuration = readJson(path.join(base, 'input', 'config', 'inputdataconfig.json'));
  let names: string[] = [];
  if (isObject(configuration)) {
    names = Object.keys(configuration);
  } else if (fs.existsSync(folder)) {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  }
  return names.filter((name) => !name.startsWith(OWN_CHANNEL_PREFIX)).sort();
}

function countGpus(): number {
  // of the GPUs of a machine a trial may have its share only.
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined) return visible.split(',').filter((device) => !['', '-1'].includes(device.trim())).length;
  // each GPU that the container may use has a device file; asking nvidia-smi takes a second.
  const devices = fs.existsSync('/dev') ? fs.readdirSync('/dev') : [];
  return devices.filter((name) => /^nvidia[0-9]+$/.test(name)).length;
}

function trainingEnvironment(
  base: string,
  code: string,
  program: string,
  hyperparameters: Map<string, string>,
): Record<string, string> {
  const config = path.join(base, 'input', 'config');
  const resources = (readJson(path.join(config, 'resourceconfig.json')) ?? {}) as ResourceConfig;
  const hosts = resources.hosts?.length ? resources.hosts : ['algo-1'];
  const names = channels(base);
  const folders = {
    SM_MODEL_DIR: path.join(base, 'model'),
    SM_OUTPUT_DIR: path.join(base, 'output'),
    SM_OUTPUT_DATA_DIR: path.join(base, 'output', 'data'),
    SM_CHECKPOINT_DIR: path.join(base, 'checkpoints'),
  };
  for (const folder of Object.values(folders)) {
    try {
      fs.mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new EntryError(`cannot create the folder ${folder}: ${(error as Error).message}`);
    }
  }
  const environment: Record<string, string> = {
    ...folders,
    SM_INPUT_DIR: path.join(base, 'input'),
    SM_INPUT_CONFIG_DIR: config,
    SM_MODULE_DIR: code,
    SM_USER_ENTRY_POINT: program,
    SM_CHANNELS: JSON.stringify(names),
    SM_HOSTS: JSON.stringify(hosts),
    SM_CURRENT_HOST: resources.current_host ?? hosts[0],
    SM_NETWORK_INTERFACE_NAME: resources.network_interface_name ?? 'eth0',
    SM_RESOURCE_CONFIG: JSON.stringify(resources),
    // os.availableParallelism is missing in early versions of Node 18.
    SM_NUM_CPUS: String(os.availableParallelism?.() ?? os.cpus().length),
    SM_NUM_GPUS: String(countGpus()),
    // of the same names as all the others.
    SM_HPS: JSON.stringify(typedHyperparameters(), [...hyperparameters.keys()]),
    SM_USER_ARGS: JSON.stringify(commandLine(hyperparameters)),
    PYTHONPATH: [code, process.env.PYTHONPATH].filter(Boolean).join(path.delimiter),
    PYTHONUNBUFFERED: '1',
  };
  for (const name of names) {
    environment[`SM_CHANNEL_${name.toUpperCase()}`] = path.join(base, 'input', 'data', name);
  }
  for (const [name, text] of hyperparameters) {
    environment[`SM_HP_${name.toUpperCase()}`] = text;
  }
  return environment;
}

function run(args: string[], code: string, env: NodeJS.ProcessEnv, base: string, program: string): Promise<number> {
  // as process 1 of a container we get the signals, and the kernel gives no default action to them. The handlers
  // are there before the child is, so that no signal leaves it behind.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  const child = spawn(process.execPath, args, { cwd: code, env, stdio: ['inherit', 'inherit', 'pipe'] });
  let tail = Buffer.alloc(0);
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
  });
  return new Promise((resolve) => {
    const finish = (status: number | null, signal: NodeJS.Signals | null): void => {
      const exitCode = status ?? 128 + (signal ? os.constants.signals[signal] : 0);
      if (exitCode !== 0) {
        const name = signalName(exitCode);
        const head = `${program} ended with exit code ${exitCode}${name ? ` (${name})` : ''}`;
        writeFailure(base, head, tail.toString('utf8').trim());
      }
      child.stderr.destroy();
      resolve(exitCode);
    };
    child.on('close', finish);
    child.on('exit', (status, signal) => {
      // a grandchild may hold stderr open for ever; what the program itself wrote is there at once.
      setTimeout(() => finish(status, signal), 2000).unref();
    });
    child.on('error', (error) => {
      process.stderr.write(`cdk-hpo: ${program} cannot be started: ${error.message}\n`);
      writeFailure(base, `cdk-hpo: ${program} cannot be started: ${error.message}`);
      resolve(1);
    });
  });
}

function signalName(exitCode: number): string {
  const found = Object.entries(os.constants.signals).find(([, number]) => number === exitCode - 128);
  return found ? found[0] : '';
}

/** Says why the job failed, unless the program has said so itself. */
function writeFailure(base: string, head: string, tail = ''): void {
  const folder = path.join(base, 'output');
  const file = path.join(folder, 'failure');
  const room = FAILURE_LENGTH - head.length - 2;
  const text = tail && room > 0 ? `${head}:\n${tail.slice(-room)}` : head.slice(0, FAILURE_LENGTH);
  try {
    fs.mkdirSync(folder, { recursive: true });
    if (!fs.existsSync(file)) {
      fs.writeFileSync(file, text);
    }
  } catch (error) {
    process.stderr.write(`cdk-hpo: cannot write ${file}: ${(error as Error).message}\n`);
  }
}

process.exitCode = await main();
