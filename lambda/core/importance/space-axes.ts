import { ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { Axis } from '../models/random-forest/axis';
import { decode, encode } from '../space/parameter-codec';
import { toUnit } from '../space/scaling';
import { SearchSpace } from '../space/search-space';
import { Interval, Side } from './side';

/** Where a parameter is active: parts of the axes of the parameters above it. */
export type ActiveRegion = readonly { readonly axis: number; readonly side: Side }[];

/** The parameter as an axis that trees split: in the unit interval under its scaling, or by its categories. */
export function axisOf(parameter: ParameterDefinition): Axis {
  switch (parameter.type) {
    case 'categorical':
      return { kind: 'categories', count: parameter.values.length };
    case 'integer':
      return { kind: 'ordered', cut: (below, above) => cellBorder(parameter, below, above) };
    default:
      return { kind: 'ordered' };
  }
}

/** Where the value lies on the parameter's axis. */
export function coordinateOf(parameter: ParameterDefinition, value: ParameterValue): number {
  return parameter.type === 'categorical' ? parameter.values.indexOf(value) : encode(parameter, value);
}

/** A parameter is active where all parameters above it have a value that lets it be. */
export function activeRegionOf(space: SearchSpace, parameter: ParameterDefinition): ActiveRegion {
  const region: { axis: number; side: Side }[] = [];
  let { activeWhen } = parameter;
  while (activeWhen !== undefined) {
    const condition = activeWhen;
    const axis = space.parameters.findIndex(({ name }) => name === condition.parameter);
    region.push({ axis, side: sideOf(space.parameters[axis], condition.values) });
    activeWhen = space.parameters[axis].activeWhen;
  }
  return region;
}

/** The part of the parameter's axis that belongs to these values. */
function sideOf(parameter: ParameterDefinition, values: readonly ParameterValue[]): Side {
  switch (parameter.type) {
    case 'categorical':
      return Uint8Array.from(parameter.values, (value) => (values.includes(value) ? 1 : 0));
    case 'ordinal':
      return parameter.values.flatMap((value, i): Interval[] =>
        values.includes(value) ? [[i / parameter.values.length, (i + 1) / parameter.values.length]] : [],
      );
    case 'integer':
      return [...new Set(values)].map((value): Interval => cellOf(parameter, value as number));
    case 'constant':
      return values.includes(parameter.value) ? [[0, 1]] : [];
    case 'continuous':
      // a condition on a continuous parameter isn't a valid one.
      return [];
  }
}

type IntegerParameter = Extract<ParameterDefinition, { type: 'integer' }>;

/** Half a step around an integer, as the codec has it. */
function cellOf(parameter: IntegerParameter, value: number): Interval {
  return [unitOf(parameter, value - 0.5), unitOf(parameter, value + 0.5)];
}

/** The border between two cells in the middle of two integers. */
function cellBorder(parameter: IntegerParameter, below: number, above: number): number {
  const [low, high] = [decode(parameter, below) as number, decode(parameter, above) as number];
  const border = unitOf(parameter, Math.floor((low + high) / 2) + 0.5);
  // for ranges at the limits of a number's digits.
  return border > below && border < above ? border : below + (above - below) / 2;
}

function unitOf({ min, max, scaling }: IntegerParameter, value: number): number {
  return toUnit(value, min - 0.5, max + 0.5, scaling);
}
