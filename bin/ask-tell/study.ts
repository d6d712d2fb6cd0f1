import { ParameterDefinition } from '../../lib/contract/search-space';
import { MAX_TRIALS } from '../../lib/contract/limits';
import { constraintProblems } from '../../lib/contract/parameter-constraints';
import {
  DEFAULT_POINTS_PER_PARAMETER,
  DEFAULT_POPULATION_SIZE,
  DEFAULT_SAMPLE_SIZE,
} from '../../lib/contract/search-defaults';
import {
  ObjectiveDefinition,
  OutcomeConstraintDefinition,
  SchedulerDefinition,
  SearchAlgorithmDefinition,
} from '../../lib/contract/tuner-definition';
import { goalProblems } from '../../lib/contract/validate-goals';
import { searchSpaceProblems } from '../../lib/contract/validate-search-space';
import { emptySpaceProblem } from '../../lambda/core/space/empty-space';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { completionProblems, initialProblems } from '../../lambda/core/study/initial-problems';
import { SearchStudy } from '../../lambda/core/study/suggest';
import { toScheduler } from './scheduler-options';
import { InitRequest, ProtocolOutcomeConstraint, ProtocolParameter } from './protocol';

/** Algorithms by the protocol's names, with the defaults of their factories. */
const ALGORITHMS: Record<string, SearchAlgorithmDefinition> = {
  auto: { name: 'auto' },
  gaussianProcess: { name: 'gaussianProcess' },
  tpe: { name: 'tpe' },
  cmaEs: { name: 'cmaEs' },
  evolution: { name: 'evolution', populationSize: DEFAULT_POPULATION_SIZE, sampleSize: DEFAULT_SAMPLE_SIZE },
  nsga2: { name: 'nsga2', populationSize: DEFAULT_POPULATION_SIZE },
  random: { name: 'random' },
  sobol: { name: 'sobol' },
  grid: { name: 'grid', pointsPerParameter: DEFAULT_POINTS_PER_PARAMETER },
};

const DEFAULT_TRIALS = 100;

/** The field's name, for messages. */
const INITIAL = 'initial';

/** The name of the only objective, where the request gives none. */
const VALUE = 'value';

/** A study as this program runs it. */
export interface AskTellStudy extends SearchStudy {
  readonly scheduler: SchedulerDefinition;
  /** What the scheduler may start: without a number of evaluations only the budget ends the study. */
  readonly maxTrials: number;
  /** What starting an attempt takes, as so much of the resource. */
  readonly startUp: number;
}

/** The study that an init request describes. */
export function toStudy(request: InitRequest): AskTellStudy {
  const { space, constraints = [], initial = [], seed = 0, budget = {}, fidelity } = request;
  const [objective, ...additionalObjectives] = toObjectives(request);
  const tuner: SearchStudy['tuner'] = {
    searchSpace: space.params.map(toParameter),
    parameterConstraints: constraints,
    objective,
    additionalObjectives,
    outcomeConstraints: (request.outcomeConstraints ?? []).map(toOutcomeConstraint),
    searchAlgorithm: toAlgorithm(request),
    initialConfigurations: initial,
    maxTrials:
      budget.evals ??
      (budget.resource !== undefined && fidelity !== undefined
        ? Math.max(Math.ceil(budget.resource / fidelity.max), 1)
        : DEFAULT_TRIALS),
    maxParallelTrials: budget.parallel ?? 1,
  };
  check(tuner, seed);
  return {
    seed,
    tuner,
    scheduler: toScheduler(request),
    maxTrials: budget.evals ?? (fidelity === undefined ? DEFAULT_TRIALS : MAX_TRIALS),
    startUp: fidelity?.startUp ?? 0,
  };
}

function toAlgorithm({ algo = 'auto', options = {} }: InitRequest): SearchAlgorithmDefinition {
  if (!Object.hasOwn(ALGORITHMS, algo)) {
    throw new Error(`algo must be one of ${Object.keys(ALGORITHMS).join(', ')}, got ${JSON.stringify(algo)}`);
  }
  const { populationSize, sampleSize, pointsPerParameter } = options;
  const given = Object.entries({ populationSize, sampleSize, pointsPerParameter }).filter(([, v]) => v !== undefined);
  return { ...ALGORITHMS[algo], ...Object.fromEntries(given) } as SearchAlgorithmDefinition;
}

function toObjectives({ objectives, direction }: InitRequest): ObjectiveDefinition[] {
  if (objectives === undefined) return [{ metric: VALUE, direction: direction ?? 'minimize' }];
  if (direction !== undefined) throw new Error('direction must be left out where there are objectives');
  if (objectives.length === 0) throw new Error('objectives must hold at least one, got none');
  return objectives.map((objective) => ({ metric: objective.name, direction: objective.direction ?? 'minimize' }));
}

function toOutcomeConstraint({ name, atMost, atLeast }: ProtocolOutcomeConstraint): OutcomeConstraintDefinition {
  if (atMost !== undefined && atLeast === undefined) return { metric: name, relation: 'atMost', bound: atMost };
  if (atLeast !== undefined && atMost === undefined) return { metric: name, relation: 'atLeast', bound: atLeast };
  throw new Error(`outcome constraint ${JSON.stringify(name)} must have either atMost or atLeast`);
}

function toParameter(given: ProtocolParameter): ParameterDefinition {
  const { name, type, low, high, log, reverseLog, choices, activeIf } = given;
  const common = { name, ...(activeIf && { activeWhen: { parameter: activeIf.param, values: activeIf.in } }) };
  const scaling = log ? 'logarithmic' : reverseLog ? 'reverseLogarithmic' : 'linear';
  const wanted = type === 'float' || type === 'int' ? (['low', 'high'] as const) : (['choices'] as const);
  const missing = wanted.filter((field) => given[field] === undefined);
  if (missing.length > 0) {
    throw new Error(`parameter ${JSON.stringify(name)} of type ${type} must have ${missing.join(' and ')}`);
  }
  switch (type) {
    case 'float':
      return { ...common, type: 'continuous', min: low!, max: high!, scaling };
    case 'int':
      return { ...common, type: 'integer', min: low!, max: high!, scaling };
    case 'cat':
      return { ...common, type: 'categorical', values: choices! };
    case 'ordinal':
      return { ...common, type: 'ordinal', values: choices! };
  }
}

/** The checks that Open study makes too. */
function check(tuner: SearchStudy['tuner'], seed: number): void {
  const { searchSpace, parameterConstraints, initialConfigurations } = tuner;
  throwAny(searchSpaceProblems(searchSpace).map((problem) => `space: ${problem}`));
  throwAny([...goalProblems(tuner), ...constraintProblems(parameterConstraints, searchSpace)]);
  throwAny(initialProblems(tuner, INITIAL));
  const space = new SearchSpace(searchSpace, parameterConstraints);
  const empty = emptySpaceProblem(space);
  throwAny(empty === undefined ? [] : [empty]);
  throwAny(completionProblems(space, initialConfigurations, seed, INITIAL));
}

function throwAny(problems: string[]): void {
  if (problems.length > 0) throw new Error(problems.join('; '));
}
