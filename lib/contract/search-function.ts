import { MAX_TRIALS, STUDY_NAME_PATTERN } from './limits';
import { Schema, integer } from './schemas';
import { Configuration, SearchSpaceDefinition } from './search-space';
import { OutcomeConstraintDefinition } from './tuner-definition';

/**
 * What a tuner asks of a search algorithm that is a Lambda function of the user's, and what it answers. See
 * docs/own-search-algorithm.md.
 */

/** Goes up when a function that was written for an earlier one might not understand a request. */
export const SEARCH_FUNCTION_VERSION = 1;

/** A trial as the function gets to know it. */
export interface SearchFunctionTrial {
  /** From 1; 0 for a result that is known from elsewhere. */
  readonly trial: number;
  /** `pending` while it runs; `failed` when it has no result and will have none. */
  readonly status: 'finished' | 'pending' | 'failed';
  readonly configuration: Configuration;
  /** Of a finished trial each objective, and the metrics of outcome constraints that it reported; else empty. */
  readonly values: Record<string, number>;
}

export interface SearchFunctionRequest {
  readonly version: typeof SEARCH_FUNCTION_VERSION;
  readonly study: string;
  /** The study's; the same request should get the same answer. */
  readonly seed: number;
  /** Number of the first trial that is asked for. */
  readonly trial: number;
  /** How many configurations are asked for; 1 in this version. */
  readonly count: number;
  readonly maxTrials: number;
  readonly maxParallelTrials: number;
  readonly space: SearchSpaceDefinition;
  /** Expressions that every configuration must meet. */
  readonly parameterConstraints: readonly string[];
  /** The primary one first. */
  readonly objectives: readonly { readonly metric: string; readonly direction: 'maximize' | 'minimize' }[];
  readonly outcomeConstraints: readonly OutcomeConstraintDefinition[];
  /** By number. */
  readonly trials: readonly SearchFunctionTrial[];
  /** Trials that aren't in `trials` since the request would be too large. */
  readonly omittedTrials: number;
}

/** New configurations, or word that there are no others. */
export type SearchFunctionAnswer =
  { readonly configurations: readonly Configuration[] } | { readonly exhausted: string };

const value: Schema = { type: ['string', 'number', 'boolean'], description: 'a text, a number, true or false' };

const configuration: Schema = {
  type: 'object',
  description: 'an object with a value for each active parameter',
  additionalProperties: value,
};

const count = (minimum: number) => integer(minimum, MAX_TRIALS);

const metric: Schema = { type: 'string', description: 'the name of a metric' };

/** JSON schema (draft 7) of a request. */
export const SEARCH_FUNCTION_REQUEST_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  required: [
    'version',
    'study',
    'seed',
    'trial',
    'count',
    'maxTrials',
    'maxParallelTrials',
    'space',
    'parameterConstraints',
    'objectives',
    'outcomeConstraints',
    'trials',
    'omittedTrials',
  ],
  properties: {
    version: { enum: [SEARCH_FUNCTION_VERSION], description: `${SEARCH_FUNCTION_VERSION}` },
    study: { type: 'string', pattern: STUDY_NAME_PATTERN.source, description: 'the name of the study' },
    seed: integer(0, Number.MAX_SAFE_INTEGER),
    trial: count(1),
    count: count(1),
    maxTrials: count(1),
    maxParallelTrials: count(1),
    space: {
      type: 'array',
      description: 'the parameters',
      items: {
        type: 'object',
        description: 'a parameter',
        required: ['name', 'type'],
        properties: {
          name: { type: 'string', description: 'its name' },
          type: {
            enum: ['continuous', 'integer', 'categorical', 'ordinal', 'constant'],
            description: '"continuous", "integer", "categorical", "ordinal" or "constant"',
          },
          min: { type: 'number', description: 'the least value of a continuous or integer parameter' },
          max: { type: 'number', description: 'the largest value of a continuous or integer parameter' },
          scaling: {
            enum: ['linear', 'logarithmic', 'reverseLogarithmic'],
            description: '"linear", "logarithmic" or "reverseLogarithmic", of a continuous or integer parameter',
          },
          values: { type: 'array', items: value, description: 'the values of a categorical or ordinal parameter' },
          value: { ...value, description: 'the value of a constant' },
          activeWhen: {
            type: 'object',
            description: 'the condition under which a conditional parameter exists',
            required: ['parameter', 'values'],
            properties: {
              parameter: { type: 'string', description: 'the name of another parameter' },
              values: { type: 'array', items: value, description: 'the values of it with which this one exists' },
            },
          },
        },
      },
    },
    parameterConstraints: {
      type: 'array',
      items: { type: 'string', description: 'an expression over the parameters' },
      description: 'conditions that every configuration must meet',
    },
    objectives: {
      type: 'array',
      minItems: 1,
      description: 'the objectives, the primary one first',
      items: {
        type: 'object',
        description: 'an objective',
        required: ['metric', 'direction'],
        properties: {
          metric,
          direction: { enum: ['maximize', 'minimize'], description: '"maximize" or "minimize"' },
        },
      },
    },
    outcomeConstraints: {
      type: 'array',
      description: 'bounds on metrics',
      items: {
        type: 'object',
        description: 'a bound on a metric',
        required: ['metric', 'relation', 'bound'],
        properties: {
          metric,
          relation: { enum: ['atMost', 'atLeast'], description: '"atMost" or "atLeast"' },
          bound: { type: 'number', description: 'a number' },
        },
      },
    },
    trials: {
      type: 'array',
      description: 'the trials so far, by number',
      items: {
        type: 'object',
        description: 'a trial',
        required: ['trial', 'status', 'configuration', 'values'],
        properties: {
          trial: { ...count(0), description: 'its number, 0 for a result that is known from elsewhere' },
          status: { enum: ['finished', 'pending', 'failed'], description: '"finished", "pending" or "failed"' },
          configuration,
          values: {
            type: 'object',
            description: 'values by metric, empty unless the trial is finished',
            additionalProperties: { type: 'number', description: 'a number' },
          },
        },
      },
    },
    omittedTrials: { ...count(0), description: 'how many trials were left out since the request would be too large' },
  },
};

/** JSON schema (draft 7) of an answer: either `configurations` or `exhausted`. */
export const SEARCH_FUNCTION_ANSWER_SCHEMA: Schema = {
  type: 'object',
  description: 'an object with "configurations" or "exhausted"',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    configurations: {
      type: 'array',
      description: 'a list of as many configurations as were asked for',
      items: configuration,
    },
    exhausted: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'a text of 1 to 1000 characters that says why there is no other configuration',
    },
  },
};
