import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3Assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { TrainingProgram, TrainingProgramConfig } from '../training-program';
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
