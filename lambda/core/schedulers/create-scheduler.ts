import { SchedulerDefinition } from '../../../lib/contract/tuner-definition';
import { AshaPromotion } from './asha-promotion';
import { AshaStopping } from './asha-stopping';
import { Hyperband } from './hyperband';
import { MedianStopping } from './median-stopping';
import { FreezeThaw } from './freeze-thaw';
import { NoScheduler } from './no-scheduler';
import { Pasha } from './pasha';
import { Patience } from './patience';
import { PopulationBased } from './population-based';
import { Scheduler } from './scheduler';
import { SuccessiveHalving } from './successive-halving';

export function createScheduler(definition: SchedulerDefinition): Scheduler {
  switch (definition.name) {
    case 'none':
      return new NoScheduler();
    case 'medianStopping':
      return new MedianStopping(definition.gracePeriod, definition.minimumTrials);
    case 'patience':
      return new Patience(definition);
    case 'asha':
      return definition.mode === 'promote' ? new AshaPromotion(definition) : new AshaStopping(definition);
    case 'pasha':
      return new Pasha(definition);
    case 'successiveHalving':
      return new SuccessiveHalving(definition);
    case 'hyperband':
      return new Hyperband(definition);
    case 'populationBased':
      return new PopulationBased(definition);
    case 'multiFidelity':
      return new FreezeThaw(definition);
    default:
      throw new Error(`scheduler ${JSON.stringify((definition as { name: unknown }).name)} is not known`);
  }
}
