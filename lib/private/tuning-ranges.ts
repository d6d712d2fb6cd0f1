import { Token } from 'aws-cdk-lib';
import { ParameterDefinition } from '../contract/search-space';

/** SageMaker CreateHyperParameterTuningJob: ParameterRanges has at most 30 parameters in all, and 30 values for each. */
const MAX_PARAMETERS = 30;
const MAX_CATEGORIES = 30;

/** SageMaker: names and values of ranges have at most 256 characters. */
const MAX_LENGTH = 256;

const SCALINGS = { linear: 'Linear', logarithmic: 'Logarithmic', reverseLogarithmic: 'ReverseLogarithmic' };

export interface TuningRanges {
  readonly ranges: { readonly [kind: string]: object[] };
  /** Parameters with one value. */
  readonly constants: { readonly [name: string]: string };
}

/** The search space in the words of automatic model tuning; what it has no words for is refused by name. */
export function tuningRanges(space: readonly ParameterDefinition[]): TuningRanges {
  const constants: { [name: string]: string } = {};
  const continuous: object[] = [];
  const integer: object[] = [];
  const categorical: object[] = [];
  for (const parameter of space) {
    requireKnown(parameter);
    const { name } = parameter;
    switch (parameter.type) {
      case 'constant':
        constants[name] = String(parameter.value);
        break;
      case 'categorical':
      case 'ordinal':
        if (parameter.values.length > MAX_CATEGORIES) {
          throw refused(name, `at most ${MAX_CATEGORIES} values`, `${parameter.values.length}`, 'leave some out');
        }
        categorical.push({ Name: name, Values: parameter.values.map((value) => limited(name, String(value))) });
        break;
      default: {
        const range = {
          Name: name,
          MinValue: String(parameter.min),
          MaxValue: String(parameter.max),
          ScalingType: SCALINGS[parameter.scaling],
        };
        (parameter.type === 'integer' ? integer : continuous).push(range);
      }
    }
  }
  const count = continuous.length + integer.length + categorical.length;
  if (count > MAX_PARAMETERS) {
    throw new Error(
      `searchSpace must have at most ${MAX_PARAMETERS} parameters with TrialRunner.managedTuning, got ${count}; use another trial runner`,
    );
  }
  return {
    ranges: {
      ...(continuous.length > 0 && { ContinuousParameterRanges: continuous }),
      ...(integer.length > 0 && { IntegerParameterRanges: integer }),
      ...(categorical.length > 0 && { CategoricalParameterRanges: categorical }),
    },
    constants,
  };
}

function requireKnown(parameter: ParameterDefinition): void {
  const { name, activeWhen } = parameter;
  if (activeWhen !== undefined) {
    throw refused(name, 'no condition', `activeWhen ${activeWhen.parameter}`, 'remove it, or use another trial runner');
  }
  limited(name, name);
  if (Object.values(parameter).some((value) => Token.isUnresolved(value))) {
    throw refused(name, 'values that are known at synthesis', 'a token', 'give numbers, or use another trial runner');
  }
}

function limited(name: string, text: string): string {
  if (text.length > MAX_LENGTH) {
    throw refused(name, `names and values of at most ${MAX_LENGTH} characters`, `${text.length}`, 'shorten it');
  }
  return text;
}

function refused(name: string, allowed: string, got: string, fix: string): Error {
  return new Error(`parameter ${name} must have ${allowed} with TrialRunner.managedTuning, got ${got}; ${fix}`);
}
