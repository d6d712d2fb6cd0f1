import { randomBytes, randomUUID } from 'node:crypto';
import { OpenAnswer, OpenRequest } from '../../../lib/contract/calls';
import { STUDY_INPUT_SCHEMA } from '../../../lib/contract/schemas';
import { StudyInput } from '../../../lib/contract/study-input';
import { TunerDefinition } from '../../../lib/contract/tuner-definition';
import { constraintProblems } from '../../../lib/contract/parameter-constraints';
import { MAX_KNOWN_RESULTS, goalProblems } from '../../../lib/contract/validate-goals';
import { searchSpaceProblems } from '../../../lib/contract/validate-search-space';
import { InvalidStudyInput, StudyChanged, StudyInProgress } from '../errors';
import { seedOf } from '../random/random';
import { emptySpaceProblem } from '../space/empty-space';
import { chooseSearch } from '../search/choose-search';
import { SearchSpace } from '../space/search-space';
import { StudyRecord } from '../store/records';
import { StudyStore } from '../store/study-store';
import { schemaProblems } from '../validation';
import { adaptHistory, fewNotes, knownObservations } from './history';
import { completionProblems, initialProblems } from './initial-problems';
import { jobNameStart } from './job-name';
import { maxResourceOf } from './scheduled-trials';
import { Quotas, checkQuotas } from './preflight';
import { SettleDependencies, settleRoundJobs } from './round-jobs';
import { settleRunningTrials } from './settle';
import { studyNameFor } from './study-name';
import { gridProblem } from './tuning/grid';

/** The property's name, for messages. */
const INITIAL_CONFIGURATIONS = 'initialConfigurations';

/** What Open study asks of Step Functions. */
export interface Executions {
  isRunning(executionArn: string): Promise<boolean>;
}

export interface OpenDependencies extends SettleDependencies {
  readonly executions: Executions;
  readonly quotas: Quotas;
}

/**
 * Creates the study, or resumes it: then the trials that the earlier execution left running are settled, so that those
 * that ended keep their result and the others run again.
 */
export async function openStudy(request: OpenRequest, dependencies: OpenDependencies): Promise<OpenAnswer> {
  const name = studyNameOf(request);
  const before = await dependencies.store.getStudy(name);
  // a resume keeps what earlier executions were told, but for what it is told itself.
  const input: StudyInput = { ...before?.input, ...request.input };
  const tuner = tunerOf(request.tuner, input);
  const quotaNotes = await checkQuotas(tuner, request.execution, dependencies.quotas);
  const study =
    (before === undefined ? await created(name, tuner, quotaNotes, request, dependencies.store) : undefined) ??
    (await resumed(name, tuner, input, quotaNotes, request, dependencies));
  await dependencies.store.putExecution(request.execution, name);
  if (tuner.logReports !== undefined) await dependencies.store.putJobNames(jobNameStart(study), name);
  await settleRunningTrials(study, request.at, dependencies);
  await settleEarlierJobs(study, request.at, dependencies);
  return { study: name, run: study.run, round: study.round, notes: quotaNotes };
}

/** Jobs and workers of the executions before. A call that is made again leaves alone what this one has begun. */
async function settleEarlierJobs(study: StudyRecord, at: string, dependencies: OpenDependencies): Promise<void> {
  if (study.run > 1 && study.round === study.openedRound) await settleRoundJobs(study, at, dependencies);
}

function studyNameOf({ input, executionName }: OpenRequest): string {
  const problems = schemaProblems("the study's input", STUDY_INPUT_SCHEMA, input);
  if (problems.length > 0) throw new InvalidStudyInput(problems.join('; '));
  return studyNameFor(input, executionName);
}

/** The tuner's definition with what the input changes, checked as a whole: tokens are known only here. */
function tunerOf(tuner: TunerDefinition, input: StudyInput): TunerDefinition {
  const merged: TunerDefinition = {
    ...tuner,
    maxTrials: input.maxTrials ?? tuner.maxTrials,
    maxParallelTrials: input.maxParallelTrials ?? tuner.maxParallelTrials,
    maxDurationSeconds: input.maxDurationSeconds ?? tuner.maxDurationSeconds,
    maxTrialsWithoutImprovement: input.maxTrialsWithoutImprovement ?? tuner.maxTrialsWithoutImprovement,
    maxSpendUsd: input.maxSpendUsd ?? tuner.maxSpendUsd,
    objective: { ...tuner.objective, targetValue: input.targetValue ?? tuner.objective.targetValue },
  };
  const problems = [
    ...limitProblems(merged),
    ...searchSpaceProblems(merged.searchSpace),
    ...goalProblems(merged),
    ...knownResultsProblem(merged),
    ...priceProblems(merged),
  ];
  if (problems.length === 0) {
    problems.push(...constraintProblems(merged.parameterConstraints, merged.searchSpace));
  }
  if (problems.length === 0) {
    problems.push(...initialProblems(merged, INITIAL_CONFIGURATIONS));
    const grid = gridProblem({ tuner: merged }, 0);
    if (grid !== undefined) problems.push(grid);
  }
  if (problems.length > 0) throw new InvalidStudyInput(problems.join('; '));
  return merged;
}

/** The limits of the tuner and of the input, as they came together. */
function limitProblems(tuner: TunerDefinition): string[] {
  const limits = Object.entries(tuner).filter(
    ([name, value]) => name in (STUDY_INPUT_SCHEMA.properties ?? {}) && value !== undefined,
  );
  return schemaProblems('the study', STUDY_INPUT_SCHEMA, Object.fromEntries(limits));
}

function knownResultsProblem({ knownResults }: TunerDefinition): string[] {
  return knownResults.length <= MAX_KNOWN_RESULTS
    ? []
    : [`knownResults must have at most ${MAX_KNOWN_RESULTS} entries, got ${knownResults.length}`];
}

/** A cap needs the price of all that a trial may run on. */
function priceProblems({ maxSpendUsd, compute }: TunerDefinition): string[] {
  if (maxSpendUsd === undefined) return [];
  const unknown = compute.instanceTypes.filter(
    (type) => !compute.prices.some(({ instanceType }) => instanceType === type),
  );
  return unknown.length === 0
    ? []
    : [
        `maxSpendUsd needs the price of ${unknown.join(', ')}; give pricePerInstanceHour or pricesPerInstanceHour of the trial runner`,
      ];
}

async function created(
  name: string,
  { knownResults, ...tuner }: TunerDefinition,
  quotaNotes: string[],
  { execution, input, at }: OpenRequest,
  store: StudyStore,
): Promise<StudyRecord | undefined> {
  const seed = input.seed ?? seedOf(name);
  requireConfigurations(tuner, seed);
  const notes = notesOf(tuner, knownResults);
  const study: StudyRecord = {
    study: name,
    id: randomUUID(),
    status: 'RUNNING',
    // the known results are kept beside the study.
    tuner: { ...tuner, knownResults: [] },
    seed,
    input,
    ...(knownResults.length > 0 && { knownResults: knownResults.length }),
    ...(notes.length > 0 && { searchNotes: notes }),
    ...(quotaNotes.length > 0 && { quotaNotes }),
    secret: randomBytes(32).toString('base64url'),
    run: 1,
    execution,
    round: 0,
    createdAt: at,
    startedAt: at,
    version: 1,
  };
  if (knownResults.length > 0) await store.createKnownResults(study, knownResults);
  return (await store.createStudy(study)) ? study : undefined;
}

type SearchedTuner = Omit<TunerDefinition, 'knownResults'>;

/** The constraints between parameters must leave something, also around each initial configuration. */
function requireConfigurations(tuner: SearchedTuner, seed: number): void {
  const space = new SearchSpace(tuner.searchSpace, tuner.parameterConstraints);
  const empty = emptySpaceProblem(space);
  if (empty !== undefined) throw new InvalidStudyInput(empty);

  const problems = completionProblems(space, tuner.initialConfigurations, seed, INITIAL_CONFIGURATIONS);
  if (problems.length > 0) throw new InvalidStudyInput(problems.join('; '));
}

/** Which search was chosen and why, and what it can't use of the known results, or only in part. */
function notesOf(tuner: SearchedTuner, knownResults: TunerDefinition['knownResults']): string[] {
  const space = new SearchSpace(tuner.searchSpace);
  return [
    // automatic model tuning has a search of its own.
    ...(tuner.searchAlgorithm.name === 'auto' && tuner.compute.tuning === undefined ? [choiceOf(tuner, space)] : []),
    ...fewNotes(adaptHistory(space, knownObservations(tuner, knownResults)).notes),
  ];
}

function choiceOf({ additionalObjectives, maxParallelTrials }: SearchedTuner, space: SearchSpace): string {
  const objectives = 1 + additionalObjectives.length;
  return `the search is ${chooseSearch({ space, objectives, maxParallelTrials }).reason}`;
}

async function resumed(
  name: string,
  tuner: TunerDefinition,
  input: StudyInput,
  quotaNotes: string[],
  { execution, at }: OpenRequest,
  { store, executions }: OpenDependencies,
): Promise<StudyRecord> {
  const before = (await store.getStudy(name))!;
  // the same execution asks again: its first call got through.
  if (before.execution === execution) return before;

  if (await executions.isRunning(before.execution)) {
    throw new StudyInProgress(
      `study ${JSON.stringify(name)} is still running in execution ${before.execution}; stop that one or give the study another name`,
    );
  }
  const changed = changedParts(before, await store.loadKnownResults(before), tuner, input);
  if (changed.length > 0) {
    throw new StudyChanged(
      `study ${JSON.stringify(name)} was created with another ${changed.join(' and ')}; give the study another name`,
    );
  }
  return store.changeStudy(name, (record) => {
    if (record.execution !== before.execution) {
      throw new StudyInProgress(`study ${JSON.stringify(name)} has just been resumed by execution ${record.execution}`);
    }
    return {
      ...record,
      tuner: { ...tuner, knownResults: [] },
      status: 'RUNNING',
      openedRound: record.round,
      run: record.run + 1,
      execution,
      startedAt: at,
      endedAt: undefined,
      ending: undefined,
      exhausted: undefined,
      searchFailure: undefined,
      review: undefined,
      redrives: undefined,
      input,
      quotaNotes,
    };
  });
}

/** Trials of one study must be comparable, and its random numbers must go on where they were. */
function changedParts(
  before: StudyRecord,
  knownResults: TunerDefinition['knownResults'],
  tuner: TunerDefinition,
  input: StudyInput,
): string[] {
  const parts: [string, unknown, unknown][] = [
    ['search space', before.tuner.searchSpace, tuner.searchSpace],
    ['list of parameter constraints', before.tuner.parameterConstraints, tuner.parameterConstraints],
    ['objective', withoutTarget(before.tuner.objective), withoutTarget(tuner.objective)],
    ['list of additional objectives', before.tuner.additionalObjectives, tuner.additionalObjectives],
    ['list of outcome constraints', before.tuner.outcomeConstraints, tuner.outcomeConstraints],
    ['list of initial configurations', before.tuner.initialConfigurations, tuner.initialConfigurations],
    ['list of known results', knownResults, tuner.knownResults],
    ['search algorithm', searchIdentity(before.tuner), searchIdentity(tuner)],
    ['scheduler', rungsIdentity(before.tuner), rungsIdentity(tuner)],
    ['seed', before.seed, input.seed ?? before.seed],
  ];
  return parts.filter(([, a, b]) => canonical(a) !== canonical(b)).map(([name]) => name);
}

function withoutTarget({ metric, direction }: TunerDefinition['objective']) {
  return { metric, direction };
}

/** A function of the user's may be mended between two runs, which gives its versions other ARNs. */
function searchIdentity({ searchAlgorithm }: Pick<TunerDefinition, 'searchAlgorithm'>): unknown {
  return searchAlgorithm.name === 'function' ? { name: searchAlgorithm.name } : searchAlgorithm;
}

/** Paused trials wait at the rungs of their scheduler; one without rungs can be changed. */
function rungsIdentity({ scheduler }: Pick<TunerDefinition, 'scheduler'>): unknown {
  return maxResourceOf(scheduler) === undefined ? {} : scheduler;
}

/** JSON with sorted keys: the database doesn't keep their order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
