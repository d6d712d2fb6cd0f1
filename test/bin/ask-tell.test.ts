import { ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as readline from 'node:readline';
import { build } from 'esbuild';
import { Configuration } from '../../lib/contract/search-space';

const ROOT = path.join(__dirname, '..', '..');

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'cdk-hpo-ask-tell-'));
  program = path.join(folder, 'ask-tell.cjs');
  const entryPoints = [path.join(ROOT, 'bin/ask-tell.ts')];
  await build({ entryPoints, bundle: true, platform: 'node', outfile: program, logLevel: 'error' });
});

type Message = Record<string, unknown>;

interface Trial {
  readonly id: number;
  readonly until?: number;
  readonly parent?: number;
  readonly config: Configuration;
}

/** The program as a process of its own. */
class Program {
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  readonly ended: Promise<number | null>;

  constructor() {
    this.process = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = readline.createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => this.process.on('exit', resolve));
  }

  async call(request: Message | string): Promise<Message> {
    this.process.stdin!.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`);
    const { value } = await this.lines.next();
    return JSON.parse(value as string) as Message;
  }

  async ask(n: number): Promise<Trial[]> {
    return (await this.call({ op: 'ask', n })).trials as Trial[];
  }

  async end(): Promise<number | null> {
    this.process.stdin!.end();
    return this.ended;
  }

  bye(): Promise<number | null> {
    this.process.stdin!.write('{"op":"bye"}\n');
    return this.ended;
  }
}

/** One process for all tests: each begins with an init, which starts afresh. */
let running: Program;
beforeAll(() => {
  running = new Program();
});
afterAll(async () => {
  await running.end();
  rmSync(folder, { recursive: true, force: true });
});

const X = { name: 'x', type: 'float', low: 0, high: 1 };
const SPACE = {
  params: [
    X,
    { name: 'layers', type: 'int', low: 1, high: 8, log: true },
    { name: 'optimizer', type: 'cat', choices: ['sgd', 'adam'] },
    {
      name: 'momentum',
      type: 'float',
      low: 0,
      high: 0.99,
      reverseLog: true,
      activeIf: { param: 'optimizer', in: ['sgd'] },
    },
    { name: 'batch', type: 'ordinal', choices: [16, 32, 64] },
  ],
};
const INIT = { op: 'init', algo: 'random', space: SPACE, direction: 'minimize', seed: 1 };

describe('the protocol of the benchmark', () => {
  test('runs a study, batch by batch', async () => {
    expect(await running.call({ ...INIT, options: {}, budget: { evals: 100, parallel: 10 } })).toEqual({
      ok: true,
      inject: true,
    });
    const trials = await running.ask(10);
    expect(new Set(trials.map(({ id }) => id)).size).toBe(10);
    for (const { config } of trials) {
      expect(Object.keys(config).includes('momentum')).toBe(config.optimizer === 'sgd');
      expect(config.x).toBeGreaterThanOrEqual(0);
      expect([16, 32, 64]).toContain(config.batch);
    }
    const results = trials.map(({ id }, i) => ({ id, value: i === 3 ? null : i }));
    expect(await running.call({ op: 'tell', results })).toEqual({ ok: true });
    expect(await running.ask(1)).toHaveLength(1);
  });

  test('starts afresh with each init, and the same seed proposes the same', async () => {
    await running.call(INIT);
    const first = await running.ask(3);
    await running.call({ ...INIT, seed: 2 });
    expect(await running.ask(3)).not.toEqual(first);
    await running.call(INIT);
    expect(await running.ask(3)).toEqual(first);
  });

  test('takes the epochs of a trial, which goes on where it paused', async () => {
    const fidelity = { name: 'epoch', min: 1, max: 4 };
    await running.call({ ...INIT, fidelity, budget: { resource: 80, parallel: 1 } });
    const epochs: Record<string, number> = {};
    const resumed: unknown[] = [];
    for (let i = 0; i < 30; i++) {
      const [{ id, until, config }] = await running.ask(1);
      if (id in epochs) resumed.push(id);
      for (let epoch = (epochs[id] ?? 0) + 1; epoch <= until!; epoch++) {
        const value = (config.x as number) + 1 / epoch;
        const { decision } = await running.call({ op: 'report', id, step: epoch, value });
        expect(decision).toBe(epoch === until && until < 4 ? 'pause' : 'continue');
      }
      expect(until).toBeGreaterThan(epochs[id] ?? 0);
      epochs[id] = until!;
      const status = until === 4 ? 'done' : 'paused';
      expect(await running.call({ op: 'tell', results: [{ id, value: 1, step: until, status }] })).toEqual({
        ok: true,
      });
    }
    expect(resumed.length).toBeGreaterThan(3);
  });

  test('takes results that were not asked for', async () => {
    await running.call({ ...INIT, space: { params: [{ name: 'a', type: 'int', low: 1, high: 3 }] } });
    const results = [1, 2].map((a) => ({ config: { a }, value: a }));
    expect(await running.call({ op: 'tell', results })).toEqual({ ok: true });
    expect((await running.ask(1))[0].config).toEqual({ a: 3 });
  });

  test('ends the program at bye, and at the end of its input', async () => {
    const [one, other] = [new Program(), new Program()];
    await other.call(INIT);
    expect(await one.bye()).toBe(0);
    expect(await other.end()).toBe(0);
  });
});

describe('beyond it', () => {
  test('constraints between parameters hold', async () => {
    await running.call({ ...INIT, constraints: ['x * layers < 1', "optimizer != 'sgd' or batch > 16"] });
    for (const { config } of await running.ask(50)) {
      expect((config.x as number) * (config.layers as number)).toBeLessThan(1);
      expect(config.optimizer === 'sgd' && config.batch === 16).toBe(false);
    }
  });

  test('initial configurations come first, completed within the constraints', async () => {
    await running.call({ ...INIT, constraints: ['x * layers < 1'], initial: [{ layers: 8 }, { x: 0.9 }] });
    await running.call({
      op: 'tell',
      results: [{ config: { x: 0.1, layers: 1, optimizer: 'adam', batch: 16 }, value: 1 }],
    });
    const [first, second] = await running.ask(2);
    expect(first.config.layers).toBe(8);
    expect(first.config.x).toBeLessThan(1 / 8);
    expect(second.config).toMatchObject({ x: 0.9, layers: 1 });
  });

  test('several objectives and outcome constraints have their values by name', async () => {
    await running.call({
      op: 'init',
      algo: 'random',
      space: SPACE,
      objectives: [{ name: 'accuracy', direction: 'maximize' }, { name: 'size' }],
      outcomeConstraints: [{ name: 'latency', atMost: 50 }],
    });
    const [{ id }] = await running.ask(1);
    const values = { accuracy: 0.9, size: 10, latency: 60 };
    expect(await running.call({ op: 'tell', results: [{ id, values }] })).toEqual({ ok: true });
    expect(await running.call({ op: 'tell', results: [{ id, value: 0.9, values: { acuracy: 1 } }] })).toEqual({
      ok: true,
      warnings: ['results[0] has no value of size, latency'],
    });
  });

  test('results that don’t fit the space are mapped or left out, with a warning', async () => {
    await running.call({ ...INIT, space: { params: [{ name: 'a', type: 'int', low: 1, high: 4 }] } });
    const results = [{ a: '1' }, { a: 2, b: 3 }, { a: 9 }, {}].map((config) => ({ config, value: 1 }));
    expect(await running.call({ op: 'tell', results })).toEqual({
      ok: true,
      warnings: [
        'results[1] was used without "b"',
        'results[2] was left out: "a" can\'t be 9',
        'results[3] was left out: "a" is missing',
      ],
    });
    expect((await running.ask(2)).map(({ config }) => config.a).sort()).toEqual([3, 4]);
  });

  test('a space of which nothing is left says so, beside what it had left', async () => {
    await running.call({ ...INIT, space: { params: [{ name: 'a', type: 'cat', choices: ['u', 'v'] }] } });
    const { trials, exhausted } = await running.call({ op: 'ask', n: 5 });
    expect(trials).toHaveLength(2);
    expect(exhausted).toBe('all configurations of the search space have been tried (2)');
  });
});

describe('schedulers', () => {
  const FIDELITY = { name: 'epoch', min: 1, max: 9 };
  const initScheduler = (options: object, change: object = {}) =>
    running.call({ ...INIT, fidelity: FIDELITY, options, budget: { resource: 900, parallel: 3 }, ...change });

  /** A free worker's whole attempt; the trial is worth its number. */
  async function attempt(epochs: Map<number, number>): Promise<Trial & { decision: unknown; at: number }> {
    const [trial] = await running.ask(1);
    const { id, until = 9 } = trial;
    let decision: unknown = 'continue';
    let at = epochs.get(id) ?? 0;
    while (at < until && decision === 'continue') {
      decision = (await running.call({ op: 'report', id, step: ++at, value: id })).decision;
    }
    epochs.set(id, at);
    const status = at === 9 ? 'done' : decision === 'stop' ? 'stopped' : 'paused';
    await running.call({ op: 'tell', results: [{ id, value: id, step: at, status }] });
    return { ...trial, decision, at };
  }

  test('none trains every trial to its end', async () => {
    await initScheduler({ scheduler: 'none' });
    expect((await attempt(new Map())).at).toBe(9);
    expect((await running.ask(1))[0].until).toBeUndefined();
  });

  test('median stopping and ASHA stop what is worse than the others', async () => {
    for (const options of [{ scheduler: 'medianStopping', minimumTrials: 2 }, { scheduler: 'asha' }]) {
      await initScheduler(options);
      const epochs = new Map<number, number>();
      expect((await attempt(epochs)).at).toBe(9);
      for (let i = 0; i < 2; i++) await attempt(epochs);
      expect(await attempt(epochs)).toMatchObject({ decision: 'stop', at: 1 });
    }
  });

  test('ASHA with promotion resumes the best, once there are enough to choose from', async () => {
    await initScheduler({ scheduler: 'asha', mode: 'promote', reductionFactor: 3 });
    const epochs = new Map<number, number>();
    for (let i = 0; i < 3; i++) expect(await attempt(epochs)).toMatchObject({ until: 1, decision: 'pause' });
    expect(await attempt(epochs)).toMatchObject({ id: 1, until: 3 });
  });

  test('rounds never make a free worker wait', async () => {
    for (const scheduler of ['hyperband', 'successiveHalving']) {
      await initScheduler({ scheduler });
      // none of them ever reports.
      const ids = (await running.ask(40)).map(({ id }) => id);
      expect(new Set(ids).size).toBe(40);
    }
  });

  test('population based training copies from a parent', async () => {
    await initScheduler({ scheduler: 'populationBased', populationSize: 4, interval: 1 });
    const epochs = new Map<number, number>();
    const parents: unknown[] = [];
    for (let i = 0; i < 12; i++) parents.push((await attempt(epochs)).parent);
    expect(parents.some((parent) => parent === 1)).toBe(true);
  });

  test('a trial that diverges is told to stop, and never goes on', async () => {
    await initScheduler({});
    const [{ id }] = await running.ask(1);
    expect(await running.call({ op: 'report', id, step: 1, value: 'NaN' })).toEqual({ decision: 'stop' });
    await running.call({ op: 'tell', results: [{ id, value: null, step: 1, status: 'stopped' }] });
    for (const trial of await running.ask(20)) expect(trial.id).not.toBe(id);
  });

  test('an end that was never reported by resource counts at its step', async () => {
    await initScheduler({ scheduler: 'asha', mode: 'promote', reductionFactor: 3 });
    const trials = await running.ask(3);
    const results = trials.map(({ id, until }) => ({ id, value: -id, step: until, status: 'paused' }));
    await running.call({ op: 'tell', results });
    expect((await running.ask(1))[0]).toMatchObject({ id: 3, until: 3 });
  });

  test('reports out of turn are refused', async () => {
    await initScheduler({});
    const [{ id }] = await running.ask(1);
    await running.call({ op: 'report', id, step: 1, value: 1 });
    expect((await running.call({ op: 'report', id, step: 1, value: 1 })).error).toBe(
      'step must grow from report to report, got 1 after 1',
    );
    await running.call({ op: 'tell', results: [{ id, status: 'paused', step: 1, value: 1 }] });
    expect((await running.call({ op: 'report', id, step: 2, value: 1 })).error).toBe(
      `trial ${id} isn't running: ask for it first`,
    );
  });
});

describe('a request that is wrong says what is allowed, and the program goes on', () => {
  const initWith = (change: object) => ({ ...INIT, ...change });
  const withParameter = (change: object) => initWith({ space: { params: [{ ...X, ...change }] } });

  const wrong: [Message | string, string][] = [
    ['nonsense', 'a request must be a JSON object on one line, got nonsense'],
    ['[1]', 'a request must be a JSON object, got [1]'],
    [{ op: 'aks' }, 'op must be one of init, ask, report, tell, bye, got "aks"'],
    [{ op: 'constructor' }, 'op must be one of init, ask, report, tell, bye, got "constructor"'],
    [{}, 'op must be one of init, ask, report, tell, bye, got undefined'],
    [{ op: 'init' }, 'space of the init request is missing; it must be an object'],
    [initWith({ algo: 'magic' }), 'algo must be one of auto, gaussianProcess, tpe, cmaEs'],
    [initWith({ algo: 'toString' }), 'algo must be one of auto'],
    [initWith({ alog: 'tpe' }), 'the init request has an unknown field "alog"; allowed are op, algo, options'],
    [initWith({ direction: 'up' }), 'direction of the init request must be "minimize" or "maximize", got "up"'],
    [initWith({ seed: -1 }), 'seed of the init request must be an integer from 0 to 9007199254740991, got -1'],
    [initWith({ budget: { evals: 0 } }), 'budget.evals of the init request must be an integer from 1 to 100000, got 0'],
    [initWith({ options: { populationSize: 'x' } }), 'options.populationSize of the init request must be an integer'],
    [initWith({ options: { scheduler: 'asha' } }), 'options.scheduler "asha" needs a fidelity'],
    [
      initWith({ options: { scheduler: 'toString' }, fidelity: { name: 'e', min: 1, max: 9 } }),
      'options.scheduler must be one of none, medianStopping, patience, asha',
    ],
    [initWith({ fidelity: { name: 'e', min: 9, max: 1 } }), 'fidelity must have 0 < min <= max, got min 9 and max 1'],
    [
      initWith({ options: { reductionFactor: 1 } }),
      'options.reductionFactor of the init request must be a number greater',
    ],
    [initWith({ objectives: [{ name: 'a' }] }), 'direction must be left out where there are objectives'],
    [{ ...initWith({ objectives: [] }), direction: undefined }, 'objectives must hold at least one, got none'],
    [
      { ...initWith({ objectives: [{ name: 'a' }, { name: 'a' }] }), direction: undefined },
      'objectives must have different metrics, got "a" twice',
    ],
    [initWith({ outcomeConstraints: [{ name: 'a' }] }), 'outcome constraint "a" must have either atMost or atLeast'],
    [initWith({ constraints: ['y > 1'] }), 'parameterConstraints[0] "y > 1": "y" is not a parameter'],
    [initWith({ constraints: ['x > 1'] }), 'parameterConstraints allow none of 10000 random configurations'],
    [initWith({ initial: [{ x: 2 }] }), 'initial[0]: "x" must be a number from 0 to 1, got 2'],
    [
      initWith({ constraints: ['x < 0.5'], initial: [{ x: 0.9 }] }),
      'initial[0]: it must meet the parameter constraint',
    ],
    [
      withParameter({ type: 'real' }),
      'space.params.0.type of the init request must be "float", "int", "cat" or "ordinal"',
    ],
    [withParameter({ high: undefined }), 'parameter "x" of type float must have high'],
    [withParameter({ low: 2 }), 'space: min of parameter "x" must be less than max, got min 2 and max 1'],
    [
      withParameter({ log: true }),
      'space: min of parameter "x" must be greater than 0 with logarithmic scaling, got 0',
    ],
    [{ op: 'ask', n: 0 }, 'n of the ask request must be an integer from 1 to 1000, got 0'],
    [{ op: 'ask', n: '3' }, 'n of the ask request must be an integer from 1 to 1000, got "3"'],
    [{ op: 'tell' }, 'results of the tell request is missing; it must be a list of results'],
    [{ op: 'tell', results: [{ id: 7, value: 1 }] }, 'there is no trial with id 7'],
    [{ op: 'tell', results: [{ id: 'constructor', value: 1 }] }, 'there is no trial with id "constructor"'],
    [{ op: 'tell', results: [{ value: 1 }] }, 'results[0] must have either an id or'],
    [{ op: 'report', id: 3, step: 1, value: 1 }, 'there is no trial with id 3'],
  ];

  test.each(wrong.map(([request, message]) => ({ request, message })))('$message', async ({ request, message }) => {
    await running.call(INIT);
    expect((await running.call(request)).error).toContain(message);
    expect(await running.call(INIT)).toEqual({ ok: true, inject: true });
  });

  test('anything before init', async () => {
    const fresh = new Program();
    expect((await fresh.call({ op: 'ask', n: 1 })).error).toContain('the first request must be {"op":"init", ...}');
    await fresh.end();
  });

  test('a tell of which one result is wrong takes none of them', async () => {
    await running.call({ ...INIT, space: { params: [{ name: 'a', type: 'int', low: 1, high: 2 }] } });
    const results = [
      { config: { a: 1 }, value: 1 },
      { id: 9, value: 1 },
    ];
    expect((await running.call({ op: 'tell', results })).error).toContain('no trial with id 9');
    expect(await running.ask(2)).toHaveLength(2);
  });
});

test('the exchanges of docs/ask-tell.md are what the program says', async () => {
  const text = readFileSync(path.join(ROOT, 'docs/ask-tell.md'), 'utf8');
  const blocks = [...text.matchAll(/^```jsonl\n(.*?)^```$/gms)].map(([, block]) => block.trim().split('\n'));
  expect(blocks.length).toBeGreaterThan(1);
  for (const lines of blocks) {
    // a request and its reply take turns.
    for (let i = 0; i < lines.length; i += 2) {
      const reply = await running.call(lines[i]);
      const told = JSON.parse(lines[i + 1]) as Message;
      expect(reply.error).toBeUndefined();
      expect(Object.keys(reply)).toEqual(Object.keys(told));
      if (told.trials !== undefined) {
        const shape = (trials: unknown) => (trials as Trial[]).map(({ id, config }) => [id, Object.keys(config)]);
        expect(shape(reply.trials)).toEqual(shape(told.trials));
      } else {
        expect(reply).toEqual(told);
      }
    }
  }
});
