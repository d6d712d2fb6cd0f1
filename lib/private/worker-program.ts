import { Duration, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3Assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { TRAINING_ENVIRONMENT, WORKER_ENVIRONMENT } from '../contract/environment';
import { TrainingProgram, TrainingProgramConfig } from '../training-program';
import type { TrialRunnerBindOptions } from '../trial-runner';
import { grantReadPrefix } from './s3-access';
import { shippedFile } from './shipped-file';

export const WORKER_CHANNEL = 'cdk_hpo_worker';

/** Runs the worker from its zip, wherever SageMaker has put it; each part of an entry point has at most 256 characters. */
const WORKER_ENTRYPOINT = [
  'python3',
  '-c',
  `import glob,runpy,sys;sys.path.insert(0,glob.glob('/opt/ml/input/data/${WORKER_CHANNEL}/*.zip')[0]);` +
    `runpy.run_module('cdk_hpo_worker',run_name='__main__')`,
  'worker',
];

/**
 * What a worker runs for each trial: the program, or the command itself.
 *
 * @param because why a program needs a command of its own, for the message
 */
export function bindTrialProgram(
  scope: Construct,
  { program, command }: { readonly program?: TrainingProgram; readonly command?: string[] },
  grantee: iam.IGrantable,
  because: string = '',
): TrainingProgramConfig {
  const bound = program?.bind(new Construct(scope, 'TrialProgram'), grantee) ?? { entrypoint: command };
  if (bound.entrypoint === undefined) {
    throw new Error(`program must bring its command, as TrainingProgram.fromScript does${because}; or give command`);
  }
  return bound;
}

/** What the programs of all trials are told of the study. */
export function sharedEnvironment(
  environment: { [name: string]: string } | undefined,
  program: TrainingProgramConfig,
  { reportFunction, objective }: TrialRunnerBindOptions,
): { [name: string]: string } {
  return {
    ...environment,
    ...program.environment,
    [TRAINING_ENVIRONMENT.REPORT_FUNCTION]: reportFunction.functionName,
    [TRAINING_ENVIRONMENT.OBJECTIVE]: objective.metric,
  };
}

/** How often a worker copies checkpoints; nothing where the user says nothing, since it has a default. */
export function checkpointEnvironment(interval: Duration | undefined): { [name: string]: string } {
  return interval === undefined
    ? {}
    : { [WORKER_ENVIRONMENT.CHECKPOINT_SECONDS]: Tokenization.stringifyNumber(interval.toSeconds()) };
}

/** The worker as a file in S3. */
export function uploadWorker(scope: Construct, grantee: iam.IGrantable): s3Assets.Asset {
  const asset = new s3Assets.Asset(scope, 'Worker', { path: shippedFile('client', 'dist', 'worker') });
  grantReadPrefix(asset.bucket, asset.s3ObjectKey, grantee);
  return asset;
}

/** What a container of a cluster runs: the worker, which runs the user's program for each trial. */
export class WorkerProgram extends TrainingProgram {
  constructor(private readonly program: TrainingProgramConfig) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingProgramConfig {
    return {
      entrypoint: WORKER_ENTRYPOINT,
      channels: { ...this.program.channels, [WORKER_CHANNEL]: uploadWorker(scope, role).s3ObjectUrl },
      environment: this.program.environment,
    };
  }
}
