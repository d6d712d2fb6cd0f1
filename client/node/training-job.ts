import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What a hyperparameter can be, once read from the text that SageMaker hands over. */
export type HyperparameterValue = number | boolean | string;

/** The folder of SageMaker's container contract. The local runtime puts it elsewhere by `SAGEMAKER_BASE_DIR`. */
export function baseDir(): string {
  return process.env.SAGEMAKER_BASE_DIR || '/opt/ml';
}

/** The hyperparameters of this training job with their types. Outside a job: `{}`. */
export function hyperparameters(): Record<string, HyperparameterValue> {
  const path = join(baseDir(), 'input', 'config', 'hyperparameters.json');
  if (!existsSync(path)) {
    return {};
  }
  let values: unknown;
  try {
    values = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new Error(`${path} must hold an object, got ${JSON.stringify(values)}`);
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typed(value)]));
}

/** The folder whose content outlives this attempt, created if need be. `undefined` outside a training job. */
export function checkpointDir(): string | undefined {
  return jobFolder('SM_CHECKPOINT_DIR', 'checkpoints');
}

/** The folder whose content becomes the trial's model, created if need be. By hand: `./model`. */
export function modelDir(): string {
  const folder = jobFolder('SM_MODEL_DIR', 'model') ?? resolve('model');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Whether this is the first process of the job: of all processes of a distributed training only it reports. */
export function isFirstProcess(): boolean {
  const rank = process.env.RANK || process.env.OMPI_COMM_WORLD_RANK;
  if (rank) {
    return rank === '0';
  }
  const hosts = parsedHosts();
  return hosts.length === 0 || !process.env.SM_CURRENT_HOST || process.env.SM_CURRENT_HOST === hosts.sort()[0];
}

function parsedHosts(): string[] {
  try {
    const hosts: unknown = JSON.parse(process.env.SM_HOSTS || '[]');
    return Array.isArray(hosts) ? hosts.map(String) : [];
  } catch {
    return [];
  }
}

function jobFolder(variable: string, name: string): string | undefined {
  let folder = process.env[variable];
  if (!folder) {
    if (!process.env.SAGEMAKER_BASE_DIR && !existsSync(join(baseDir(), 'input', 'config'))) {
      return undefined;
    }
    folder = join(baseDir(), name);
  }
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** SageMaker hands all hyperparameters over as strings; its own SDK puts strings into one more pair of quotes. */
function typed(value: unknown): HyperparameterValue {
  if (typeof value !== 'string') {
    return value as HyperparameterValue;
  }
  if (/^-?(0|[1-9][0-9]*)$/.test(value)) {
    // a seed of 20 digits would lose its last ones as a number.
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if (/^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(value)) {
    return Number(value);
  }
  if (/^(true|false)$/i.test(value)) {
    return value.toLowerCase() === 'true';
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
