import { MAX_TRIALS } from '../../lib/contract/limits';
import { Schema, integer } from '../../lib/contract/schemas';
import { schemaProblems } from '../../lambda/core/validation';
import { Request } from './protocol';

const anything: Schema = { description: 'any value' };
const number: Schema = { type: 'number', description: 'a number' };
const truth: Schema = { type: 'boolean', description: 'true or false' };
const name: Schema = { type: 'string', minLength: 1, maxLength: 255, description: 'a text of 1 to 255 characters' };
const direction: Schema = { enum: ['minimize', 'maximize'], description: '"minimize" or "maximize"' };
const values: Schema = {
  type: 'array',
  description: 'a list of texts, numbers, true or false',
  items: { type: ['string', 'number', 'boolean'], description: 'a text, a number, true or false' },
};
const object: Schema = { type: 'object', description: 'an object' };
const id: Schema = { type: ['string', 'number'], description: 'the id of a trial' };

const exactly = (properties: Record<string, Schema>, required: string[]): Schema => ({
  ...object,
  additionalProperties: false,
  properties,
  required,
});

const listOf = (items: Schema, what: string): Schema => ({ type: 'array', items, description: `a list of ${what}` });

const parameter = exactly(
  {
    name,
    type: { enum: ['float', 'int', 'cat', 'ordinal'], description: '"float", "int", "cat" or "ordinal"' },
    low: number,
    high: number,
    log: truth,
    reverseLog: truth,
    choices: values,
    activeIf: exactly({ param: name, in: values }, ['param', 'in']),
  },
  ['name', 'type'],
);

const positive: Schema = { type: 'number', exclusiveMinimum: 0, description: 'a number greater than 0' };
const share: Schema = { type: 'number', minimum: 0, maximum: 1, description: 'a number from 0 to 1' };

const options = exactly(
  {
    populationSize: integer(2, 1000),
    sampleSize: integer(1, 1000),
    pointsPerParameter: integer(1, 1000),
    scheduler: name,
    mode: { enum: ['stop', 'promote'], description: '"stop" or "promote"' },
    brackets: integer(1, 100),
    minResource: positive,
    maxResource: positive,
    reductionFactor: { type: 'number', exclusiveMinimum: 1, description: 'a number greater than 1' },
    gracePeriod: positive,
    minimumTrials: integer(1, 10_000),
    patience: positive,
    minimumImprovement: { type: 'number', minimum: 0, description: 'a number of at least 0' },
    interval: positive,
    quantile: share,
    perturbation: share,
    resampleProbability: share,
  },
  [],
);

const init = exactly(
  {
    op: anything,
    algo: name,
    options,
    space: exactly({ params: listOf(parameter, 'parameters') }, ['params']),
    constraints: listOf({ type: 'string', description: 'an expression over the parameters' }, 'expressions'),
    direction,
    objectives: listOf(exactly({ name, direction }, ['name']), 'objectives'),
    outcomeConstraints: listOf(exactly({ name, atMost: number, atLeast: number }, ['name']), 'outcome constraints'),
    initial: listOf(object, 'configurations'),
    seed: integer(0, Number.MAX_SAFE_INTEGER),
    budget: exactly({ evals: integer(1, MAX_TRIALS), resource: number, parallel: integer(1, 1_000_000) }, []),
    fidelity: exactly({ name, min: number, max: number, startUp: number }, ['name', 'min', 'max']),
  },
  ['space'],
);

const result = exactly(
  {
    id,
    config: object,
    value: anything,
    values: object,
    step: number,
    status: { enum: ['done', 'stopped', 'paused'], description: '"done", "stopped" or "paused"' },
  },
  [],
);

const SCHEMAS: Record<Request['op'], Schema> = {
  init,
  ask: exactly({ op: anything, n: integer(1, 1000) }, []),
  report: exactly({ op: anything, id, step: number, value: anything, values: object }, ['id', 'step']),
  tell: exactly({ op: anything, results: listOf(result, 'results') }, ['results']),
  bye: object,
};

/** @throws Error that names every field that is wrong, what came and what is allowed */
export function parseRequest(line: string): Request {
  const request = parseObject(line);
  const op = String(request.op);
  if (!Object.hasOwn(SCHEMAS, op)) {
    throw new Error(`op must be one of ${Object.keys(SCHEMAS).join(', ')}, got ${JSON.stringify(request.op)}`);
  }
  const problems = schemaProblems(`the ${op} request`, SCHEMAS[op as Request['op']], request);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return request as unknown as Request;
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`a request must be a JSON object on one line, got ${line.slice(0, 100)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`a request must be a JSON object, got ${line.slice(0, 100)}`);
  }
  return value as Record<string, unknown>;
}
