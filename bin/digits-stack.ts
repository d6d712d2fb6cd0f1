import * as path from 'node:path';
import { CfnOutput, Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import {
  ActiveWhen,
  AshaMode,
  Objective,
  Parameter,
  Scaling,
  Scheduler,
  TrainingImage,
  TrainingProgram,
  TrialRunner,
  Tuner,
} from '../lib';

/** The training program; `prepareDigits` of the same folder puts the data beside it. */
export const DIGITS_FOLDER = path.join(__dirname, '..', 'examples', 'digits');

/** The demo: tunes a small network that reads handwritten digits. */
export class DigitsStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const tuner = new Tuner(this, 'Tuner', {
      searchSpace: {
        learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }),
        hidden_units: Parameter.integer({ min: 4, max: 128, scaling: Scaling.LOGARITHMIC }),
        batch_size: Parameter.ordinal([8, 16, 32, 64, 128]),
        weight_decay: Parameter.continuous({ min: 1e-6, max: 1e-2, scaling: Scaling.LOGARITHMIC }),
        optimizer: Parameter.categorical(['sgd', 'adam']),
        momentum: Parameter.continuous({ min: 0, max: 0.99, activeWhen: ActiveWhen.is('optimizer', 'sgd') }),
      },
      objective: Objective.maximize('validation_accuracy'),
      // the program's own defaults come first: what the search finds must beat them.
      initialConfigurations: [
        { learning_rate: 0.01, hidden_units: 32, batch_size: 32, weight_decay: 1e-6, optimizer: 'sgd', momentum: 0.9 },
      ],
      scheduler: Scheduler.asha({ minResource: 3, maxResource: 27, mode: AshaMode.PROMOTE }),
      trialRunner: TrialRunner.sageMakerTraining({
        image: TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5.1-cpu-py311-ubuntu22.04-sagemaker'),
        // without AWS the JavaScript twin runs: it needs nothing but Node.
        program: TrainingProgram.fromScript(DIGITS_FOLDER, 'train.py', { localEntry: 'train.mjs' }),
        hyperparameters: { epochs: '27' },
        maxRuntime: Duration.minutes(30),
      }),
      maxTrials: 24,
      maxParallelTrials: 4,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnOutput(this, 'StateMachineArn', {
      value: tuner.stateMachine.stateMachineArn,
      description: 'Start an execution of this state machine with the input {} to run a study',
    });
  }
}
