import { ScalingName } from '../../../lib/contract/search-space';

/** Maps [min, max] to [0, 1] so that equal distances are equally important under the scaling. */
export function toUnit(value: number, min: number, max: number, scaling: ScalingName): number {
  switch (scaling) {
    case 'linear':
      return (value - min) / (max - min);
    case 'logarithmic':
      return (Math.log(value) - Math.log(min)) / (Math.log(max) - Math.log(min));
    case 'reverseLogarithmic':
      return (Math.log1p(-min) - Math.log1p(-value)) / (Math.log1p(-min) - Math.log1p(-max));
  }
}

/** The inverse of `toUnit`, kept inside [min, max] against rounding. */
export function fromUnit(unit: number, min: number, max: number, scaling: ScalingName): number {
  return Math.min(Math.max(unscaled(unit, min, max, scaling), min), max);
}

function unscaled(unit: number, min: number, max: number, scaling: ScalingName): number {
  switch (scaling) {
    case 'linear':
      return min + unit * (max - min);
    case 'logarithmic':
      return Math.exp(Math.log(min) + unit * (Math.log(max) - Math.log(min)));
    case 'reverseLogarithmic':
      return -Math.expm1(Math.log1p(-min) - unit * (Math.log1p(-min) - Math.log1p(-max)));
  }
}
