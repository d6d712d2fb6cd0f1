import { SchedulerDefinition } from '../../../lib/contract/tuner-definition';
import { MedianStopping } from './median-stopping';
import { NoScheduler } from './no-scheduler';
import { Scheduler } from './scheduler';

export function createScheduler(definition: SchedulerDefinition): Scheduler {
  switch (definition.name) {
    case 'none':
      return new NoScheduler();
    case 'medianStopping':
      return new MedianStopping(definition.gracePeriod, definition.minimumTrials);
    default:
      throw new Error(`scheduler ${JSON.stringify(definition.name)} is not known`);
  }
}
