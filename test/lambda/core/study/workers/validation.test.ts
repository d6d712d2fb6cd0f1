import { InvalidRequest, StudyNotFound, WorkerUnknown } from '../../../../../lambda/core/errors';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { TestStudy } from '../../../../support/lambda-study';
import { WorkerStudy } from '../../../../support/lambda-workers';

const STUDY = 'digits';
const CALLS: Record<string, Record<string, unknown>> = {
  join: { study: STUDY, host: 'laptop', nonce: 'n', slots: 2 },
  next: { study: STUDY, worker: 1, slot: 0, turn: 0 },
  record: { study: STUDY, worker: 1, slot: 0, turn: 1, trial: 1, attempt: 1, outcome: { status: 'Completed' } },
  heartbeat: { study: STUDY, worker: 1, running: [{ trial: 1, attempt: 1 }] },
  prepare: { study: STUDY, worker: 1 },
};

/** GIVEN a study with a worker of two slots that runs a trial. */
async function working() {
  const study = await WorkerStudy.opened(new MemoryItemTable());
  const worker = await study.join();
  await study.work(worker);
  return study;
}

const contentsOf = (study: TestStudy) => (study.table as MemoryItemTable).contents();

async function refused(request: unknown): Promise<string> {
  const study = await working();
  const before = contentsOf(study);
  const call = study.call(request);
  await expect(call).rejects.toThrow(InvalidRequest);
  expect(contentsOf(study)).toEqual(before);
  return call.then(String, ({ message }: Error) => message);
}

test.each(Object.entries(CALLS))('%s is taken as it should be', async (call, fields) => {
  await expect((await working()).call({ call, ...fields })).resolves.toBeDefined();
});

describe('a call without each of its fields is refused by the name of the field', () => {
  const missing = Object.entries(CALLS).flatMap(([call, fields]) => Object.keys(fields).map((field) => [call, field]));
  test.each(missing)('%s without %s', async (call, field) => {
    const { [field]: _, ...rest } = CALLS[call];
    expect(await refused({ call, ...rest })).toMatch(
      new RegExp(`^${field} of the ${call} of a worker is missing; it must be `),
    );
  });
});

describe('a field that is not what it should be is refused by its name, what came and what is allowed', () => {
  const STUDIES = ['', '../x', '-x', 'a'.repeat(81), '__proto__', 'a b', 7, null, {}, ['digits']];
  const NUMBERS = [0, -1, 1.5, '1', null, true, 1e9, 1e300, {}];
  const BAD: [call: string, field: string, values: unknown[]][] = [
    ...Object.keys(CALLS).map((call): [string, string, unknown[]] => [call, 'study', STUDIES]),
    ['join', 'host', ['', 'a'.repeat(201), 7, null, {}]],
    ['join', 'nonce', ['', 'a'.repeat(101), 7, null, []]],
    ['join', 'slots', [...NUMBERS, 1001]],
    ['next', 'worker', [...NUMBERS, 100_001]],
    ['next', 'slot', [-1, 0.5, '0', null, 1000]],
    ['next', 'turn', [-1, 0.5, '0', null, 2 ** 53]],
    ['record', 'worker', NUMBERS],
    ['record', 'slot', [-1, '0', 1000]],
    ['record', 'turn', [-1, '1', 2 ** 53]],
    ['record', 'trial', [...NUMBERS, 100_001]],
    ['record', 'attempt', [...NUMBERS, 1_000_001]],
    ['record', 'outcome', [null, 'Completed', 7, []]],
    ['record', 'leaving', ['true', 1, null, {}]],
    ['heartbeat', 'worker', NUMBERS],
    ['heartbeat', 'running', [null, {}, 'all', 1]],
    ['prepare', 'worker', NUMBERS],
  ];
  test.each(BAD)('%s: %s', async (call, field, values) => {
    for (const value of values) {
      expect(await refused({ call, ...CALLS[call], [field]: value })).toMatch(
        new RegExp(`^${field} of the ${call} of a worker must be .+, got .+`, 's'),
      );
    }
  });

  const OUTCOMES: [field: string, values: unknown[]][] = [
    ['status', ['completed', 'InProgress', 'Stopping', 7, null]],
    ['secondaryStatus', ['Interrupted', 'MaxWaitTimeExceeded', '', 7]],
    ['failureReason', ['', 'a'.repeat(4097), 7, {}]],
    ['jobName', ['', 'a'.repeat(301), 7]],
    ['modelArtifact', ['https://elsewhere', '', 's3://' + 'a'.repeat(1024), 7]],
    ['trainingSeconds', [-1, '60', null]],
  ];
  test.each(OUTCOMES)('record: outcome.%s', async (field, values) => {
    for (const value of values) {
      const outcome = { status: 'Completed', [field]: value };
      expect(await refused({ call: 'record', ...CALLS.record, outcome })).toMatch(
        new RegExp(`^outcome.${field} of the record of a worker must be .+, got `),
      );
    }
  });

  test.each([
    [{}],
    [{ trial: 1 }],
    [{ trial: 0, attempt: 1 }],
    [{ trial: 1, attempt: '1' }],
    [null],
    ['1/1'],
    [[1, 1]],
  ])('heartbeat: running %j', async (one) => {
    const message = await refused({ call: 'heartbeat', ...CALLS.heartbeat, running: [{ trial: 1, attempt: 1 }, one] });
    expect(message).toMatch(/(running\.1|trial|attempt).* of the heartbeat of a worker/);
  });
});

describe('an unknown field is refused by its name', () => {
  test.each(Object.keys(CALLS))('of %s', async (call) => {
    for (const field of ['run', 'at', 'redrives', 'toString']) {
      expect(await refused({ call, ...CALLS[call], [field]: 1 })).toContain(
        `the ${call} of a worker has an unknown field "${field}"`,
      );
    }
  });

  test('even one that only JSON can bring', async () => {
    const request = JSON.parse(`{"call":"next","study":"digits","worker":1,"slot":0,"turn":0,"__proto__":{"a":1}}`);
    expect(await refused(request)).toContain('has an unknown field "__proto__"');
  });

  test.each(['billableSeconds', 'metrics', 'error', 'cause'])(
    '%s of an outcome: it is not the worker’s to say',
    async (field) => {
      const outcome = { status: 'Completed', [field]: field === 'billableSeconds' ? 1 : 'x' };
      expect(await refused({ call: 'record', ...CALLS.record, outcome })).toContain(`has an unknown field "${field}"`);
    },
  );
});

describe('a call that there is not is refused', () => {
  test.each([
    'leave',
    'Join',
    '',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    7,
    null,
    undefined,
    ['join'],
    { toString: 'join' },
    'x'.repeat(100_000),
  ])('%#', async (call) => {
    const message = await refused({ ...CALLS.join, call });
    expect(message).toMatch(/^call must be one of join, next, record, heartbeat, prepare, got /);
    expect(message.length).toBeLessThan(200);
  });

  test.each([null, undefined, 'join', 7, true, [], ['join']])('and an event that is no object: %j', async (event) => {
    expect(await refused(event)).toMatch(/^call must be one of/);
  });

  test('however long a wrong value is, the message is not', async () => {
    const message = await refused({ ...CALLS.join, call: 'join', host: 'x'.repeat(1_000_000) });
    expect(message.length).toBeLessThan(300);
  });
});

describe('a worker that does not count', () => {
  const ofWorker = (worker: number) =>
    (['next', 'record', 'heartbeat'] as const).map((call) => ({ call, ...CALLS[call], worker }));

  async function unknown(study: WorkerStudy, worker: number, message: string, seconds = 0) {
    const before = contentsOf(study);
    for (const request of ofWorker(worker)) {
      const call = study.call(request, seconds);
      await expect(call).rejects.toThrow(WorkerUnknown);
      await expect(call).rejects.toThrow(message);
    }
    expect(contentsOf(study)).toEqual(before);
  }

  test('since there is none of its number', async () => {
    await unknown(await working(), 2, 'study digits has no worker 2: join first');
  });

  test('since its machine has another one', async () => {
    const study = await working();
    await study.join('laptop', 5, 'another process');
    await unknown(study, 1, 'worker 1 no longer counts: its worker was restarted; join again');
  });

  test('since it was silent', async () => {
    const study = await working();
    const other = await study.join('server', 100);
    await study.beat(other, 121);
    await unknown(study, 1, 'worker 1 no longer counts: its worker was lost; join again', 122);
  });

  test('since another execution has resumed the study', async () => {
    const study = await working();
    await study.resume(10);
    await unknown(study, 1, 'worker 1 no longer counts: the execution ended before the trial did; join again', 11);
  });

  test('since another execution is just about to resume the study', async () => {
    const study = await working();
    await study.store.changeStudy(STUDY, (record) => ({ ...record, run: 2 }));
    await unknown(study, 1, 'study digits has been resumed by another execution; join again', 11);
  });
});

test.each(Object.keys(CALLS))('%s of a study that there is not is refused', async (call) => {
  const study = await working();
  await expect(study.call({ call, ...CALLS[call], study: 'constructor' })).rejects.toThrow(StudyNotFound);
});

test('a slot that the worker has not joined with is refused', async () => {
  expect(await refused({ call: 'next', ...CALLS.next, slot: 2 })).toBe(
    'slot must be below the 2 slots that the worker joined with, got 2',
  );
  expect(await refused({ call: 'record', ...CALLS.record, slot: 999 })).toContain('slot must be below the 2 slots');
});

test('a trial that there is not is refused', async () => {
  expect(await refused({ call: 'record', ...CALLS.record, trial: 77 })).toBe('study "digits" has no trial 77');
});

test('a study whose trials are training jobs takes no workers', async () => {
  const study = await TestStudy.opened(new MemoryItemTable());
  const worker = new WorkerStudy(study.table);
  await expect(worker.join()).rejects.toThrow(
    'study "digits" takes no workers: the tuner\'s trialRunner must be TrialRunner.trainingCluster',
  );
});
