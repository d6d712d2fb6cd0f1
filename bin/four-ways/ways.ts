import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import {
  Objective,
  Parameter,
  Scaling,
  Scheduler,
  SearchAlgorithm,
  TrainingImage,
  TrainingProgram,
  TrialRunner,
  Tuner,
  TunerProps,
  TuningStrategy,
} from '../../lib';
import { ASSUMED } from './assumptions';
import { StudyShape } from './study';

export type WayName = 'jobs' | 'warm' | 'cluster' | 'batch' | 'tuning';

interface WayDetails {
  readonly title: string;
  /** Dollars for an hour of one of its instances. */
  readonly usdPerHour: number;
  readonly takesSpot: boolean;
  readonly build: (parts: Parts) => Pick<TunerProps, 'trialRunner' | 'searchAlgorithm' | 'scheduler'>;
}

interface Parts {
  readonly stack: Stack;
  readonly shape: StudyShape;
  readonly image: TrainingImage;
  readonly program: TrainingProgram;
}

const INSTANCE = 'ml.g5.xlarge';

/** What this library searches with, where it does: the same draws as those of automatic model tuning's random search here. */
const searches = ({ shape }: Parts) => ({
  searchAlgorithm: SearchAlgorithm.random(),
  scheduler: shape.stopsEarly ? Scheduler.medianStopping() : Scheduler.none(),
});

/** Four ways, one of them also with warm pools. */
export const WAYS: Readonly<Record<WayName, WayDetails>> = {
  jobs: {
    title: 'training jobs',
    usdPerHour: ASSUMED.trainingPrice,
    takesSpot: true,
    build: (parts) => ({
      trialRunner: TrialRunner.sageMakerTraining({ ...whatRuns(parts), instanceType: INSTANCE }),
      ...searches(parts),
    }),
  },
  warm: {
    title: 'with warm pools',
    usdPerHour: ASSUMED.trainingPrice,
    takesSpot: false,
    build: (parts) => ({
      trialRunner: TrialRunner.sageMakerTraining({
        ...whatRuns(parts),
        instanceType: INSTANCE,
        keepAlivePeriod: Duration.seconds(ASSUMED.keepAlive),
      }),
      ...searches(parts),
    }),
  },
  cluster: {
    title: 'training cluster',
    usdPerHour: ASSUMED.trainingPrice,
    takesSpot: true,
    build: (parts) => ({
      trialRunner: TrialRunner.trainingCluster({
        ...whatRuns(parts),
        instanceType: INSTANCE,
        instanceCount: instancesOf(parts.shape),
        trialsPerInstance: parts.shape.trialsPerInstance,
        heartbeat: Duration.seconds(heartbeatOf(parts.shape)),
      }),
      ...searches(parts),
    }),
  },
  batch: {
    title: 'AWS Batch',
    usdPerHour: ASSUMED.ec2Price,
    takesSpot: true,
    build: (parts) => ({
      trialRunner: TrialRunner.batch({
        ...whatRuns(parts),
        vpc: vpcOf(parts.stack),
        instanceTypes: ['g5.xlarge'],
        gpus: 1,
        vcpus: 4,
      }),
      ...searches(parts),
    }),
  },
  tuning: {
    title: 'automatic model tuning',
    usdPerHour: ASSUMED.trainingPrice,
    takesSpot: true,
    build: (parts) => ({
      trialRunner: TrialRunner.managedTuning({
        ...whatRuns(parts),
        instanceType: INSTANCE,
        strategy: TuningStrategy.random(),
        earlyStopping: parts.shape.stopsEarly,
      }),
    }),
  },
};

function whatRuns({ image, program }: Parts) {
  return { image, program };
}

export const WAY_NAMES = Object.keys(WAYS) as WayName[];

/** Instances of the cluster. */
export function instancesOf({ parallel, trialsPerInstance = 1 }: StudyShape): number {
  return Math.ceil(parallel / trialsPerInstance);
}

/** The tuner's own, or a longer one where trials are long: then each heartbeat here stands for several. */
export function heartbeatOf({ trialSeconds }: StudyShape): number {
  return Math.max(DEFAULT_HEARTBEAT, Math.min(600, Math.round(trialSeconds / 15)));
}

export const DEFAULT_HEARTBEAT = 20;

/** One that is there: its parts aren't the tuner's. */
function vpcOf(stack: Stack): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-00000000000000001',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    privateSubnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
  });
}

/** Synthesizes the study for one of the ways. @returns the `cdk.out` folder */
export function synthesizeWay(way: WayName, shape: StudyShape, folder: string): string {
  const code = path.join(folder, 'code');
  mkdirSync(code, { recursive: true });
  writeFileSync(path.join(code, 'train.py'), '# what it does is simulated\n');
  const app = new App({ outdir: path.join(folder, 'cdk.out') });
  const stack = new Stack(app, 'FourWays');
  const image = TrainingImage.fromDeepLearningContainer(
    'pytorch-training',
    '2.5.1-gpu-py311-cu124-ubuntu22.04-sagemaker',
  );
  const program = TrainingProgram.fromScript(code, 'train.py');
  new Tuner(stack, 'Tuner', {
    searchSpace: {
      // in the order in which automatic model tuning has them: so all draw the same.
      hidden_units: Parameter.integer({ min: 8, max: 256, scaling: Scaling.LOGARITHMIC }),
      learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }),
    },
    objective: Objective.maximize('quality'),
    ...WAYS[way].build({ stack, shape, image, program }),
    maxTrials: shape.trials,
    maxParallelTrials: shape.parallel,
  });
  return app.synth().directory;
}
