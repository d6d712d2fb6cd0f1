import { openNew, startNew } from './new-trials';
import { CONTINUE, NextStep, ScheduleContext, Scheduler, SchedulerDecision } from './scheduler';

/** Every trial trains to its end. */
export class NoScheduler implements Scheduler {
  readonly comparesAtRungs = false;

  rungOf(): undefined {
    return undefined;
  }

  decide(): SchedulerDecision {
    return CONTINUE;
  }

  next(context: ScheduleContext): NextStep {
    return startNew(context);
  }

  openSteps(context: ScheduleContext): number {
    return openNew(context);
  }
}
