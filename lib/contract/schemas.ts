import {
  MAX_DURATION_SECONDS,
  MAX_PARALLEL_TRIALS,
  MAX_SLOTS_PER_WORKER,
  MAX_TRIALS,
  MAX_WORKERS,
  METRIC_NAME_PATTERN,
  STUDY_NAME_PATTERN,
} from './limits';

/**
 * JSON schemas (draft 7) of the calls. `description` says what is allowed: it is quoted in the error that a caller gets,
 * after "must be".
 */
export interface Schema {
  readonly type?:
    'object' | 'string' | 'number' | 'integer' | 'array' | 'boolean' | ('string' | 'number' | 'boolean')[];
  readonly description: string;
  readonly properties?: Record<string, Schema>;
  readonly required?: string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly enum?: unknown[];
  readonly anyOf?: Schema[];
}

export const integer = (minimum: number, maximum: number): Schema => ({
  type: 'integer',
  minimum,
  maximum,
  description: `an integer from ${minimum} to ${maximum}`,
});

const text = (maxLength: number): Schema => ({
  type: 'string',
  minLength: 1,
  maxLength,
  description: `a text of 1 to ${maxLength} characters`,
});

const studyName: Schema = {
  type: 'string',
  pattern: STUDY_NAME_PATTERN.source,
  description: 'a name of 1 to 80 letters, digits, - and _ that starts with a letter or digit',
};

const time: Schema = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
  description: 'a time such as 2026-01-31T12:00:00.000Z',
};

const count = integer(0, Number.MAX_SAFE_INTEGER);
const anything: Schema = { description: 'any value' };

export const STUDY_INPUT_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  properties: {
    study: studyName,
    seed: integer(0, Number.MAX_SAFE_INTEGER),
    maxTrials: integer(1, MAX_TRIALS),
    maxParallelTrials: integer(1, MAX_PARALLEL_TRIALS),
    maxDurationSeconds: integer(1, MAX_DURATION_SECONDS),
    maxTrialsWithoutImprovement: integer(1, MAX_TRIALS),
    targetValue: { type: 'number', description: 'a number' },
    maxSpendUsd: { type: 'number', exclusiveMinimum: 0, description: 'a number of US dollars greater than 0' },
    // the console's dialog and nested executions put these in by themselves.
    Comment: { type: 'string', description: 'a text' },
    AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: { type: 'string', description: 'the ARN of an execution' },
  },
};

export const REPORT_REQUEST_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  required: ['study', 'trial', 'attempt', 'token', 'resource', 'metrics'],
  properties: {
    study: studyName,
    trial: integer(1, MAX_TRIALS),
    attempt: integer(1, 1_000_000),
    token: text(256),
    resource: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1e12,
      description: 'a number greater than 0 and at most 1e12',
    },
    metrics: {
      type: 'object',
      description: 'an object with 1 to 40 metrics',
      minProperties: 1,
      maxProperties: 40,
      propertyNames: {
        pattern: METRIC_NAME_PATTERN.source,
        description: 'a name of 1 to 255 letters, digits and _ . : / @ - that starts with a letter or underscore',
      },
      additionalProperties: {
        anyOf: [
          { type: 'number', description: 'a number' },
          { enum: ['NaN', 'Infinity', '-Infinity'], description: '"NaN", "Infinity" or "-Infinity"' },
        ],
        description: 'a number, "NaN", "Infinity" or "-Infinity"',
      },
    },
  },
};

const run = integer(1, Number.MAX_SAFE_INTEGER);

const turn: Record<string, Schema> = {
  study: studyName,
  run,
  round: integer(1, Number.MAX_SAFE_INTEGER),
  slot: integer(0, MAX_PARALLEL_TRIALS - 1),
  turn: count,
  retries: count,
  redrives: count,
  at: time,
};

export const OPEN_REQUEST_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  required: ['input', 'tuner', 'execution', 'executionName', 'at'],
  properties: {
    // checked by Open study itself, with the user's error name.
    input: anything,
    tuner: { type: 'object', description: "the tuner's definition" },
    execution: text(512),
    executionName: text(80),
    at: time,
  },
};

export const PLAN_REQUEST_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  required: ['study', 'run', 'round', 'at'],
  properties: { study: studyName, run, round: turn.round, redrives: count, at: time },
};

export const NEXT_REQUEST_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  required: ['study', 'run', 'round', 'slot', 'turn', 'at'],
  properties: turn,
};

const outcome: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  properties: {
    status: anything,
    secondaryStatus: anything,
    failureReason: anything,
    jobName: anything,
    modelArtifact: anything,
    billableSeconds: anything,
    trainingSeconds: anything,
    metrics: anything,
    error: anything,
    cause: anything,
  },
};

export const RECORD_REQUEST_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  required: ['study', 'run', 'round', 'slot', 'turn', 'trial', 'attempt', 'outcome', 'at'],
  properties: {
    ...turn,
    trial: integer(1, MAX_TRIALS),
    attempt: integer(1, 1_000_000),
    outcome,
  },
};

export const REVIEW_REQUEST_SCHEMA: Schema = {
  ...PLAN_REQUEST_SCHEMA,
  properties: { ...PLAN_REQUEST_SCHEMA.properties, outcome },
};

export const FINISH_REQUEST_SCHEMA: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  required: ['study', 'run', 'at'],
  properties: { study: studyName, run, at: time },
};

const trial = integer(1, MAX_TRIALS);
const attempt = integer(1, 1_000_000);
const worker = integer(1, MAX_WORKERS);

/** What a worker says comes from outside: each field of it is checked. */
const workerOutcome: Schema = {
  type: 'object',
  description: 'an object',
  additionalProperties: false,
  required: ['status'],
  properties: {
    status: { enum: ['Completed', 'Failed', 'Stopped'], description: '"Completed", "Failed" or "Stopped"' },
    secondaryStatus: {
      enum: ['Completed', 'Failed', 'Stopped', 'MaxRuntimeExceeded', 'HandedBack'],
      description: '"Completed", "Failed", "Stopped", "MaxRuntimeExceeded" or "HandedBack"',
    },
    failureReason: text(4096),
    jobName: text(300),
    modelArtifact: { type: 'string', pattern: '^s3://', maxLength: 1024, description: 'an s3:// URI' },
    trainingSeconds: { type: 'number', minimum: 0, description: 'a number of seconds' },
  },
};

const slot = {
  study: studyName,
  worker,
  slot: integer(0, MAX_SLOTS_PER_WORKER - 1),
  turn: count,
};

/** By the field `call`. */
export const WORKER_REQUEST_SCHEMAS: Readonly<Record<string, Schema>> = {
  join: {
    type: 'object',
    description: 'an object',
    additionalProperties: false,
    required: ['call', 'study', 'host', 'nonce', 'slots'],
    properties: {
      call: anything,
      study: studyName,
      host: text(200),
      nonce: text(100),
      slots: integer(1, MAX_SLOTS_PER_WORKER),
    },
  },
  next: {
    type: 'object',
    description: 'an object',
    additionalProperties: false,
    required: ['call', 'study', 'worker', 'slot', 'turn'],
    properties: { call: anything, ...slot },
  },
  record: {
    type: 'object',
    description: 'an object',
    additionalProperties: false,
    required: ['call', 'study', 'worker', 'slot', 'turn', 'trial', 'attempt', 'outcome'],
    properties: {
      call: anything,
      ...slot,
      trial,
      attempt,
      outcome: workerOutcome,
      leaving: { type: 'boolean', description: 'true or false' },
    },
  },
  heartbeat: {
    type: 'object',
    description: 'an object',
    additionalProperties: false,
    required: ['call', 'study', 'worker', 'running'],
    properties: {
      call: anything,
      study: studyName,
      worker,
      running: {
        type: 'array',
        maxItems: MAX_SLOTS_PER_WORKER,
        description: `a list of at most ${MAX_SLOTS_PER_WORKER} running attempts`,
        items: {
          type: 'object',
          description: 'an object',
          additionalProperties: false,
          required: ['trial', 'attempt'],
          properties: { trial, attempt },
        },
      },
    },
  },
  prepare: {
    type: 'object',
    description: 'an object',
    additionalProperties: false,
    required: ['call', 'study', 'worker'],
    properties: { call: anything, study: studyName, worker },
  },
};
