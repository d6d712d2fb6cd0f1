import * as path from 'node:path';
import { Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
// in your own app: from 'cdk-hpo'.
import {
  ActiveWhen,
  Objective,
  Parameter,
  Scaling,
  SearchAlgorithm,
  TrainingImage,
  TrainingProgram,
  TrialRunner,
  Tuner,
} from '../../lib';

/** Tunes the digits network of the demo with configurations that Syne Tune proposes. */
export class SyneTuneStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const syneTune = new lambda.DockerImageFunction(this, 'SyneTune', {
      // its libraries are larger than what fits into an archive.
      code: lambda.DockerImageCode.fromImageAsset(path.join(__dirname, 'function')),
      memorySize: 3008,
      timeout: Duration.seconds(110),
    });
    new Tuner(this, 'Tuner', {
      searchSpace: {
        learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }),
        batch_size: Parameter.ordinal([8, 16, 32, 64, 128]),
        optimizer: Parameter.categorical(['sgd', 'adam']),
        momentum: Parameter.continuous({ min: 0, max: 0.99, activeWhen: ActiveWhen.is('optimizer', 'sgd') }),
      },
      objective: Objective.maximize('validation_accuracy'),
      searchAlgorithm: SearchAlgorithm.fromFunction(syneTune, { timeout: Duration.minutes(2) }),
      trialRunner: TrialRunner.sageMakerTraining({
        image: TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5.1-cpu-py311-ubuntu22.04-sagemaker'),
        program: TrainingProgram.fromScript(path.join(__dirname, '..', 'digits'), 'train.py'),
        maxRuntime: Duration.minutes(30),
      }),
    });
  }
}
