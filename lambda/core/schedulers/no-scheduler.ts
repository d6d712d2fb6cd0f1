import { CONTINUE, Scheduler, SchedulerDecision } from './scheduler';

/** Every trial trains to its end. */
export class NoScheduler implements Scheduler {
  needsPeers(): boolean {
    return false;
  }

  decide(): SchedulerDecision {
    return CONTINUE;
  }
}
