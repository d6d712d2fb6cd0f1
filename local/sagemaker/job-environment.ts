import { awsEnvironment } from '../lambda/endpoints';
import type { ServiceEndpoints } from '../lambda/endpoints';
import { channelsOf, hostsOf, namesOf } from './hosts';
import type { LaunchedJob } from './job-launcher';

/** What a process needs of this machine to run at all; nothing else of the parent's environment reaches a job. */
const PASSED_ON = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'TMP', 'TEMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'PYENV_ROOT'],
  ...['SystemRoot', 'SYSTEMROOT', 'COMSPEC', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA', 'USERPROFILE'],
];

/** Linux refuses to start a process with a single variable of more than 128 KiB. */
const MAX_VARIABLE_BYTES = 100_000;

/** A port on which nothing listens: with network isolation, no call of a program comes through. */
const NOBODY = 'http://127.0.0.1:9';
const NO_NETWORK: ServiceEndpoints = {
  dynamodb: NOBODY,
  sagemaker: NOBODY,
  sfn: NOBODY,
  lambda: NOBODY,
  s3: NOBODY,
  serviceQuotas: NOBODY,
  batch: NOBODY,
};

export function machineEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/** The variables of SageMaker's container contract for a host of the job, with `base` in the place of /opt/ml. */
export function jobEnvironment(
  job: LaunchedJob,
  base: string,
  endpoints: ServiceEndpoints,
  region: string,
  hostIndex: number = 0,
): Record<string, string> {
  const { HyperParameters = {}, Environment = {} } = job.request;
  const hosts = hostsOf(job.request);
  const host = hosts[hostIndex];
  const environment: Record<string, string> = {
    ...awsEnvironment(job.request.EnableNetworkIsolation ? NO_NETWORK : endpoints, region),
    TRAINING_JOB_NAME: job.name,
    TRAINING_JOB_ARN: job.arn,
    SAGEMAKER_BASE_DIR: base,
    SM_MODEL_DIR: `${base}/model`,
    SM_OUTPUT_DATA_DIR: `${base}/output/data`,
    SM_HOSTS: JSON.stringify(namesOf(hosts)),
    SM_CURRENT_HOST: host.name,
    PYTHONUNBUFFERED: '1',
  };
  for (const { ChannelName } of channelsOf(job.request, host)) {
    environment[`SM_CHANNEL_${ChannelName.toUpperCase()}`] = `${base}/input/data/${ChannelName}`;
  }
  for (const [name, value] of Object.entries(HyperParameters)) {
    // '=' and NUL can't stand in a variable's name; such a hyperparameter is in hyperparameters.json only.
    if (/^[^=\0]+$/.test(name)) environment[`SM_HP_${name.toUpperCase()}`] = value;
  }
  const all = JSON.stringify(Object.fromEntries(Object.entries(HyperParameters).map(([k, v]) => [k, decode(v)])));
  if (Buffer.byteLength(all) < MAX_VARIABLE_BYTES) environment.SM_HPS = all;
  return { ...environment, ...Environment };
}

// as the training toolkit does: a value that is JSON is given as what it says.
function decode(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
