import { functionOf } from '../events';
import type { AppDescription } from '../template';
import { compileFilterPattern } from './filter-pattern';
import type { LineTest } from './filter-pattern';

/** The log group that SageMaker writes the lines of all training jobs to. */
export const TRAINING_LOG_GROUP = '/aws/sagemaker/TrainingJobs';

/** A function of the app that gets lines of training jobs. */
export interface TrainingJobSubscription {
  readonly name: string;
  readonly functionArn: string;
  readonly matches: LineTest;
}

/** The app's subscriptions to the log group of the training jobs, ready to match. */
export function trainingJobSubscriptions(
  app: AppDescription,
  notice: (text: string) => void,
): TrainingJobSubscription[] {
  return app.subscriptionFilters.flatMap(({ name, path, logGroupName, filterPattern, destinationArn }) => {
    if (logGroupName !== TRAINING_LOG_GROUP) {
      notice(
        `The subscription filter ${name} is of the log group ${logGroupName}: only ${TRAINING_LOG_GROUP} has lines.`,
      );
      return [];
    }
    if (functionOf(app, destinationArn) === undefined) {
      notice(`The subscription filter ${name} has the destination ${destinationArn}: it is no function of the app.`);
      return [];
    }
    const matches = compileFilterPattern(filterPattern, `${path}/FilterPattern`);
    return [{ name, functionArn: destinationArn, matches }];
  });
}
