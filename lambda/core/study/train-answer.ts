import { NextRequest, TrainAnswer } from '../../../lib/contract/calls';
import { Configuration } from '../../../lib/contract/search-space';
import { ComputeDefinition } from '../../../lib/contract/tuner-definition';
import { hyperparametersOf } from '../space/search-space';
import { AttemptRecord, StudyRecord, TrialRecord } from '../store/records';
import { maxResourceOf } from './scheduled-trials';
import { tokenOf } from './token';

/** All that a slot's training job needs. */
export function trainAnswer(
  study: StudyRecord,
  trial: TrialRecord,
  attempt: AttemptRecord,
  { turn, redrives = 0 }: NextRequest,
): TrainAnswer {
  const { scheduler } = study.tuner;
  const maxResource = attempt.target ?? maxResourceOf(scheduler);
  const resourceParameter = 'resourceParameter' in scheduler ? scheduler.resourceParameter : undefined;
  return {
    action: 'train',
    trial: trial.trial,
    attempt: attempt.attempt,
    turn,
    jobName: attempt.jobName,
    hyperparameters: {
      ...programParameters(study.tuner.compute, trial.configuration),
      ...(resourceParameter !== undefined && { [resourceParameter]: String(maxResource) }),
    },
    token: tokenOf(study, trial.trial, attempt.attempt),
    checkpointUri: checkpointUri(study, trial.trial),
    startAt: attempt.startAt,
    redrives,
    ...(maxResource !== undefined && { maxResource }),
    ...limitsOf(study.tuner.compute, attempt),
    ...outputOf(study, trial, attempt),
  };
}

/** What it runs on a program learns from its machine; algorithms refuse hyperparameters that they don't know. */
function programParameters(
  { instanceTypeParameter, instanceCountParameter }: ComputeDefinition,
  configuration: Configuration,
): Record<string, string> {
  const all = Object.entries(hyperparametersOf(configuration));
  return Object.fromEntries(all.filter(([name]) => name !== instanceTypeParameter && name !== instanceCountParameter));
}

function limitsOf(
  { maxRuntimeSeconds: longest, maxWaitSeconds: longestWait }: ComputeDefinition,
  { instanceType, instanceCount, maxRuntimeSeconds = longest, maxWaitSeconds = longestWait }: AttemptRecord,
): Pick<TrainAnswer, 'instanceType' | 'instanceCount' | 'maxRuntimeSeconds' | 'maxWaitSeconds'> {
  return {
    ...(instanceType !== undefined && { instanceType }),
    ...(instanceCount !== undefined && { instanceCount }),
    maxRuntimeSeconds,
    ...(maxWaitSeconds !== undefined && { maxWaitSeconds }),
  };
}

/** A prefix for each attempt, where the model isn't put there by SageMaker. */
function outputOf({ study, id, tuner }: StudyRecord, { trial }: TrialRecord, { attempt }: AttemptRecord) {
  const root = (tuner.compute.cluster ?? tuner.compute.batch)?.outputRoot;
  return root === undefined ? {} : { outputUri: `${root}/${study}-${id.slice(0, 8)}/${trial}-${attempt}/` };
}

/** One prefix for all attempts of a trial. */
export function checkpointUri({ study, id, tuner }: StudyRecord, trial: number): string {
  return `${tuner.compute.checkpointRoot}/${study}-${id.slice(0, 8)}/${trial}/`;
}
