import { Configuration } from '../../../lib/contract/search-space';
import { Purpose, Random } from '../random/random';
import { SearchSpace } from './search-space';

/** So many random configurations, or all of a space that has no more. */
const TRIES = 10_000;

/** Why nothing can be found in the space, or undefined: its constraints allow none of many configurations. */
export function emptySpaceProblem(space: SearchSpace): string | undefined {
  if (space.constraints.length === 0) return undefined;
  const allowing = space.constraints.map(() => 0);
  let tried = 0;
  for (const configuration of someConfigurations(space)) {
    const verdicts = space.constraints.map((constraint) => constraint.allows(configuration));
    if (verdicts.every(Boolean)) return undefined;
    verdicts.forEach((allows, i) => (allowing[i] += Number(allows)));
    tried++;
  }
  const counts = space.constraints.map(({ text }, i) => `${JSON.stringify(text)} allows ${allowing[i]}`);
  const which = tried === space.size ? `none of all ${tried} configurations` : `none of ${tried} random configurations`;
  return `parameterConstraints allow ${which}; ${counts.join(', ')}. Make them less strict, or the ranges narrower`;
}

function* someConfigurations(space: SearchSpace): Generator<Configuration> {
  if (space.size <= TRIES) {
    yield* space.enumerate();
    return;
  }
  // the same for every study: whether a tuner works must not hang on a study's seed.
  const random = new Random(0, 0, Purpose.FILL);
  for (let i = 0; i < TRIES; i++) yield space.decode(random.point(space.dimension));
}
