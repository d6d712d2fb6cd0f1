import { schemaProblems } from '../../../lambda/core/validation';
import {
  NEXT_REQUEST_SCHEMA,
  RECORD_REQUEST_SCHEMA,
  REPORT_REQUEST_SCHEMA,
  STUDY_INPUT_SCHEMA,
} from '../../../lib/contract/schemas';

const STUDY_NAME = 'a name of 1 to 80 letters, digits, - and _ that starts with a letter or digit';
const FIELDS =
  'study, seed, maxTrials, maxParallelTrials, maxDurationSeconds, maxTrialsWithoutImprovement, targetValue, maxSpendUsd, Comment, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID';

describe("the study's input", () => {
  test.each<[unknown, string]>([
    [{ maxTrails: 5 }, `the study's input has an unknown field "maxTrails"; allowed are ${FIELDS}`],
    [{ maxTrials: 0 }, "maxTrials of the study's input must be an integer from 1 to 100000, got 0"],
    [{ maxTrials: 100_001 }, "maxTrials of the study's input must be an integer from 1 to 100000, got 100001"],
    [{ maxTrials: '5' }, 'maxTrials of the study\'s input must be an integer from 1 to 100000, got "5"'],
    [{ maxTrials: 2.5 }, "maxTrials of the study's input must be an integer from 1 to 100000, got 2.5"],
    [{ maxParallelTrials: 1001 }, "maxParallelTrials of the study's input must be an integer from 1 to 1000, got 1001"],
    [
      { maxDurationSeconds: -1 },
      "maxDurationSeconds of the study's input must be an integer from 1 to 31536000, got -1",
    ],
    [{ targetValue: null }, "targetValue of the study's input must be a number, got null"],
    [{ seed: -1 }, "seed of the study's input must be an integer from 0 to 9007199254740991, got -1"],
    [{ study: 'a b' }, `study of the study's input must be ${STUDY_NAME}, got "a b"`],
    [{ study: '#tuner' }, `study of the study's input must be ${STUDY_NAME}, got "#tuner"`],
    [{ study: '' }, `study of the study's input must be ${STUDY_NAME}, got ""`],
    [[], "the study's input must be an object, got []"],
    ['digits', 'the study\'s input must be an object, got "digits"'],
  ])('%j is refused', (input, sentence) => {
    expect(schemaProblems("the study's input", STUDY_INPUT_SCHEMA, input)).toEqual([sentence]);
  });

  test('several problems are told at once', () => {
    expect(schemaProblems("the study's input", STUDY_INPUT_SCHEMA, { a: 1, maxTrials: 0, seed: 0.5 })).toHaveLength(3);
  });

  test('what the console and nested executions add is accepted', () => {
    const input = {
      Comment: 'Insert your JSON here',
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn:x',
      maxTrials: 1,
    };
    expect(schemaProblems("the study's input", STUDY_INPUT_SCHEMA, input)).toEqual([]);
    expect(schemaProblems("the study's input", STUDY_INPUT_SCHEMA, {})).toEqual([]);
  });
});

describe('a report', () => {
  const report = { study: 's', trial: 1, attempt: 1, token: 't', resource: 1, metrics: { accuracy: 0.5 } };
  const METRIC_NAME = 'a name of 1 to 255 letters, digits and _ . : / @ - that starts with a letter or underscore';

  test.each<[string, object, string]>([
    ['trial 0', { trial: 0 }, 'trial of the report must be an integer from 1 to 100000, got 0'],
    ['resource 0', { resource: 0 }, 'resource of the report must be a number greater than 0 and at most 1e12, got 0'],
    [
      'a resource as a text',
      { resource: '3' },
      'resource of the report must be a number greater than 0 and at most 1e12, got "3"',
    ],
    ['no metric', { metrics: {} }, 'metrics of the report must be an object with 1 to 40 metrics, got {}'],
    [
      'a metric as another text',
      { metrics: { accuracy: 'high' } },
      'metrics.accuracy of the report must be a number, "NaN", "Infinity" or "-Infinity", got "high"',
    ],
    [
      'a metric that is null, as JSON writes NaN',
      { metrics: { accuracy: null } },
      'metrics.accuracy of the report must be a number, "NaN", "Infinity" or "-Infinity", got null',
    ],
    [
      'a metric name with a space',
      { metrics: { 'val acc': 1 } },
      `each name in metrics of the report must be ${METRIC_NAME}, got "val acc"`,
    ],
    [
      'an unknown field',
      { epoch: 3 },
      'the report has an unknown field "epoch"; allowed are study, trial, attempt, token, resource, metrics',
    ],
    [
      'a missing field',
      { token: undefined },
      'token of the report is missing; it must be a text of 1 to 256 characters',
    ],
  ])('with %s is refused', (_, changes, sentence) => {
    const value: unknown = JSON.parse(JSON.stringify({ ...report, ...changes }));
    expect(schemaProblems('the report', REPORT_REQUEST_SCHEMA, value)).toEqual([sentence]);
  });

  test('with values that JSON has no number for is accepted as text', () => {
    const metrics = { accuracy: 'NaN', 'val/loss@1': 'Infinity', x: '-Infinity', y: -1.5e-7 };
    expect(schemaProblems('the report', REPORT_REQUEST_SCHEMA, { ...report, metrics })).toEqual([]);
  });

  test('names a metric as the caller wrote it', () => {
    expect(schemaProblems('the report', REPORT_REQUEST_SCHEMA, { ...report, metrics: { 'val/loss': null } })).toEqual([
      'metrics.val/loss of the report must be a number, "NaN", "Infinity" or "-Infinity", got null',
    ]);
  });

  test('with a hostile value does not fill the log', () => {
    const [sentence] = schemaProblems('the report', REPORT_REQUEST_SCHEMA, { ...report, token: 'x'.repeat(1e6) });
    expect(sentence.length).toBeLessThan(300);
  });

  test('that is missing altogether is refused', () => {
    expect(schemaProblems('the report', REPORT_REQUEST_SCHEMA, undefined)).toEqual([
      'the report must be an object, got undefined',
    ]);
  });
});

test('times are ISO 8601 in UTC', () => {
  const next = { study: 's', run: 1, round: 1, slot: 0, turn: 0 };
  const problems = (at: string) => schemaProblems('it', NEXT_REQUEST_SCHEMA, { ...next, at });
  expect(problems('2026-01-31T12:00:00.000Z')).toEqual([]);
  expect(problems('2026-01-31T12:00:00Z')).toEqual([]);
  expect(problems('2026-01-31 12:00')).toEqual([
    'at of it must be a time such as 2026-01-31T12:00:00.000Z, got "2026-01-31 12:00"',
  ]);
});

test('a field inside a field is named with its path', () => {
  const record = { study: 's', run: 1, round: 1, slot: 0, turn: 1, trial: 1, attempt: 1, at: '2026-01-31T12:00:00Z' };
  expect(schemaProblems('it', RECORD_REQUEST_SCHEMA, { ...record, outcome: { state: 1 } })).toEqual([
    'outcome of it has an unknown field "state"; allowed are status, secondaryStatus, failureReason, jobName, modelArtifact, billableSeconds, trainingSeconds, metrics, error, cause',
  ]);
});
