import { Random } from '../../random/random';
import { ModelInputs } from '../gaussian-process/model-inputs';

const RANDOM = 400;
const CROSSED = 100;
const PERTURBED = 100;

/** Every other random candidate has each numeric coordinate at a bound with this probability: optima often lie there. */
const AT_BOUND = 0.3;

/** How far perturbed candidates lie from a good trial, in units of the range. */
const STEPS = [0.2, 0.1, 0.03];

/** Perturbed candidates start from this many of the best trials. */
const BEST = 5;

/** Most good trials that are crossed with each other. */
const MOST_PARENTS = 20;

/**
 * Points to look at first: random ones all over the space, mixtures of two good trials, and neighbours of the best.
 *
 * @param observed points of trials, the best first; at least one
 */
export function candidates(inputs: ModelInputs, observed: readonly Float64Array[], random: Random): Float64Array[] {
  const parents = Math.max(2, Math.min(Math.ceil(observed.length / 5), MOST_PARENTS));
  const pick = (most: number) => observed[random.integer(Math.min(most, observed.length))];
  return [
    ...Array.from({ length: RANDOM }, (_, i) => {
      const point = inputs.fromUnitCube(random.point(inputs.space.dimension));
      return i % 2 === 0 ? point : atBounds(inputs, point, random);
    }),
    ...Array.from({ length: CROSSED }, () => {
      const mother = pick(parents);
      const father = pick(2 * parents);
      return inputs.snap(mother.map((coordinate, c) => (random.uniform() < 0.5 ? coordinate : father[c])));
    }),
    ...Array.from({ length: PERTURBED }, (_, i) =>
      perturbed(inputs, observed[i % Math.min(BEST, observed.length)], STEPS[i % STEPS.length], random),
    ),
  ];
}

/** A neighbour: some coordinates move by a normal step, categories to any other. */
export function perturbed(inputs: ModelInputs, point: Float64Array, step: number, random: Random): Float64Array {
  const rate = Math.max(0.3, Math.min(1, 3 / inputs.size));
  const moved = point.map((coordinate, c) => {
    if (random.uniform() >= rate) return coordinate;
    const { isCategorical, levels } = inputs.dimensions[c];
    return isCategorical
      ? random.integer(levels!.length)
      : Math.min(Math.max(coordinate + step * random.normal(), 0), 1);
  });
  return inputs.snap(moved);
}

function atBounds(inputs: ModelInputs, point: Float64Array, random: Random): Float64Array {
  return inputs.snap(
    point.map((coordinate, c) =>
      inputs.dimensions[c].isCategorical || random.uniform() >= AT_BOUND ? coordinate : Math.round(coordinate),
    ),
  );
}
