import { Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { TrainingImage, TrainingProgram, TrialRunner } from '../lib';

export const WAYS = ['training-jobs', 'training-cluster', 'batch', 'managed-tuning'] as const;

/** How the demo's trials run. */
export type Way = (typeof WAYS)[number];

/** @throws if there is no such way */
export function wayOf(text: string): Way {
  const way = WAYS.find((candidate) => candidate === text);
  if (way === undefined) throw new Error(`way must be ${WAYS.join(', ')}, got ${JSON.stringify(text)}`);
  return way;
}

/** All that is different between the ways; four trials at the same time in each. */
export function digitsRunner(scope: Construct, way: Way, program: TrainingProgram): TrialRunner {
  const image = TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5.1-cpu-py311-ubuntu22.04-sagemaker');
  const shared = { image, program, hyperparameters: { epochs: '27' } };
  switch (way) {
    case 'training-jobs':
      return TrialRunner.sageMakerTraining({ ...shared, maxRuntime: Duration.minutes(30) });
    case 'training-cluster':
      return TrialRunner.trainingCluster({
        ...shared,
        instanceCount: 2,
        trialsPerInstance: 2,
        maxRuntime: Duration.hours(2),
      });
    case 'batch':
      return TrialRunner.batch({
        ...shared,
        ...publicNetwork(scope),
        memory: Size.gibibytes(2),
        maxRuntime: Duration.minutes(30),
      });
    case 'managed-tuning':
      return TrialRunner.managedTuning({ ...shared, maxRuntime: Duration.minutes(30) });
  }
}

/** Costs nothing while no study runs: public subnets need no NAT gateway. Nothing gets in. */
function publicNetwork(scope: Construct): { readonly vpc: ec2.IVpc; readonly vpcSubnets: ec2.SubnetSelection } {
  const subnetType = ec2.SubnetType.PUBLIC;
  const vpc = new ec2.Vpc(scope, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Trials', subnetType }] });
  return { vpc, vpcSubnets: { subnetType } };
}
