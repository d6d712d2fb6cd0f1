import { CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';
// in your own app: from 'cdk-hpo'.
import {
  Objective,
  Parameter,
  Scaling,
  Scheduler,
  TrainingImage,
  TrainingProgram,
  TrialRunner,
  Tuner,
} from '../../lib';

export interface DistributedStackProps extends StackProps {
  /**
   * Whether the number of instances is searched too, and what an epoch costs is a second objective.
   *
   * @default - every trial runs on two instances
   */
  readonly searchMachines?: boolean;
}

/** Tunes a network that trains on several instances at once. */
export class DistributedStack extends Stack {
  constructor(scope: Construct, id: string, props: DistributedStackProps = {}) {
    super(scope, id, props);
    const { searchMachines = false } = props;
    const epochs = 9;
    const tuner = new Tuner(this, 'Tuner', {
      searchSpace: {
        learning_rate: Parameter.continuous({ min: 1e-4, max: 1e-1, scaling: Scaling.LOGARITHMIC }),
        hidden_units: Parameter.integer({ min: 8, max: 256, scaling: Scaling.LOGARITHMIC }),
        // the program isn't told this one: it learns from SageMaker how many instances there are.
        ...(searchMachines && { machines: Parameter.integer({ min: 1, max: 4 }) }),
      },
      objective: Objective.maximize('validation_accuracy'),
      ...(searchMachines && { additionalObjectives: [Objective.minimize('instance_seconds_per_epoch')] }),
      scheduler: Scheduler.asha({ maxResource: epochs }),
      trialRunner: TrialRunner.sageMakerTraining({
        image: TrainingImage.fromDeepLearningContainer(
          'pytorch-training',
          '2.5.1-gpu-py311-cu124-ubuntu22.04-sagemaker',
        ),
        program: TrainingProgram.fromScript(__dirname, 'launch.py', { exclude: ['*.ts', '*.md', '__pycache__'] }),
        instanceType: 'ml.g4dn.xlarge',
        ...(searchMachines ? { instanceCountParameter: 'machines' } : { instanceCount: 2 }),
        maxRuntime: Duration.hours(1),
        hyperparameters: { epochs: `${epochs}` },
      }),
      maxTrials: 20,
      // two trials of two instances: the account's quota must allow four.
      maxParallelTrials: 2,
      maxSpendUsd: 20,
    });
    new CfnOutput(this, 'StateMachineArn', { value: tuner.stateMachine.stateMachineArn });
  }
}
