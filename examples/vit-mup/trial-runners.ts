import * as path from 'node:path';
import { Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
// in your own app: from 'cdk-hpo'.
import { TrainingImage, TrainingProgram, TrialRunner, TuningStrategy } from '../../lib';

/** Where the trials train, by the word after `-c way=`. */
export function trialRunner(way: string, scope: Construct, hyperparameters: { [name: string]: string }): TrialRunner {
  const shared = { image: trainingImage(), program: trainingProgram(), hyperparameters };
  switch (way) {
    case 'training-jobs':
      return TrialRunner.sageMakerTraining({
        ...shared,
        instanceType: 'ml.g5.xlarge',
        // the Trainer saves a checkpoint after each epoch, so a lost instance costs an epoch.
        spot: true,
        maxRuntime: Duration.hours(2),
      });
    case 'training-cluster':
      return TrialRunner.trainingCluster({
        ...shared,
        // four GPUs each, so eight trials at the same time, with a GPU for each.
        instanceType: 'ml.g5.12xlarge',
        instanceCount: 2,
        trialsPerInstance: 4,
        spot: true,
        maxRuntime: Duration.hours(6),
        maxTrialRuntime: Duration.hours(2),
      });
    case 'batch':
      return TrialRunner.batch({
        ...shared,
        ...network(scope),
        instanceTypes: ['g5'],
        spot: true,
        // a trial fits on a g5.xlarge; larger ones take several. Some memory is the system's own.
        gpus: 1,
        vcpus: 4,
        memory: Size.gibibytes(14),
        // the data loader's processes hand batches over in it, and Docker's 64 MiB are soon full.
        sharedMemorySize: Size.gibibytes(2),
        maxRuntime: Duration.hours(2),
        // Batch doesn't say what an instance costs: for the spending cap, a g5.xlarge on demand in us-east-1.
        pricePerTrialHour: 1.006,
      });
    case 'managed-tuning':
      return TrialRunner.managedTuning({
        ...shared,
        strategy: TuningStrategy.bayesian(),
        // in place of the study's own scheduler.
        earlyStopping: true,
        instanceType: 'ml.g5.xlarge',
        spot: true,
        maxRuntime: Duration.hours(2),
      });
    default:
      throw new Error(
        `way must be training-jobs, training-cluster, batch or managed-tuning, got ${JSON.stringify(way)}`,
      );
  }
}

/** torch and transformers, and boto3, which a worker needs. */
export function trainingImage(): TrainingImage {
  return TrainingImage.fromDeepLearningContainer(
    'huggingface-pytorch-training',
    '2.8.0-transformers4.56.2-gpu-py312-cu129-ubuntu22.04',
  );
}

/** The Python files of this folder; the rest of it changes without a new upload. */
export function trainingProgram(): TrainingProgram {
  return TrainingProgram.fromScript(__dirname, 'train.py', {
    exclude: ['*.ts', '*.md', '__pycache__', path.join('model', '**')],
  });
}

/**
 * A network that costs nothing while no study runs: public subnets, which need no NAT gateway. Nothing gets in, by the
 * security group of the instances. A network of your own is found by `ec2.Vpc.fromLookup`, for which the stack must
 * know account and region.
 */
function network(scope: Construct): { readonly vpc: ec2.IVpc; readonly vpcSubnets: ec2.SubnetSelection } {
  const subnetType = ec2.SubnetType.PUBLIC;
  const vpc = new ec2.Vpc(scope, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Trials', subnetType }] });
  return { vpc, vpcSubnets: { subnetType } };
}
