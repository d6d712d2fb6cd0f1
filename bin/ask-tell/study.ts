import { ParameterDefinition } from '../../lib/contract/search-space';
import { SearchAlgorithmDefinition } from '../../lib/contract/tuner-definition';
import { searchSpaceProblems } from '../../lib/contract/validate-search-space';
import { SearchStudy } from '../../lambda/core/study/suggest';
import { InitRequest, ProtocolParameter } from './protocol';

/** Algorithms by the protocol's names, with the defaults of their factories. */
const ALGORITHMS: Record<string, SearchAlgorithmDefinition> = {
  auto: { name: 'auto' },
  gaussianProcess: { name: 'gaussianProcess' },
  tpe: { name: 'tpe' },
  cmaEs: { name: 'cmaEs' },
  evolution: { name: 'evolution', populationSize: 50, sampleSize: 10 },
  nsga2: { name: 'nsga2', populationSize: 50 },
  random: { name: 'random' },
  sobol: { name: 'sobol' },
  grid: { name: 'grid', pointsPerParameter: 5 },
};

const DEFAULT_TRIALS = 100;

/** The study that an init request describes. */
export function toStudy({ algo = 'auto', options = {}, space, seed = 0, budget = {}, fidelity }: InitRequest): SearchStudy {
  const algorithm = ALGORITHMS[algo];
  if (algorithm === undefined) {
    throw new Error(`algo must be one of ${Object.keys(ALGORITHMS).join(', ')}, got ${JSON.stringify(algo)}`);
  }
  const searchSpace = space.params.map(toParameter);
  const problems = searchSpaceProblems(searchSpace);
  if (problems.length > 0) throw new Error(`space: ${problems.join('; ')}`);
  const trials =
    budget.evals ??
    (budget.resource !== undefined && fidelity !== undefined ? Math.ceil(budget.resource / fidelity.max) : DEFAULT_TRIALS);
  return {
    seed,
    tuner: {
      searchSpace,
      searchAlgorithm: { ...algorithm, ...options } as SearchAlgorithmDefinition,
      initialConfigurations: [],
      maxTrials: trials,
      maxParallelTrials: budget.parallel ?? 1,
    },
  };
}

function toParameter({ name, type, low, high, log, reverseLog, choices, activeIf }: ProtocolParameter): ParameterDefinition {
  const common = { name, ...(activeIf && { activeWhen: { parameter: activeIf.param, values: activeIf.in } }) };
  const scaling = log ? 'logarithmic' : reverseLog ? 'reverseLogarithmic' : 'linear';
  switch (type) {
    case 'float':
      return { ...common, type: 'continuous', min: low!, max: high!, scaling };
    case 'int':
      return { ...common, type: 'integer', min: low!, max: high!, scaling };
    case 'cat':
      return { ...common, type: 'categorical', values: choices! };
    case 'ordinal':
      return { ...common, type: 'ordinal', values: choices! };
    default:
      throw new Error(`type of ${JSON.stringify(name)} must be float, int, cat or ordinal, got ${JSON.stringify(type)}`);
  }
}
