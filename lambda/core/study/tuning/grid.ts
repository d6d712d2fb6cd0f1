import { countConfigurations } from '../../space/count-configurations';
import { StudyRecord } from '../../store/records';

/**
 * Why automatic model tuning can't run the study's grid; undefined where it can, and with other strategies. One job runs all
 * combinations: SageMaker takes no other number of them, and doesn't leave out those that an earlier job has tried.
 *
 * @param tried the study's trials so far
 */
export function gridProblem({ tuner }: Pick<StudyRecord, 'tuner'>, tried: number): string | undefined {
  if (tuner.compute.tuning?.config.Strategy !== 'Grid') return undefined;
  const combinations = countConfigurations(tuner.searchSpace);
  if (tuner.maxTrials !== combinations) {
    return (
      `maxTrials must be ${combinations}, the number of combinations of the search space, with TuningStrategy.grid, ` +
      `got ${tuner.maxTrials}; set it to ${combinations}`
    );
  }
  if (tried === 0) return undefined;
  return (
    `a grid of automatic model tuning can't go on: ${tried} of its ${combinations} combinations have been tried, and another ` +
    'tuning job would try all of them again; start a study with another name, or use another strategy'
  );
}
