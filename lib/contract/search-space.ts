/**
 * The search space as plain data: what the constructs write into the state machine and the Lambda steps read.
 */

/** A value of a hyperparameter. On its way into a training job it becomes a string. */
export type ParameterValue = string | number | boolean;

/** One point of the search space: active parameters only, by name. */
export type Configuration = Record<string, ParameterValue>;

/** How the distance between two values is measured; the words are those of SageMaker automatic model tuning. */
export type ScalingName = 'linear' | 'logarithmic' | 'reverseLogarithmic';

/** A parameter exists only while another one has one of these values. */
export interface ActivityCondition {
  readonly parameter: string;
  readonly values: ParameterValue[];
}

interface NamedParameter {
  readonly name: string;
  readonly activeWhen?: ActivityCondition;
}

export interface ContinuousDefinition extends NamedParameter {
  readonly type: 'continuous';
  readonly min: number;
  readonly max: number;
  readonly scaling: ScalingName;
}

export interface IntegerDefinition extends NamedParameter {
  readonly type: 'integer';
  readonly min: number;
  readonly max: number;
  readonly scaling: ScalingName;
}

export interface CategoricalDefinition extends NamedParameter {
  readonly type: 'categorical';
  readonly values: ParameterValue[];
}

export interface OrdinalDefinition extends NamedParameter {
  readonly type: 'ordinal';
  readonly values: ParameterValue[];
}

export interface ConstantDefinition extends NamedParameter {
  readonly type: 'constant';
  readonly value: ParameterValue;
}

export type ParameterDefinition =
  ContinuousDefinition | IntegerDefinition | CategoricalDefinition | OrdinalDefinition | ConstantDefinition;

export type SearchSpaceDefinition = ParameterDefinition[];
