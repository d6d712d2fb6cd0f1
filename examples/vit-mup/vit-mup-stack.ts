import { CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';
// in your own app: from 'cdk-hpo'.
import { Objective, Parameter, Scaling, Scheduler, Tuner } from '../../lib';
import { trialRunner } from './trial-runners';

export interface VitMupStackProps extends StackProps {
  /**
   * Where the trials train: `training-jobs`, `training-cluster`, `batch` or `managed-tuning`.
   *
   * @default training-jobs
   */
  readonly way?: string;
}

/** Tunes a narrow vision transformer; `transfer.py` carries what it finds over to a wide one. */
export class VitMupStack extends Stack {
  constructor(scope: Construct, id: string, props: VitMupStackProps = {}) {
    super(scope, id, props);
    const { way = 'training-jobs' } = props;
    const epochs = 81;
    const tuner = new Tuner(this, 'Tuner', {
      searchSpace: {
        learning_rate: Parameter.continuous({ min: 3e-5, max: 3e-2, scaling: Scaling.LOGARITHMIC }),
        weight_decay: Parameter.continuous({ min: 1e-3, max: 0.5, scaling: Scaling.LOGARITHMIC }),
        warmup_ratio: Parameter.continuous({ min: 0, max: 0.3 }),
      },
      objective: Objective.maximize('eval_accuracy'),
      // automatic model tuning has an early stopping of its own, and chooses the first configurations itself.
      ...(way !== 'managed-tuning' && {
        // bad trials end after 9 or 27 epochs. None pauses: a job takes longer to start than ten of its epochs.
        scheduler: Scheduler.asha({ minResource: 9, maxResource: epochs }),
        // the program's own defaults come first: what the search finds must beat them.
        initialConfigurations: [{ learning_rate: 1e-3, weight_decay: 0.05, warmup_ratio: 0.1 }],
      }),
      // narrow, and its own base: here the model is an ordinary one.
      trialRunner: trialRunner(way, this, { width: '192', base_width: '192', epochs: `${epochs}` }),
      maxTrials: 30,
      maxSpendUsd: 20,
      maxDuration: Duration.hours(12),
    });
    new CfnOutput(this, 'StateMachineArn', { value: tuner.stateMachine.stateMachineArn });
  }
}
