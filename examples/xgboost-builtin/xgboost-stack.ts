import { CfnOutput, Duration, Stack, StackProps } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
// in your own app: from 'cdk-hpo'.
import {
  Objective,
  Parameter,
  Scaling,
  Scheduler,
  TrainingChannel,
  TrainingImage,
  TrialRunner,
  Tuner,
} from '../../lib';

/** What the algorithm prints once a round: `[12]#011train-auc:0.95#011validation-auc:0.91`. */
export const VALIDATION_AUC = 'validation-auc:([-+0-9.eE]+)';

/** The number of the round, in the same line. It counts from 0. */
export const ROUND = '\\[(\\d+)\\]';

export interface XgboostStackProps extends StackProps {
  /** Name of the bucket that holds the data, in `train/` and `validation/`. */
  readonly dataBucket: string;
}

/** Tunes SageMaker's own XGBoost on CSV files: no training program, no image of your own. */
export class XgboostStack extends Stack {
  constructor(scope: Construct, id: string, props: XgboostStackProps) {
    super(scope, id, props);
    const data = s3.Bucket.fromBucketName(this, 'Data', props.dataBucket);
    const rounds = 500;
    const tuner = new Tuner(this, 'Tuner', {
      searchSpace: {
        eta: Parameter.continuous({ min: 0.01, max: 0.5, scaling: Scaling.LOGARITHMIC }),
        max_depth: Parameter.integer({ min: 3, max: 10 }),
        min_child_weight: Parameter.continuous({ min: 0.5, max: 50, scaling: Scaling.LOGARITHMIC }),
        subsample: Parameter.continuous({ min: 0.5, max: 1 }),
        lambda: Parameter.continuous({ min: 1e-3, max: 100, scaling: Scaling.LOGARITHMIC }),
        alpha: Parameter.continuous({ min: 1e-3, max: 10, scaling: Scaling.LOGARITHMIC }),
      },
      // SageMaker names the metric so; the study finds it in the lines that the algorithm prints.
      objective: Objective.maximize('validation:auc', { regex: VALIDATION_AUC }),
      scheduler: Scheduler.asha({ minResource: 20, maxResource: rounds }),
      // the algorithm's own defaults, or near them: what the search finds must beat them.
      initialConfigurations: [{ eta: 0.3, max_depth: 6, min_child_weight: 1, subsample: 1, lambda: 1, alpha: 1e-3 }],
      trialRunner: TrialRunner.sageMakerTraining({
        image: TrainingImage.fromBuiltInAlgorithm('xgboost'),
        instanceType: 'ml.m5.xlarge',
        // it keeps checkpoints by itself, so a lost instance costs little.
        spot: true,
        maxRuntime: Duration.hours(1),
        hyperparameters: { objective: 'binary:logistic', eval_metric: 'auc', num_round: `${rounds}` },
        // it knows nothing of the study: without this, no trial would end early.
        logReports: { resourceRegex: ROUND, resourceOffset: 1 },
        channels: {
          train: TrainingChannel.fromBucket(data, 'train/', { contentType: 'text/csv' }),
          validation: TrainingChannel.fromBucket(data, 'validation/', { contentType: 'text/csv' }),
        },
      }),
      maxTrials: 40,
      maxSpendUsd: 10,
    });
    new CfnOutput(this, 'StateMachineArn', { value: tuner.stateMachine.stateMachineArn });
  }
}
