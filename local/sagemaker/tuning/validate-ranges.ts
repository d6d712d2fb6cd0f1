import { validationError } from '../validate-request';
import type { CreateTuningJobRequest, NumberRange, ParameterRanges, StrategyName } from './tuning-job';

const MAX_RANGES = 30;
const MAX_HYPERPARAMETERS = 100;

/** What AMT adds to the hyperparameters of each training job. */
export const OBJECTIVE_HYPERPARAMETER = '_tuning_objective_metric';

/** Checks what a definition's training jobs are searched over. */
export function checkRanges(
  ranges: ParameterRanges,
  place: string,
  fixed: Readonly<Record<string, string>> = {},
  { HyperParameterTuningJobConfig: { Strategy }, Autotune }: CreateTuningJobRequest,
): void {
  const {
    IntegerParameterRanges: integers = [],
    ContinuousParameterRanges: continuous = [],
    CategoricalParameterRanges: categorical = [],
    AutoParameters: automatic = [],
  } = ranges;
  const count = integers.length + continuous.length + categorical.length;
  if (count > MAX_RANGES) {
    throw validationError(
      `${place} has ${count} ranges. Integer, continuous and categorical ranges together may be at most ${MAX_RANGES}.`,
    );
  }
  if (count + automatic.length === 0) {
    throw validationError(`${place} has no range. Give at least one hyperparameter to search over.`);
  }
  if (automatic.length > 0 && Autotune === undefined) {
    throw validationError(
      `${place}.AutoParameters is only supported with Autotune. Give Autotune with the Mode Enabled, or ranges.`,
    );
  }
  checkStrategy(Strategy, ranges, place);
  checkNames(
    [...integers, ...continuous, ...categorical, ...automatic].map(({ Name }) => Name),
    place,
    fixed,
  );
  for (const range of integers) checkIntegerRange(range, `${place}.IntegerParameterRanges`);
  for (const range of continuous) checkContinuousRange(range, `${place}.ContinuousParameterRanges`);
}

function checkStrategy(strategy: StrategyName, ranges: ParameterRanges, place: string): void {
  if (strategy !== 'Grid') return;
  const { CategoricalParameterRanges: _allowed, ...others } = ranges;
  const other = Object.entries(others).find(([, list]) => list !== undefined && list.length > 0)?.[0];
  if (other !== undefined) {
    throw validationError(
      `${place}.${other} is not supported with the Strategy Grid, which takes categorical ranges only. ` +
        'Give CategoricalParameterRanges, or another Strategy.',
    );
  }
}

function checkNames(names: readonly string[], place: string, fixed: Readonly<Record<string, string>>): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw validationError(`${place}: the hyperparameter '${repeated}' is repeated.`);
  const both = names.find((name) => Object.hasOwn(fixed, name));
  if (both !== undefined) {
    throw validationError(
      `The hyperparameter '${both}' stands in StaticHyperParameters and in ${place}. Leave it out of one of them.`,
    );
  }
  if ([...names, ...Object.keys(fixed)].includes(OBJECTIVE_HYPERPARAMETER)) {
    throw validationError(
      `The hyperparameter '${OBJECTIVE_HYPERPARAMETER}' is set by the tuning job. Leave it out of the request.`,
    );
  }
  const count = names.length + Object.keys(fixed).length;
  if (count > MAX_HYPERPARAMETERS) {
    throw validationError(
      `StaticHyperParameters and ${place} have ${count} hyperparameters. They may have at most ${MAX_HYPERPARAMETERS} together.`,
    );
  }
}

function checkIntegerRange(range: NumberRange, place: string): void {
  const [min, max] = bounds(range, place);
  for (const [field, value] of [
    ['MinValue', min],
    ['MaxValue', max],
  ] as const) {
    if (!Number.isSafeInteger(value)) throw wrong(range, place, field, 'is no integer');
  }
  if (range.ScalingType === 'ReverseLogarithmic') {
    throw wrong(range, place, 'ScalingType', 'is for continuous ranges. Use Auto, Linear or Logarithmic');
  }
  checkLogarithm(range, place, min);
}

function checkContinuousRange(range: NumberRange, place: string): void {
  const [min, max] = bounds(range, place);
  checkLogarithm(range, place, min);
  if (range.ScalingType === 'ReverseLogarithmic' && !(min >= 0 && max < 1)) {
    throw wrong(range, place, 'ScalingType', `needs 0 <= MinValue and MaxValue < 1, got ${min} to ${max}`);
  }
}

function bounds(range: NumberRange, place: string): [number, number] {
  const [min, max] = (['MinValue', 'MaxValue'] as const).map((field) => {
    const value = range[field].trim() === '' ? NaN : Number(range[field]);
    if (!Number.isFinite(value)) throw wrong(range, place, field, 'is no number');
    return value;
  });
  if (min > max) throw wrong(range, place, 'MinValue', `is greater than MaxValue '${range.MaxValue}'`);
  return [min, max];
}

function checkLogarithm(range: NumberRange, place: string, min: number): void {
  if (range.ScalingType === 'Logarithmic' && min <= 0) {
    throw wrong(range, place, 'ScalingType', `needs a MinValue above 0, got ${min}`);
  }
}

function wrong(range: NumberRange, place: string, field: keyof NumberRange, problem: string) {
  return validationError(`${place}: ${field} '${range[field]}' of '${range.Name}' ${problem}.`);
}
