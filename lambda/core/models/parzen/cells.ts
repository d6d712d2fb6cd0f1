import { IntegerDefinition, OrdinalDefinition } from '../../../../lib/contract/search-space';
import { decode } from '../../space/parameter-codec';
import { toUnit } from '../../space/scaling';

/** The part of the unit interval that a discrete value owns. */
export interface Cell {
  readonly lower: number;
  readonly upper: number;
}

/** The cell around a place of the unit interval. */
export function cellAt(parameter: IntegerDefinition | OrdinalDefinition, unit: number): Cell {
  if (parameter.type === 'ordinal') {
    const count = parameter.values.length;
    const index = Math.min(Math.floor(unit * count), count - 1);
    return { lower: index / count, upper: (index + 1) / count };
  }
  const value = decode(parameter, unit) as number;
  const edge = (x: number) => toUnit(x, parameter.min - 0.5, parameter.max + 0.5, parameter.scaling);
  return { lower: edge(value - 0.5), upper: edge(value + 0.5) };
}
