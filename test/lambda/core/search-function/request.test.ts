import { SEARCH_FUNCTION_REQUEST_SCHEMA, SearchFunctionRequest } from '../../../../lib/contract/search-function';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { MAX_REQUEST_BYTES, searchFunctionRequest } from '../../../../lambda/core/search-function/request';
import { StudyRecord, TrialRecord } from '../../../../lambda/core/store/records';
import { schemaProblems } from '../../../../lambda/core/validation';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TUNER, TestStudy } from '../../../support/lambda-study';

async function studyOf(tuner: Partial<TunerDefinition> = {}): Promise<StudyRecord> {
  const searchAlgorithm = { name: 'function', functionArn: 'arn:fn', timeoutSeconds: 60, allowRepeats: false } as const;
  return (await TestStudy.opened(new MemoryItemTable(), { ...tuner, searchAlgorithm }, { seed: 7 })).studyRecord();
}

function record(trial: number, rest: Partial<TrialRecord> = {}): TrialRecord {
  const configuration = { learning_rate: 0.001 + trial * 1e-9, optimizer: 'adam' };
  const attempts = [{ attempt: 1, claim: '1/1/0/0', jobName: 'job', tokenHash: 'hash', startAt: 'now' }];
  return {
    study: 'digits',
    trial,
    state: 'COMPLETED',
    configuration,
    attempts,
    createdAt: 'now',
    version: 1,
    value: trial,
    metrics: { accuracy: trial },
    ...rest,
  };
}

const bytes = (request: SearchFunctionRequest) => Buffer.byteLength(JSON.stringify(request));

test('a request tells the study, the space, the goals and all trials', async () => {
  const study = await studyOf({
    parameterConstraints: ['learning_rate < 0.05 or optimizer == "sgd"'],
    additionalObjectives: [{ metric: 'size', direction: 'minimize' }],
    outcomeConstraints: [{ metric: 'latency', relation: 'atMost', bound: 50 }],
  });
  const trials = [
    record(1, { metrics: { accuracy: 0.5, size: 3, latency: 20, other: 1 }, value: 0.5 }),
    record(2, { state: 'FAILED', value: undefined, metrics: undefined }),
    record(3, { state: 'RUNNING', value: 0.1, metrics: { accuracy: 0.1, size: 1 } }),
    record(4, { metrics: { accuracy: 0.75, size: 2 }, value: 0.75 }),
  ];
  const request = searchFunctionRequest(study, 5, trials, [
    { configuration: { learning_rate: 0.01, optimizer: 'adam' }, metrics: { accuracy: 0.25, size: 4 } },
  ]);
  expect(schemaProblems('the request', SEARCH_FUNCTION_REQUEST_SCHEMA, request)).toEqual([]);
  expect(request).toEqual({
    version: 1,
    study: 'digits',
    seed: 7,
    trial: 5,
    count: 1,
    maxTrials: 10,
    maxParallelTrials: 4,
    space: TUNER.searchSpace,
    parameterConstraints: ['learning_rate < 0.05 or optimizer == "sgd"'],
    objectives: [
      { metric: 'accuracy', direction: 'maximize' },
      { metric: 'size', direction: 'minimize' },
    ],
    outcomeConstraints: [{ metric: 'latency', relation: 'atMost', bound: 50 }],
    trials: [
      {
        trial: 0,
        status: 'finished',
        configuration: { learning_rate: 0.01, optimizer: 'adam' },
        values: { accuracy: 0.25, size: 4 },
      },
      {
        trial: 1,
        status: 'finished',
        configuration: trials[0].configuration,
        values: { accuracy: 0.5, size: 3, latency: 20 },
      },
      { trial: 2, status: 'failed', configuration: trials[1].configuration, values: {} },
      // what a trial has reported so far says little of how it will end.
      { trial: 3, status: 'pending', configuration: trials[2].configuration, values: {} },
      { trial: 4, status: 'finished', configuration: trials[3].configuration, values: { accuracy: 0.75, size: 2 } },
    ],
    omittedTrials: 0,
  });
});

describe('a request that would be too large', () => {
  const trials = Array.from({ length: 100 }, (_, i) =>
    record(
      i + 1,
      i % 10 === 9 ? { state: 'RUNNING' } : { value: (i * 37) % 100, metrics: { accuracy: (i * 37) % 100 } },
    ),
  );

  test('keeps the trials that run, then by turns the best and the newest, and says how many it leaves out', async () => {
    const study = await studyOf();
    const whole = searchFunctionRequest(study, 101, trials, []);
    expect(whole).toMatchObject({ omittedTrials: 0, trials: { length: 100 } });

    const limit = Math.floor(bytes(whole) / 2);
    const cut = searchFunctionRequest(study, 101, trials, [], limit);
    expect(bytes(cut)).toBeLessThanOrEqual(limit + 1);
    expect(cut.trials.length).toBeGreaterThan(30);
    expect(cut.omittedTrials).toBe(100 - cut.trials.length);
    const numbers = cut.trials.map(({ trial }) => trial);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(cut.trials.filter(({ status }) => status === 'pending')).toHaveLength(10);
    expect(numbers).toEqual(expect.arrayContaining([99, 98, 97]));
    const best = whole.trials
      .filter(({ status }) => status === 'finished')
      .sort((a, b) => b.values.accuracy - a.values.accuracy)
      .slice(0, 10)
      .map(({ trial }) => trial);
    expect(numbers).toEqual(expect.arrayContaining(best));
  });

  test('still has all but its trials where none of them fits', async () => {
    const request = searchFunctionRequest(await studyOf(), 101, trials, [], 10);
    expect(request).toMatchObject({ trials: [], omittedTrials: 100 });
  });

  test('fits into what Lambda takes, whatever texts the trials hold', async () => {
    const text = '"ä'.repeat(1200);
    const study = await studyOf({ searchSpace: [{ name: 'text', type: 'categorical', values: [text, 'b'] }] });
    const many = Array.from({ length: 3000 }, (_, i) => record(i + 1, { configuration: { text } }));
    const request = searchFunctionRequest(study, 3001, many, []);
    expect(request.omittedTrials).toBeGreaterThan(0);
    expect(bytes(request)).toBeLessThanOrEqual(MAX_REQUEST_BYTES + 10);
    expect(bytes(request)).toBeLessThan(6 * 1024 * 1024);
  });
});
