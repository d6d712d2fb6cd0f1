import { ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { fromUnit, toUnit } from './scaling';

/**
 * The value at a place of the unit interval. Each value of a discrete parameter owns a cell: integers a cell around
 * them under the parameter's scaling, categories and levels cells of equal width.
 *
 * @param unit in 0 <= unit < 1
 */
export function decode(parameter: ParameterDefinition, unit: number): ParameterValue {
  switch (parameter.type) {
    case 'continuous':
      return fromUnit(unit, parameter.min, parameter.max, parameter.scaling);
    case 'integer': {
      const { min, max, scaling } = integerCells(parameter);
      const value = Math.round(fromUnit(unit, min, max, scaling));
      return Math.min(Math.max(value, parameter.min), parameter.max);
    }
    case 'categorical':
    case 'ordinal':
      return parameter.values[Math.min(Math.floor(unit * parameter.values.length), parameter.values.length - 1)];
    case 'constant':
      return parameter.value;
  }
}

/** The inverse of `decode`: for a discrete value the centre of its cell. */
export function encode(parameter: ParameterDefinition, value: ParameterValue): number {
  switch (parameter.type) {
    case 'continuous':
      return toUnit(value as number, parameter.min, parameter.max, parameter.scaling);
    case 'integer': {
      const { min, max, scaling } = integerCells(parameter);
      return toUnit(value as number, min, max, scaling);
    }
    case 'categorical':
    case 'ordinal':
      return (parameter.values.indexOf(value) + 0.5) / parameter.values.length;
    case 'constant':
      return 0.5;
  }
}

/** Whether the parameter can take this value. */
export function hasValue(parameter: ParameterDefinition, value: unknown): boolean {
  switch (parameter.type) {
    case 'continuous':
      return typeof value === 'number' && value >= parameter.min && value <= parameter.max;
    case 'integer':
      return Number.isInteger(value) && (value as number) >= parameter.min && (value as number) <= parameter.max;
    case 'categorical':
    case 'ordinal':
      return parameter.values.includes(value as ParameterValue);
    case 'constant':
      return value === parameter.value;
  }
}

/** How many values a parameter has; Infinity for a continuous one. */
export function cardinality(parameter: ParameterDefinition): number {
  switch (parameter.type) {
    case 'continuous':
      return Infinity;
    case 'integer':
      return parameter.max - parameter.min + 1;
    case 'categorical':
    case 'ordinal':
      return parameter.values.length;
    case 'constant':
      return 1;
  }
}

/** The range of an integer parameter with half a step on either side, so that the ends are as likely as the rest. */
function integerCells({
  min,
  max,
  scaling,
}: {
  min: number;
  max: number;
  scaling: 'linear' | 'logarithmic' | 'reverseLogarithmic';
}) {
  return { min: min - 0.5, max: max + 0.5, scaling };
}
