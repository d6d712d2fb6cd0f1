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

/** Tunes the digits network of the demo with configurations that Optuna proposes. */
export class OptunaStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const optuna = new lambda.Function(this, 'Optuna', {
      runtime: lambda.Runtime.PYTHON_3_12,
      architecture: lambda.Architecture.ARM_64,
      // holds the libraries too, once they are installed into it; see README.md.
      code: lambda.Code.fromAsset(path.join(__dirname, 'function'), { exclude: ['__pycache__'] }),
      handler: 'handler.handler',
      memorySize: 1769,
      timeout: Duration.seconds(50),
    });
    new Tuner(this, 'Tuner', {
      searchSpace: {
        learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }),
        batch_size: Parameter.ordinal([8, 16, 32, 64, 128]),
        optimizer: Parameter.categorical(['sgd', 'adam']),
        momentum: Parameter.continuous({ min: 0, max: 0.99, activeWhen: ActiveWhen.is('optimizer', 'sgd') }),
      },
      objective: Objective.maximize('validation_accuracy'),
      searchAlgorithm: SearchAlgorithm.fromFunction(optuna),
      trialRunner: TrialRunner.sageMakerTraining({
        image: TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5.1-cpu-py311-ubuntu22.04-sagemaker'),
        program: TrainingProgram.fromScript(path.join(__dirname, '..', 'digits'), 'train.py'),
        maxRuntime: Duration.minutes(30),
      }),
    });
  }
}
