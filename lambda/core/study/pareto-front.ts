import { FrontTrial } from '../../../lib/contract/calls';
import { compareLexicographically, nonDominatedRanks } from '../models/pareto/non-dominated-sort';
import { StudyRecord, TrialRecord } from '../store/records';
import { isFeasible } from './best-trial';
import { Goals, lossesOf, metricsOf, objectivesOf } from './objective';

/** The answer of the study's last step must stay within 256 KiB. */
const MAX_ENTRIES = 50;
const MAX_BYTES = 100_000;

interface Candidate {
  readonly trial: TrialRecord;
  readonly losses: number[];
}

/**
 * The completed trials that meet the outcome constraints and that no other one beats in all objectives, best primary
 * objective first. Of a large front, trials that are spread evenly along it.
 */
export function paretoFront({ tuner }: StudyRecord, trials: readonly TrialRecord[]): FrontTrial[] {
  const front = nonDominated(candidatesOf(tuner, trials)).map((candidate) => describe(tuner, candidate));
  let size = Math.min(front.length, MAX_ENTRIES);
  while (size > 1 && Buffer.byteLength(JSON.stringify(spread(front, size))) > MAX_BYTES) size = Math.floor(size / 2);
  return spread(front, size);
}

function candidatesOf(goals: Goals, trials: readonly TrialRecord[]): Candidate[] {
  return trials.flatMap((trial) => {
    const losses = lossesOf(goals, metricsOf(goals, trial));
    return trial.state === 'COMPLETED' && losses !== undefined && isFeasible(goals, trial) ? [{ trial, losses }] : [];
  });
}

/** In order of their losses; of trials with equal ones the first. */
function nonDominated(candidates: Candidate[]): Candidate[] {
  const ranks = nonDominatedRanks(candidates.map(({ losses }) => losses));
  const front = candidates
    .filter((_, i) => ranks[i] === 0)
    .sort((a, b) => compareLexicographically(a.losses, b.losses) || a.trial.trial - b.trial.trial);
  return front.filter(({ losses }, i) => i === 0 || compareLexicographically(losses, front[i - 1].losses) !== 0);
}

function describe(goals: Goals, { trial }: Candidate): FrontTrial {
  const metrics = metricsOf(goals, trial);
  const values = objectivesOf(goals).map(({ metric }) => [metric, metrics[metric] as number]);
  return { trial: trial.trial, values: Object.fromEntries(values), hyperparameters: trial.configuration };
}

function spread<T>(list: T[], size: number): T[] {
  if (size >= list.length) return list;
  return Array.from({ length: size }, (_, i) => list[Math.round((i * (list.length - 1)) / Math.max(size - 1, 1))]);
}
