import * as path from 'node:path';
import { CfnOutput, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ActiveWhen, AshaMode, Objective, Parameter, Scaling, Scheduler, TrainingProgram, Tuner } from '../lib';
import { Way, digitsRunner } from './digits-ways';

/** The training program; `prepareDigits` of the same folder puts the data beside it. */
export const DIGITS_FOLDER = path.join(__dirname, '..', 'examples', 'digits');

export interface DigitsStackProps extends StackProps {
  /** @default training-jobs */
  readonly way?: Way;
  /** For this machine alone: workers run the twin in JavaScript, for which AWS's images have no Node. @default false */
  readonly trainsWithNode?: boolean;
}

/** The demo: tunes a small network that reads handwritten digits. */
export class DigitsStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { way = 'training-jobs', trainsWithNode, ...props }: DigitsStackProps = {},
  ) {
    super(scope, id, props);
    const isManaged = way === 'managed-tuning';
    const tuner = new Tuner(this, 'Tuner', {
      searchSpace: {
        learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }),
        hidden_units: Parameter.integer({ min: 4, max: 128, scaling: Scaling.LOGARITHMIC }),
        batch_size: Parameter.ordinal([8, 16, 32, 64, 128]),
        weight_decay: Parameter.continuous({ min: 1e-6, max: 1e-2, scaling: Scaling.LOGARITHMIC }),
        optimizer: Parameter.categorical(['sgd', 'adam']),
        momentum: Parameter.continuous({
          min: 0,
          max: 0.99,
          // automatic model tuning has no conditions: there adam has a momentum as well, and passes it over.
          activeWhen: isManaged ? undefined : ActiveWhen.is('optimizer', 'sgd'),
        }),
      },
      objective: Objective.maximize('validation_accuracy'),
      // of automatic model tuning these are its own.
      ...(!isManaged && {
        // the program's own defaults come first: what the search finds must beat them.
        initialConfigurations: [
          {
            learning_rate: 0.01,
            hidden_units: 32,
            batch_size: 32,
            weight_decay: 1e-6,
            optimizer: 'sgd',
            momentum: 0.9,
          },
        ],
        scheduler: Scheduler.asha({ minResource: 3, maxResource: 27, mode: AshaMode.PROMOTE }),
      }),
      trialRunner: digitsRunner(this, way, trainingProgram(trainsWithNode)),
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

/** Without AWS the JavaScript twin runs: it needs nothing but Node. */
function trainingProgram(trainsWithNode = false): TrainingProgram {
  return trainsWithNode
    ? TrainingProgram.fromScript(DIGITS_FOLDER, 'train.mjs')
    : TrainingProgram.fromScript(DIGITS_FOLDER, 'train.py', { localEntry: 'train.mjs' });
}
