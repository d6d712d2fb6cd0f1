import { Configuration } from '../../../../lib/contract/search-space';
import { minimizeInBox } from '../../numerics/lbfgs';
import { Random } from '../../random/random';
import { ModelInputs } from '../gaussian-process/model-inputs';
import { Acquisition } from './acquisition';
import { candidates, perturbed } from './candidates';

/** Climbs start from this many of the best candidates, and from beside the best trial. */
const CLIMBS = 8;
const BESIDE_BEST = 0.02;

/** A climb alternates between the gradient and the discrete coordinates at most so often. */
const MAX_ROUNDS = 4;
const MAX_STEPS = 20;
const SMALLEST_GAIN = 1e-6;

/**
 * The new configuration with the highest acquisition value that a search of the space finds; undefined if it found none.
 *
 * @param observed points of trials, the best first; at least one
 * @param isNew whether a configuration may be proposed
 */
export function maximize(
  acquisition: Acquisition,
  inputs: ModelInputs,
  observed: readonly Float64Array[],
  isNew: (configuration: Configuration) => boolean,
  random: Random,
): Configuration | undefined {
  const scored = candidates(inputs, observed, random)
    .map((point) => ({ point, value: acquisition.value(point) }))
    .sort((a, b) => b.value - a.value);
  const starts = [
    ...scored.slice(0, CLIMBS).map(({ point }) => point),
    perturbed(inputs, observed[0], BESIDE_BEST, random),
  ];
  let best: { configuration: Configuration; value: number } | undefined;
  const offer = (point: Float64Array, known?: number) => {
    if (known !== undefined && best !== undefined && known <= best.value) return;
    const configuration = inputs.toConfiguration(point);
    if (!isNew(configuration)) return;
    // a climb ends between the values of an integer.
    const value = acquisition.value(inputs.toPoint(configuration));
    if (best === undefined || value > best.value) best = { configuration, value };
  };
  // the best new candidate, in case that no climb ends at a new configuration; those after it are passed over.
  scored.forEach(({ point, value }) => offer(point, value));
  starts.forEach((start) => offer(climb(acquisition, inputs, start, isNew)));
  return best?.configuration;
}

/** Up the gradient in the continuous coordinates, then value by value in the discrete ones, until nothing is gained. */
function climb(
  acquisition: Acquisition,
  inputs: ModelInputs,
  start: Float64Array,
  isNew: (configuration: Configuration) => boolean,
): Float64Array {
  const hasGradient = inputs.dimensions.some(({ levels }) => levels === undefined);
  let point: Float64Array = Float64Array.from(start);
  let value = acquisition.value(point);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = value;
    if (hasGradient) [point, value] = alongGradient(acquisition, inputs, point, value);
    [point, value] = alongLevels(acquisition, inputs, point, value, isNew);
    if (!(value - before >= SMALLEST_GAIN)) break;
  }
  return point;
}

function alongGradient(
  acquisition: Acquisition,
  inputs: ModelInputs,
  start: Float64Array,
  value: number,
): [Float64Array, number] {
  const configuration = inputs.toConfiguration(start);
  // a parameter that isn't active has its place, from which nothing is gained.
  const moves = inputs.dimensions.map(
    ({ levels, parameter }) => levels === undefined && Object.hasOwn(configuration, parameter.name),
  );
  const result = minimizeInBox(
    (point, gradient) => {
      const height = acquisition.valueAndGradient(point, gradient);
      for (let c = 0; c < gradient.length; c++) gradient[c] = -gradient[c];
      return -height;
    },
    start,
    {
      lower: start.map((coordinate, c) => (moves[c] ? 0 : coordinate)),
      upper: start.map((coordinate, c) => (moves[c] ? 1 : coordinate)),
      maxIterations: MAX_STEPS,
      gradientTolerance: 1e-4,
      valueTolerance: 1e-6,
    },
  );
  return -result.value > value ? [result.x, -result.value] : [start, value];
}

/** A configuration that was tried doesn't hold the climb. */
function alongLevels(
  acquisition: Acquisition,
  inputs: ModelInputs,
  start: Float64Array,
  startValue: number,
  isNew: (configuration: Configuration) => boolean,
): [Float64Array, number] {
  let point = start;
  let value = startValue;
  inputs.dimensions.forEach(({ levels }, c) => {
    for (const level of levels ?? []) {
      if (level === point[c]) continue;
      const other = Float64Array.from(point);
      other[c] = level;
      inputs.snap(other);
      const height = acquisition.value(other);
      if (height > value && isNew(inputs.toConfiguration(other))) {
        point = other;
        value = height;
      }
    }
  });
  return [point, value];
}
