import { Axis, Columns } from '../models/random-forest/axis';
import { growForest } from '../models/random-forest/random-forest';
import { Purpose, Random } from '../random/random';
import { Observation, finished } from '../search/search-algorithm';
import { SearchSpace } from '../space/search-space';
import { mainEffects } from './main-effects';
import { robustLosses } from './robust-losses';
import { activeRegionOf, axisOf, coordinateOf } from './space-axes';

/** How much of what the parameters explain is due to this one, from 0 to 1. */
export interface ParameterImportance {
  readonly parameter: string;
  readonly importance: number;
}

/** With fewer results a forest says nothing. */
const MIN_FINISHED = 10;

/** More trials are not looked at: a forest of these knows a main effect well enough. */
const MAX_FINISHED = 2000;

/** In a space of many parameters fewer are looked at, so that it takes about a second: trials times parameters. */
const MAX_COORDINATES = 20_000;

/**
 * The importance of each parameter for the first objective: its share in the sum of all main effects, by functional
 * analysis of variance of a random forest, over the whole space under the parameters' scalings, not only where the search
 * has been most. Most important first; constants have 0. A conditional parameter counts as far as it is active: see
 * `mainEffects`; of `robustLosses` and what they do to trials that went astray, see there.
 *
 * Empty with fewer than 10 finished trials, and where the results show no difference that a forest could explain.
 *
 * @see Hutter, Hoos, Leyton-Brown, An efficient approach for assessing hyperparameter importance, ICML 2014
 */
export function importanceOf(space: SearchSpace, history: readonly Observation[], seed: number): ParameterImportance[] {
  const observations = chosen(space, finished(history), seed);
  if (observations.length < MIN_FINISHED) return [];
  const losses = robustLosses(observations.map(({ losses: [loss] = [] }) => loss));
  if (losses === undefined) return [];

  const axes = space.parameters.map(axisOf);
  const coordinates = observations.map((observation) => coordinatesOf(space, observation));
  const forest = growForest(
    axes,
    (_, random) => columnsOf(axes, coordinates, random),
    losses,
    (tree) => new Random(seed, tree + 1, Purpose.IMPORTANCE),
  );
  const regions = space.parameters.map((parameter) => activeRegionOf(space, parameter));
  const effects = mainEffects(forest, axes, regions);
  const sum = effects.reduce((total, effect) => total + effect, 0);
  if (!(sum > 0)) return [];
  return space.parameters
    .map(({ name }, i) => ({ parameter: name, importance: effects[i] / sum }))
    .sort((a, b) => b.importance - a.importance || (a.parameter < b.parameter ? -1 : 1));
}

/** In an order that doesn't depend on how they are listed, and at most as many as are looked at. */
function chosen(space: SearchSpace, observations: readonly Observation[], seed: number): Observation[] {
  const sorted = observations
    .map((observation) => ({ observation, key: space.key(observation.configuration), loss: observation.losses![0] }))
    .sort(
      (a, b) =>
        a.observation.trial - b.observation.trial || (a.key === b.key ? a.loss - b.loss : a.key < b.key ? -1 : 1),
    )
    .map(({ observation }) => observation);
  const most = Math.min(MAX_FINISHED, Math.ceil(MAX_COORDINATES / space.dimension));
  if (sorted.length <= most) return sorted;
  const drawn = new Random(seed, 0, Purpose.IMPORTANCE).permutation(sorted.length).slice(0, most);
  return drawn.map((i) => sorted[i]);
}

/** Undefined where the parameter isn't active. */
function coordinatesOf(space: SearchSpace, { configuration }: Observation): (number | undefined)[] {
  return space.parameters.map((parameter) =>
    Object.hasOwn(configuration, parameter.name) ? coordinateOf(parameter, configuration[parameter.name]) : undefined,
  );
}

/**
 * The points with each inactive coordinate drawn at random. The objective doesn't depend on it there, so these are points
 * of the very function on the whole cube that the analysis is of; each tree gets draws of its own.
 */
function columnsOf(
  axes: readonly Axis[],
  coordinates: readonly (readonly (number | undefined)[])[],
  random: Random,
): Columns {
  return axes.map((axis, i) =>
    Float64Array.from(
      coordinates,
      (point) => point[i] ?? (axis.kind === 'ordered' ? random.uniform() : random.integer(axis.count)),
    ),
  );
}
