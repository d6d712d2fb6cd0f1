import type { NumberRange, ParameterRanges, ScalingType } from './tuning-job';

/** A hyperparameter as the search takes it, with the values of the request read. */
export type SpaceParameter =
  | {
      readonly name: string;
      readonly type: 'continuous' | 'integer';
      readonly min: number;
      readonly max: number;
      readonly scaling: 'linear' | 'logarithmic' | 'reverseLogarithmic';
    }
  | { readonly name: string; readonly type: 'categorical'; readonly values: string[] }
  | { readonly name: string; readonly type: 'constant'; readonly value: string };

/** ScalingType Auto takes a range for one of magnitudes that goes over so many times its lower end. */
const MAGNITUDES = 100;

/** Autotune searches from a tenth of a hint to ten times of it. */
const AROUND_HINT = 10;

const SCALINGS = {
  Linear: 'linear',
  Logarithmic: 'logarithmic',
  ReverseLogarithmic: 'reverseLogarithmic',
} as const;

/** The ranges of a validated request as the parameters of a search space. */
export function parameterSpace(ranges: ParameterRanges): SpaceParameter[] {
  return [
    ...(ranges.IntegerParameterRanges ?? []).map((range) => numberParameter('integer', range)),
    ...(ranges.ContinuousParameterRanges ?? []).map((range) => numberParameter('continuous', range)),
    ...(ranges.CategoricalParameterRanges ?? []).map(({ Name, Values }) => categoricalParameter(Name, Values)),
    ...(ranges.AutoParameters ?? []).map(({ Name, ValueHint }) => hintedParameter(Name, ValueHint)),
  ];
}

function numberParameter(
  type: 'continuous' | 'integer',
  { Name, MinValue, MaxValue, ScalingType = 'Auto' }: NumberRange,
): SpaceParameter {
  const [min, max] = [Number(MinValue), Number(MaxValue)];
  if (min === max) return { name: Name, type: 'constant', value: String(min) };
  return { name: Name, type, min, max, scaling: scalingOf(ScalingType, min, max) };
}

// AWS doesn't say how Auto chooses.
function scalingOf(type: ScalingType, min: number, max: number) {
  if (type !== 'Auto') return SCALINGS[type];
  return min > 0 && max / min >= MAGNITUDES ? 'logarithmic' : 'linear';
}

function categoricalParameter(name: string, given: readonly string[]): SpaceParameter {
  const values = [...new Set(given)];
  return values.length === 1 ? { name, type: 'constant', value: values[0] } : { name, type: 'categorical', values };
}

function hintedParameter(name: string, hint: string): SpaceParameter {
  const value = hint.trim() === '' ? NaN : Number(hint);
  if (!Number.isFinite(value) || value === 0) return { name, type: 'constant', value: hint };
  const ends = [value / AROUND_HINT, value * AROUND_HINT].sort((a, b) => a - b);
  const isInteger = /^[+-]?\d+$/.test(hint.trim());
  const [min, max] = isInteger ? [Math.ceil(ends[0]), Math.floor(ends[1])] : ends;
  return { name, type: isInteger ? 'integer' : 'continuous', min, max, scaling: scalingOf('Auto', min, max) };
}
