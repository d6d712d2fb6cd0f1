import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithPython, eventually, FakeStudy, isAlive, refusal } from './fake-study';

let study: FakeStudy;

beforeEach(async () => {
  study = await new FakeStudy().listen();
});
afterEach(() => study.close());

/** Saves at SIGTERM, as training code does, and ends with the code that the test wants; says who it is. */
const SAVES = [
  'import os, signal, sys, time',
  'home = os.environ["SAGEMAKER_BASE_DIR"] + "/checkpoints/"',
  'def save(*_):',
  '    open(home + "state", "w").write("saved at SIGTERM")',
  '    os._exit(int(os.environ.get("ENDS_WITH", "3")))',
  'signal.signal(signal.SIGTERM, save)',
  'open("pid-" + os.environ["CDK_HPO_TRIAL"], "w").write(str(os.getpid()))',
  'print("ready", os.environ["CDK_HPO_TRIAL"], flush=True)',
  'while True: time.sleep(0.02)',
];

const pidOf = (trial: number): number => Number(readFileSync(join(study.folder, `pid-${trial}`), 'utf8'));
const handedBack = { status: 'Stopped', secondaryStatus: 'HandedBack' };

describeWithPython('a worker', () => {
  test.each(['3', '0'])(
    'that gets SIGTERM hands back what it runs, with its last checkpoint (programs end with %s)',
    async (endsWith) => {
      [1, 2].forEach((trial) => study.give(trial));
      // what a slot that leaves must not be given any more.
      study.give(3);
      const worker = study.worker({ python: SAVES }, ['--slots', '2'], { ENDS_WITH: endsWith });
      await Promise.all([worker.printed('ready 1'), worker.printed('ready 2')]);
      worker.kill('SIGTERM');
      const { code, stdout } = await worker.finished;
      expect(code).toBe(0);
      expect([study.outcomeOf(1), study.outcomeOf(2), study.outcomeOf(3)]).toEqual([
        expect.objectContaining(handedBack),
        expect.objectContaining(handedBack),
        expect.objectContaining(handedBack),
      ]);
      expect(stdout).not.toContain('ready 3');
      expect(study.object('checkpoints/1/state')).toBe('saved at SIGTERM');
      expect(study.object('checkpoints/2/state')).toBe('saved at SIGTERM');
    },
  );

  test('that gets SIGTERM kills a program that does not end within the grace period', async () => {
    study.give(1);
    const program = [
      'import signal, time',
      'signal.signal(15, signal.SIG_IGN)',
      'print("ready", flush=True)',
      'time.sleep(60)',
    ];
    const worker = study.worker({ python: program }, [], { CDK_HPO_WORKER_GRACE_SECONDS: '0.3' });
    await worker.printed('ready');
    worker.kill('SIGTERM');
    expect((await worker.finished).code).toBe(0);
    expect(study.outcomeOf(1)).toMatchObject(handedBack);
  });

  test('that gets SIGTERM while it waits for work ends at once', async () => {
    study.idle = { action: 'wait', seconds: 60, reason: 'a rung is not full' };
    const worker = study.worker({ shell: 'exit 0' });
    await study.until(() => study.callsOf('next').length > 0);
    worker.kill('SIGTERM');
    expect((await worker.finished).code).toBe(0);
    expect(study.callsOf('next').length).toBe(1);
  });

  test('hands back before its time limit, and ends', async () => {
    study.give(1);
    const begin = performance.now();
    const worker = study.worker({ python: SAVES }, ['--max-seconds', '7']);
    expect((await worker.finished).code).toBe(0);
    expect((performance.now() - begin) / 1000).toBeLessThan(7);
    expect(study.outcomeOf(1)).toMatchObject(handedBack);
    expect(study.object('checkpoints/1/state')).toBe('saved at SIGTERM');
  });

  test('stops one trial when a heartbeat says so, and only that one', async () => {
    study.idle = { action: 'wait', seconds: 60 };
    [1, 2].forEach((trial) => study.give(trial));
    const worker = study.worker({ python: SAVES }, ['--slots', '2'], { ENDS_WITH: '0' });
    await Promise.all([worker.printed('ready 1'), worker.printed('ready 2')]);
    const has = (trial: number) => (call: Record<string, unknown>) =>
      (call.running as { trial: number; attempt: number }[]).some((one) => one.trial === trial && one.attempt === 1);
    await study.until(() => study.callsOf('heartbeat').some((call) => has(1)(call) && has(2)(call)));
    study.heartbeat = {
      stop: [
        { trial: 1, attempt: 1, reason: 'it is bad' },
        { trial: 2, attempt: 9 },
      ],
      ended: false,
    };
    await study.until(() => study.recorded.length > 0);
    expect(study.outcomeOf(1)).toMatchObject({ status: 'Stopped', secondaryStatus: 'Stopped' });
    const beats = study.callsOf('heartbeat').length;
    await study.until(() => study.callsOf('heartbeat').length > beats + 2);
    expect(isAlive(pidOf(2))).toBe(true);
    expect(study.callsOf('heartbeat').slice(-1)[0].running).toEqual([{ trial: 2, attempt: 1 }]);
    worker.kill('SIGTERM');
    await worker.finished;
  });

  test('lets its trials end when the study is over, and asks for no more', async () => {
    study.idle = { action: 'wait', seconds: 60 };
    study.give(1);
    const worker = study.worker({ shell: 'while [ ! -e end ]; do sleep 0.02; done' }, ['--slots', '2']);
    await study.until(() => study.callsOf('next').length === 2);
    study.heartbeat = { stop: [], ended: true, reason: 'the budget is spent' };
    const beats = study.callsOf('heartbeat').length;
    await study.until(() => study.callsOf('heartbeat').length > beats + 2);
    writeFileSync(join(study.folder, 'end'), '');
    const { code, stderr } = await worker.finished;
    expect([code, study.outcomeOf(1)?.status, study.callsOf('next').length]).toEqual([0, 'Completed', 2]);
    expect(stderr).toContain('the budget is spent');
  });

  test('that no heartbeat of gets through kills its trials, records nothing, and joins again', async () => {
    study.job = { heartbeatSeconds: 0.1, fenceSeconds: 1 };
    study.give(1);
    let isCut = false;
    study.intercept = (call) => (isCut && call.call === 'heartbeat' ? 'drop' : undefined);
    const worker = study.worker({ python: SAVES });
    await worker.printed('ready 1');
    await study.until(() => study.callsOf('heartbeat').length > 1);
    isCut = true;
    await study.until(() => study.callsOf('join').length === 2);
    isCut = false;
    expect(isAlive(pidOf(1))).toBe(false);
    const { code, stderr } = await worker.finished;
    expect(code).toBe(0);
    expect([study.recorded, study.object('checkpoints/1/state')]).toEqual([[], undefined]);
    const [first, second] = study.callsOf('join');
    expect(second.nonce).not.toBe(first.nonce);
    expect(second.host).toBe(first.host);
    expect(study.callsOf('next').map(({ worker: number, turn }) => [number, turn])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(stderr).toContain('no heartbeat got through for 1 seconds');
  });

  test.each(['heartbeat', 'record'])(
    'whom the study has given up (%s) kills its trials and joins again',
    async (when) => {
      study.give(1);
      let isUnknown = false;
      study.intercept = (call) => (isUnknown && call.call === when ? refusal('WorkerUnknown', 'given up') : undefined);
      const worker = study.worker(when === 'record' ? { shell: 'echo ready 1; sleep 0.3' } : { python: SAVES });
      await worker.printed('ready 1');
      isUnknown = true;
      await study.until(() => study.callsOf('join').length === 2);
      isUnknown = false;
      const { code, stderr } = await worker.finished;
      expect([code, study.recorded]).toEqual([0, []]);
      expect(stderr).toContain('joining again: WorkerUnknown: given up');
      if (when === 'heartbeat') expect(isAlive(pidOf(1))).toBe(false);
    },
  );

  test('asks again, with the same turn, when the function fails now and then', async () => {
    [1, 2, 3].forEach((trial) => study.give(trial));
    const failed = new Set<string>();
    study.intercept = (call) => {
      const key = `${call.call} ${String(call.turn)}`;
      if (call.call === 'heartbeat' || failed.has(key)) return undefined;
      failed.add(key);
      return (
        { join: 'drop' as const, next: { status: 502, body: 'Bad Gateway' } }[call.call] ??
        refusal('Runtime.ExitError', 'Task timed out')
      );
    };
    const { code } = await study.worker({ shell: 'exit 0' }).finished;
    expect(code).toBe(0);
    expect(study.callsOf('join').map(({ nonce }) => nonce)).toEqual(Array(2).fill(study.callsOf('join')[0].nonce));
    expect(study.callsOf('record').map(({ turn, trial }) => [turn, trial])).toEqual(
      [1, 1, 2, 2, 3, 3].map((number) => [number, number]),
    );
    expect(study.recorded.map(({ trial }) => trial)).toEqual([1, 2, 3]);
  });

  test('waits as long as the study says before it asks again', async () => {
    study.queue.push({ action: 'wait', seconds: 0.3 });
    study.give(1);
    const times: number[] = [];
    study.intercept = (call) => {
      if (call.call === 'next') times.push(performance.now());
      return undefined;
    };
    await study.worker({ shell: 'exit 0' }).finished;
    expect(study.callsOf('next').map(({ turn }) => turn)).toEqual([0, 1]);
    expect(times[1] - times[0]).toBeGreaterThan(290);
    expect(study.outcomeOf(1)?.status).toBe('Completed');
  });

  test('that is killed with SIGKILL takes its programs, their children, and its folder with it', async () => {
    study.give(1);
    const program = [
      'import os, subprocess, sys, time',
      'child = subprocess.Popen(["sleep", "60"])',
      'open("pid-1", "w").write(str(os.getpid())); open("pid-2", "w").write(str(child.pid))',
      'print("base", os.environ["SAGEMAKER_BASE_DIR"], flush=True); print("ready", flush=True)',
      'time.sleep(60)',
    ];
    const worker = study.worker({ python: program });
    await worker.printed('ready');
    worker.kill('SIGKILL');
    const { stdout } = await worker.finished;
    const base = /base (.*)/.exec(stdout)![1];
    await eventually(() => !runs(pidOf(1)) && !runs(pidOf(2)) && !existsSync(base));
  });
});

/** Whether the process runs: one that nobody has taken note of, a zombie, does not. */
function runs(pid: number): boolean {
  if (!existsSync('/proc/self/stat')) return isAlive(pid);
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] !== 'Z';
  } catch {
    return false;
  }
}
