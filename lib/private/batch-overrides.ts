import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { TrainAnswer } from '../contract/calls';
import { MAX_RUNTIME_SECONDS, MAX_TRIALS } from '../contract/limits';
import { BATCH_PRICE_KEY } from '../contract/prices';
import { ParameterDefinition, ParameterValue } from '../contract/search-space';
import { AttemptTexts, attemptEnvironment } from './batch-attempt';

/**
 * Batch starts a job by RunTask of ECS, which takes so many characters of overrides, as JSON. A job with more fails at its start.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 */
const MAX_LENGTH = 8192;

/** As long as what is known at deployment only mostly gets: names of buckets and functions. */
const LONGEST_REFERENCE = 64;

/** Of the shortest text that is exactly a number of double precision, such as -2.2250738585072014e-308. */
const LONGEST_NUMBER = 24;

/** How often anything is counted: attempts, turns of a slot, redrives. */
const LONGEST_COUNT = 999_999;

/** What Batch and Step Functions add by themselves; names of queues and environments have up to 128 characters. */
const ADDED_BY_AWS = {
  AWS_BATCH_JOB_ID: 'x'.repeat(36),
  AWS_BATCH_JOB_ATTEMPT: '10',
  AWS_BATCH_JQ_NAME: 'x'.repeat(128),
  AWS_BATCH_CE_NAME: 'x'.repeat(128),
  MANAGED_BY_AWS: 'STARTED_BY_STEP_FUNCTIONS',
};

/** All that the overrides of a job are made of. */
export interface OverridesParts {
  /** What comes with each job though it is the same for all: nothing, where the job definition is ours. */
  readonly shared: { [name: string]: string };
  readonly searchSpace: ParameterDefinition[];
  /** The parameters of the search space, and the scheduler's own. */
  readonly parameterNames: string[];
  readonly limitsResource: boolean;
  readonly jobNamePrefix: string;
  readonly checkpointRoot: string;
  readonly outputRoot: string;
}

/** Refuses overrides that are too long for every trial, and warns of those that may be too long for some. */
export function checkOverrides(scope: Construct, parts: OverridesParts): void {
  const { shared } = parts;
  const stack = Stack.of(scope);
  const comesAlong = Object.keys(shared).length > 0;
  const what = comesAlong
    ? 'environment, command, channels, hyperparameters and searchSpace'
    : 'names and values of searchSpace';
  const fix = comesAlong ? 'shorten them, or leave jobDefinition out: then only searchSpace counts' : 'shorten them';

  const least = lengthOf(stack.resolve(asJson({ ...shared, ...shortestAttempt(parts) })), 0);
  if (least > MAX_LENGTH) {
    throw new Error(
      `${what} must take at most ${MAX_LENGTH} characters, as container overrides of ECS, got at least ${least}; ${fix}`,
    );
  }
  const longest = { ...shared, ...longestAttempt(parts), ...ADDED_BY_AWS };
  const most = lengthOf(stack.resolve(asJson(longest)), LONGEST_REFERENCE);
  if (most > MAX_LENGTH) {
    Annotations.of(scope).addWarningV2(
      'cdk-hpo:overridesLength',
      `${what} may take up to ${most} characters, and container overrides of ECS at most ${MAX_LENGTH}: a job with more fails at ` +
        `its start; ${fix}`,
    );
  }
}

function asJson(environment: { [name: string]: string }): string {
  return JSON.stringify({ environment: Object.entries(environment).map(([name, value]) => ({ name, value })) });
}

/** Of a text as CloudFormation puts it together. */
function lengthOf(resolved: any, ofReference: number): number {
  if (typeof resolved === 'string') return resolved.length;
  if (Array.isArray(resolved?.['Fn::Join'])) {
    const [separator, pieces] = resolved['Fn::Join'];
    if (!Array.isArray(pieces)) return ofReference;
    const lengths = pieces.map((piece) => lengthOf(piece, ofReference));
    return lengths.reduce((sum, length) => sum + length, separator.length * Math.max(pieces.length - 1, 0));
  }
  const substituted = resolved?.['Fn::Sub'];
  if (typeof substituted !== 'string') return ofReference;
  const pieces = substituted.split(/\$\{[^}]*\}/);
  return pieces.reduce((sum, piece) => sum + piece.length, ofReference * (pieces.length - 1));
}

function shortestAttempt(parts: OverridesParts): { [name: string]: string } {
  const always = parts.searchSpace.filter(({ activeWhen }) => activeWhen === undefined);
  return exampleAttempt(parts, {
    study: 's',
    count: 1,
    maxRuntimeSeconds: 1,
    maxResource: 1,
    hyperparameters: Object.fromEntries(always.map((parameter) => [parameter.name, textsOf(parameter, '')[0]])),
  });
}

function longestAttempt(parts: OverridesParts): { [name: string]: string } {
  const anyNumber = '0'.repeat(LONGEST_NUMBER);
  // the scheduler's own parameter, which is a number, is in no search space.
  const names = parts.parameterNames.map((name) => [name, anyNumber]);
  const values = parts.searchSpace.map((parameter) => [parameter.name, textsOf(parameter, anyNumber).at(-1)!]);
  return exampleAttempt(parts, {
    study: 's'.repeat(80),
    count: LONGEST_COUNT,
    maxRuntimeSeconds: MAX_RUNTIME_SECONDS,
    maxResource: -2.2250738585072014e-308,
    hyperparameters: Object.fromEntries([...names, ...values]),
  });
}

interface Extent {
  readonly study: string;
  readonly count: number;
  readonly maxRuntimeSeconds: number;
  readonly maxResource: number;
  readonly hyperparameters: { [name: string]: string };
}

function exampleAttempt(parts: OverridesParts, extent: Extent): { [name: string]: string } {
  const { study, count, maxRuntimeSeconds, maxResource, hyperparameters } = extent;
  const trial = Math.min(count, MAX_TRIALS);
  const folder = `${study}-01234567/${trial}`;
  const isShortest = count === 1;
  const answer: Omit<TrainAnswer, 'token'> = {
    action: 'train',
    trial,
    attempt: count,
    turn: count,
    jobName: `${parts.jobNamePrefix}-${study.slice(0, 20)}-012345-${trial}-${count}`,
    hyperparameters,
    checkpointUri: `${parts.checkpointRoot}/${folder}/`,
    startAt: new Date(0).toISOString(),
    redrives: count,
    ...(parts.limitsResource && { maxResource }),
    ...(!isShortest && { instanceType: BATCH_PRICE_KEY, instanceCount: 1 }),
    maxRuntimeSeconds,
    outputUri: `${parts.outputRoot}/${folder}-${count}/`,
  };
  const texts: AttemptTexts = {
    study,
    trial: String(trial),
    attempt: String(count),
    token: 't'.repeat(43),
    answer: JSON.stringify(answer),
    maxResource: String(maxResource),
  };
  return attemptEnvironment(texts, parts.limitsResource);
}

/**
 * What a parameter's value may read, the shortest first and the longest last.
 *
 * @param unknown stands for what is known at deployment only
 */
function textsOf(parameter: ParameterDefinition, unknown: string): string[] {
  const text = (value: ParameterValue) =>
    // a text with a reference in it is measured with the rest.
    Token.isUnresolved(value) && typeof value !== 'string' ? unknown : String(value);
  switch (parameter.type) {
    case 'categorical':
    case 'ordinal':
      return Token.isUnresolved(parameter.values) ? [unknown] : parameter.values.map(text).sort(byLengthInJson);
    case 'constant':
      return [text(parameter.value)];
    case 'integer':
      return ['0', text(parameter.min), text(parameter.max)].sort(byLengthInJson);
    default:
      return ['0', '0'.repeat(LONGEST_NUMBER)];
  }
}

/** The answer of Next trial is JSON inside of JSON. */
function byLengthInJson(a: string, b: string): number {
  const length = (text: string) => JSON.stringify(JSON.stringify(text)).length;
  return length(a) - length(b);
}
