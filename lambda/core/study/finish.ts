import { BestTrial, FinishRequest, StudyResult } from '../../../lib/contract/calls';
import { importanceOf } from '../importance/importance';
import { SearchSpace } from '../space/search-space';
import { StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { completionReason } from './completion';
import { bestTrial } from './best-trial';
import { costOf } from './cost';
import { failuresOf } from './failures';
import { historyOf } from './history';
import { metricsOf, unmetConstraints } from './objective';
import { paretoFront } from './pareto-front';
import { requireStudy } from './plan';
import { startUpNote } from './start-up';

/** Closes the study and answers with its result. */
export async function finishStudy(request: FinishRequest, store: StudyStore, table: string): Promise<StudyResult> {
  const study = await requireStudy(request.study, store);
  const trials = await store.loadTrials(study);
  const best = bestTrial(study.tuner, trials);
  const status = best === undefined ? 'FAILED' : 'SUCCEEDED';
  await store.changeStudy(study.study, (record) =>
    record.run !== request.run || record.status !== 'RUNNING' ? record : { ...record, status, endedAt: request.at },
  );
  const { metric, direction } = study.tuner.objective;
  const failures = failuresOf(study, trials);
  return {
    study: study.study,
    status,
    reason: study.review?.reason ?? completionReason(study, trials, request.at) ?? 'the study was ended',
    objective: { metric, direction },
    best: best === undefined ? null : describe(study, best),
    ...(study.tuner.additionalObjectives.length > 0 && { paretoFront: paretoFront(study, trials) }),
    importance: importances(study, trials),
    trials: countsOf(trials),
    cost: costOf(study, trials),
    ...(failures && { failures }),
    ...notesOf(study, trials),
    records: { table, study: study.study, checkpoints: `${study.tuner.compute.checkpointRoot}/` },
  };
}

function describe({ tuner }: StudyRecord, trial: TrialRecord): BestTrial {
  const { outcome } = currentAttempt(trial);
  const unmet = unmetConstraints(tuner, metricsOf(tuner, trial));
  const metrics = Object.entries(trial.metrics ?? {}).filter(([, value]) => typeof value === 'number');
  return {
    trial: trial.trial,
    value: trial.value!,
    hyperparameters: trial.configuration,
    metrics: Object.fromEntries(metrics) as Record<string, number>,
    trainingJobName: outcome?.jobName ?? null,
    modelArtifact: outcome?.modelArtifact ?? null,
    ...(tuner.outcomeConstraints.length > 0 && { feasible: unmet.length === 0 }),
    ...(unmet.length > 0 && { unmetConstraints: unmet }),
  };
}

function notesOf(
  { searchNotes = [], quotaNotes = [] }: StudyRecord,
  trials: readonly TrialRecord[],
): Pick<StudyResult, 'notes'> {
  const notes = [...quotaNotes, ...searchNotes, startUpNote(trials), roomNote(trials)].filter(
    (note) => note !== undefined,
  );
  return notes.length === 0 ? {} : { notes };
}

/** How often training jobs found no room. */
function roomNote(trials: readonly TrialRecord[]): string | undefined {
  const tries = trials.flatMap(({ attempts }) => attempts).reduce((sum, attempt) => sum + (attempt.tries ?? 0), 0);
  return tries === 0
    ? undefined
    : `${tries} starts of training jobs found no room, by quota or capacity, and waited; a higher quota or fewer maxParallelTrials would spare that`;
}

/** To 4 digits: more would only be the forest's noise. */
function importances(study: StudyRecord, trials: readonly TrialRecord[]): StudyResult['importance'] {
  const space = new SearchSpace(study.tuner.searchSpace);
  return importanceOf(space, historyOf(study, trials), study.seed).map(({ parameter, importance }) => ({
    parameter,
    importance: Math.round(importance * 1e4) / 1e4,
  }));
}

function countsOf(trials: readonly TrialRecord[]): StudyResult['trials'] {
  const count = (state: TrialRecord['state']) => trials.filter((trial) => trial.state === state).length;
  return {
    total: trials.length,
    completed: count('COMPLETED'),
    // a paused trial waited for a promotion that never came.
    stoppedEarly: count('STOPPED') + count('PAUSED'),
    failed: count('FAILED'),
    unfinished: count('RUNNING') + count('QUEUED'),
  };
}
