import { NextStep, ScheduleContext } from './scheduler';

/** What a scheduler says that only starts new trials: one after another, up to the study's limit. */
export function startNew({ trials, maxTrials }: ScheduleContext): NextStep {
  return trials.length < maxTrials
    ? { action: 'start' }
    : { action: 'none', reason: `all ${maxTrials} trials have been started` };
}

export function openNew({ trials, maxTrials }: ScheduleContext): number {
  return Math.max(maxTrials - trials.length, 0);
}
