import { SchedulerDefinition } from '../../../lib/contract/tuner-definition';
import { ScheduleContext, ScheduledTrial } from '../schedulers/scheduler';
import { SearchSpace } from '../space/search-space';
import { StudyRecord, TrialRecord, currentAttempt, hasEnded } from '../store/records';
import { startUpOf } from './start-up';

/** The study as its scheduler sees it when a slot is free. */
export function scheduleContext(study: StudyRecord, trials: readonly TrialRecord[]): ScheduleContext {
  const { tuner, seed, exhausted } = study;
  return {
    space: new SearchSpace(tuner.searchSpace, tuner.parameterConstraints),
    seed,
    trials: scheduledTrials(trials),
    objectives: 1 + tuner.additionalObjectives.length,
    // a search that has nothing left starts no more.
    maxTrials: exhausted === undefined ? tuner.maxTrials : Math.min(tuner.maxTrials, trials.length),
    maxParallelTrials: tuner.maxParallelTrials,
    startUp: startUpOf(trials),
  };
}

export function scheduledTrials(trials: readonly TrialRecord[]): ScheduledTrial[] {
  // a crash may have left a trial paused whose place another one has taken.
  const replaced = new Set(trials.map(({ replaces }) => replaces));
  return trials.map((trial) => ({
    trial: trial.trial,
    configuration: trial.configuration,
    state: hasEnded(trial) || replaced.has(trial.trial) ? 'ended' : trial.state === 'PAUSED' ? 'paused' : 'running',
    failed: trial.state === 'FAILED',
    bracket: trial.bracket ?? 0,
    target: currentAttempt(trial).target,
    curve: trial.curve ?? [],
    ...(trial.parent !== undefined && { parent: trial.parent }),
    ...(trial.replaces !== undefined && { replaces: trial.replaces }),
  }));
}

/** What a trial trains for at most, where the scheduler says so. */
export function maxResourceOf(scheduler: SchedulerDefinition): number | undefined {
  return 'maxResource' in scheduler ? scheduler.maxResource : undefined;
}

/** The least that an attempt trains, where the scheduler says so. */
export function leastResourceOf(scheduler: SchedulerDefinition): number | undefined {
  if ('minResource' in scheduler) return scheduler.minResource;
  return 'interval' in scheduler ? scheduler.interval : undefined;
}
