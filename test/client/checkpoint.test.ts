import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, clientsIn, installClients, Program } from './clients';
import { run, start } from './processes';

const MANIFEST = 'cdk-hpo-checkpoint.json';
const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-checkpoint-'));
const CLIENTS = clientsIn(folder);

beforeAll(() => installClients(folder));
afterAll(() => rmSync(folder, { recursive: true }));

/** Both clients get the same helpers: `save(resource, text)` writes two files, `latest()` reads them again. */
const HELPERS: Program = {
  python: `
import json, os, sys, time
def write(folder, text):
    os.mkdir(os.path.join(folder, 'sub'))
    for name in ('state.txt', 'sub/more.txt'):
        with open(os.path.join(folder, name), 'w') as file: file.write(text)
def save(resource, text, keep=2):
    with hpo.checkpoint(resource, keep=keep) as folder: write(folder, text)
def latest():
    found = hpo.latest_checkpoint()
    if found is None: return None
    texts = [open(os.path.join(found.folder, name)).read() for name in ('state.txt', 'sub/more.txt')]
    return [found.resource] + texts
def show(value): print(json.dumps(value), flush=True)
`,
  node: `
import fs from 'node:fs';
import path from 'node:path';
const write = (folder, text) => {
  fs.mkdirSync(path.join(folder, 'sub'));
  for (const name of ['state.txt', 'sub/more.txt']) fs.writeFileSync(path.join(folder, name), text);
};
const save = (resource, text, keep = 2) => hpo.saveCheckpoint(resource, (folder) => write(folder, text), { keep });
const latest = () => {
  const found = hpo.latestCheckpoint();
  if (!found) return null;
  const texts = ['state.txt', 'sub/more.txt'].map((name) => fs.readFileSync(path.join(found.folder, name), 'utf8'));
  return [found.resource, ...texts];
};
const show = (value) => console.log(JSON.stringify(value));
`,
};

function program({ command }: Client, { python, node }: Program): string[] {
  return command({ python: HELPERS.python + python, node: HELPERS.node + node });
}

function newJob(): { checkpoints: string; env: Record<string, string> } {
  const checkpoints = join(mkdtempSync(join(folder, 'job-')), 'checkpoints');
  return { checkpoints, env: { SM_CHECKPOINT_DIR: checkpoints } };
}

const LATEST: Program = { python: 'show(latest())', node: 'show(latest());' };
const SAVE_THREE: Program = {
  python: 'for epoch in (1, 2, 3): save(epoch, "text of %d" % epoch)',
  node: 'for (const epoch of [1, 2, 3]) await save(epoch, "text of " + epoch);',
};

describe.each(CLIENTS)('$name client', (client) => {
  /** Runs a program that shows one value; answers the value and what it wrote to stderr. */
  async function shown(lines: Program, env: Record<string, string>): Promise<{ value: unknown; stderr: string }> {
    const { code, stdout, stderr } = await run(program(client, lines), env);
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    return { value: JSON.parse(stdout), stderr };
  }

  test('the newest checkpoint is loaded, by either client, and the one before it stays', async () => {
    const { checkpoints, env } = newJob();
    expect(await shown(LATEST, env)).toEqual({ value: null, stderr: '' });
    await run(program(client, SAVE_THREE), env);
    expect(readdirSync(checkpoints).sort()).toEqual(['resource-2-save-2', 'resource-3-save-3']);
    const manifest: unknown = JSON.parse(readFileSync(join(checkpoints, 'resource-3-save-3', MANIFEST), 'utf8'));
    expect(manifest).toEqual({ resource: 3, save: 3, files: { 'state.txt': 9, 'sub/more.txt': 9 } });
    for (const reader of CLIENTS) {
      const { stdout, stderr } = await run(program(reader, LATEST), env);
      expect([JSON.parse(stdout), stderr]).toEqual([[3, 'text of 3', 'text of 3'], '']);
    }
  });

  test('a checkpoint that is damaged is left out with a note, for the one before it', async () => {
    const { checkpoints, env } = newJob();
    await run(program(client, SAVE_THREE), env);
    const damages: [string, (newest: string) => void, RegExp][] = [
      ['cut', (newest) => truncateSync(join(newest, 'sub/more.txt'), 4), /sub\/more\.txt has 4 of 9 bytes/],
      ['a file lost', (newest) => rmSync(join(newest, 'state.txt')), /state\.txt is not there/],
      ['manifest lost', (newest) => rmSync(join(newest, MANIFEST)), /json is not there/],
      ['manifest cut', (newest) => truncateSync(join(newest, MANIFEST), 20), /json cannot be read/],
      ['manifest of nothing', (newest) => writeFileSync(join(newest, MANIFEST), '{}'), /json is damaged/],
      ['no manifest', (newest) => writeFileSync(join(newest, MANIFEST), '[1]'), /json is damaged/],
      ['empty', (newest) => rmSync(newest, { recursive: true }), /^/],
    ];
    const homes = damages.map(([name, damage]) => {
      const home = join(checkpoints, '..', name);
      cpSync(checkpoints, home, { recursive: true });
      damage(join(home, 'resource-3-save-3'));
      return home;
    });
    const { value, stderr } = await shown(
      {
        python: [
          'found = []',
          `for home in ${JSON.stringify(homes)}:`,
          '    os.environ["SM_CHECKPOINT_DIR"] = home',
          '    found.append(latest())',
          'show(found)',
        ].join('\n'),
        node: [
          'const found = [];',
          `for (const home of ${JSON.stringify(homes)}) {`,
          '  process.env.SM_CHECKPOINT_DIR = home;',
          '  found.push(latest());',
          '}',
          'show(found);',
        ].join('\n'),
      },
      env,
    );
    expect(value).toEqual(damages.map(() => [2, 'text of 2', 'text of 2']));
    for (const [, , note] of damages) {
      expect(stderr).toMatch(note);
    }
  });

  test('SIGKILL in the middle of writing leaves the older checkpoint, and the rest is cleared away later', async () => {
    const { checkpoints, env } = newJob();
    const writer = start(
      program(client, {
        python: [
          'save(1, "one")',
          'with hpo.checkpoint(2) as folder:',
          '    write(folder, "tw")',
          '    print("writing", flush=True)',
          '    time.sleep(60)',
        ].join('\n'),
        node: [
          'await save(1, "one");',
          'await hpo.saveCheckpoint(2, async (folder) => {',
          '  write(folder, "tw");',
          '  console.log("writing");',
          '  await new Promise((resolve) => setTimeout(resolve, 60_000));',
          '});',
        ].join('\n'),
      }),
      env,
    );
    await writer.printed('writing');
    writer.kill('SIGKILL');
    await writer.finished;
    expect(readdirSync(checkpoints)).toHaveLength(2);
    const { value, stderr } = await shown(
      {
        python: 'before = latest()\nsave(2, "two")\nshow([before, latest()])',
        node: 'const before = latest();\nawait save(2, "two");\nshow([before, latest()]);',
      },
      env,
    );
    expect([value, stderr]).toEqual([
      [
        [1, 'one', 'one'],
        [2, 'two', 'two'],
      ],
      '',
    ]);
    expect(readdirSync(checkpoints).sort()).toEqual(['resource-1-save-1', 'resource-2-save-2']);
  });

  test('SIGKILL at any moment: what was saved can be loaded', async () => {
    const { env } = newJob();
    const saver = program(client, {
      python: [
        'show(latest() or [0, "", ""])',
        'epoch = (hpo.latest_checkpoint() or (0, 0))[1]',
        'while True:',
        '    epoch += 1',
        '    save(epoch, "x" * epoch, keep=1)',
        '    print("saved %d." % epoch, flush=True)',
      ].join('\n'),
      node: [
        'show(latest() ?? [0, "", ""]);',
        'for (let epoch = (hpo.latestCheckpoint()?.resource ?? 0) + 1; ; epoch++) {',
        '  await save(epoch, "x".repeat(epoch), 1);',
        '  console.log(`saved ${epoch}.`);',
        '}',
      ].join('\n'),
    });
    let announced = 0;
    for (let kill = 0; kill < 4; kill++) {
      const running = start(saver, env);
      await running.printed('saved ');
      await new Promise((resolve) => setTimeout(resolve, 2 + Math.random() * 20));
      running.kill('SIGKILL');
      const { stdout } = await running.finished;
      const [resource, text, more] = JSON.parse(stdout.split('\n')[0]) as [number, string, string];
      // the newest may have been saved, and not announced.
      expect(resource - announced === 0 || resource - announced === 1).toBe(true);
      expect([text.length, more.length]).toEqual([resource, resource]);
      announced = Number([...stdout.matchAll(/saved (\d+)\.\n/g)].at(-1)![1]);
    }
  });

  test('a writer that fails leaves no trace, and the error goes on', async () => {
    const { checkpoints, env } = newJob();
    const { value } = await shown(
      {
        python: [
          'save(1, "one")',
          'errors = []',
          'try:',
          '    with hpo.checkpoint(2) as folder:',
          '        write(folder, "two")',
          '        raise OSError("disk full")',
          'except OSError as error: errors.append(str(error))',
          'for resource, keep in ((2, 1), (0, 1), (2, 0), (2, 1.5)):',
          '    try:',
          '        with hpo.checkpoint(resource, keep=keep) as folder: pass',
          '    except ValueError as error: errors.append(str(error))',
          'show([latest()[0]] + errors)',
        ].join('\n'),
        node: [
          'await save(1, "one");',
          'const errors = [];',
          'const caught = async (promise) => promise.catch((error) => errors.push(error.message));',
          'await caught(hpo.saveCheckpoint(2, async (folder) => {',
          '  write(folder, "two");',
          '  throw new Error("disk full");',
          '}));',
          'for (const [resource, keep] of [[2, 1], [0, 1], [2, 0], [2, 1.5]]) {',
          '  await caught(hpo.saveCheckpoint(resource, () => undefined, { keep }));',
          '}',
          'show([latest()[0], ...errors]);',
        ].join('\n'),
      },
      env,
    );
    expect(value).toEqual([
      1,
      'disk full',
      'the checkpoint at 2 is empty: write its files into the folder',
      'resource must be a positive number, got 0: count epochs and steps from 1',
      'keep must be a positive integer, got 0',
      'keep must be a positive integer, got 1.5',
    ]);
    expect(readdirSync(checkpoints)).toEqual(['resource-1-save-1']);
  });

  test('the newest is the last one that was saved, not the one that got furthest: a trial may start anew', async () => {
    const { checkpoints, env } = newJob();
    const { value } = await shown(
      {
        python:
          'save(8, "old")\nsave(0.5, "new")\nsave(0.5, "again")\nfirst = latest()\nsave(8, "last", keep=1)\nshow([first, latest()])',
        node: 'await save(8, "old");\nawait save(0.5, "new");\nawait save(0.5, "again");\nconst first = latest();\nawait save(8, "last", 1);\nshow([first, latest()]);',
      },
      env,
    );
    expect(value).toEqual([
      [0.5, 'again', 'again'],
      [8, 'last', 'last'],
    ]);
    expect(readdirSync(checkpoints)).toEqual(['resource-8-save-4']);
  });

  test('outside of a job, and in all but the first process, the files are thrown away', async () => {
    const { checkpoints, env } = newJob();
    const lines: Program = {
      python: [
        'with hpo.checkpoint(1) as folder: write(folder, "one")',
        'show([os.path.exists(folder), hpo.latest_checkpoint() is None])',
      ].join('\n'),
      node: [
        'let folder;',
        'const answer = await hpo.saveCheckpoint(1, (given) => write((folder = given), "one"));',
        'show([fs.existsSync(folder), answer === undefined && hpo.latestCheckpoint() === undefined]);',
      ].join('\n'),
    };
    expect((await shown(lines, {})).value).toEqual([false, true]);
    expect((await shown(lines, { ...env, RANK: '1' })).value).toEqual([false, true]);
    expect(existsSync(checkpoints) ? readdirSync(checkpoints) : []).toEqual([]);
  });
});

test('the folder of a framework counts from when its list of files is there, and is never removed', async () => {
  const { checkpoints, env } = newJob();
  const [client] = CLIENTS;
  await run(program(client, SAVE_THREE), env);
  for (const name of ['checkpoint-4', 'checkpoint-5', 'logs']) {
    mkdirSync(join(checkpoints, name, 'sub'), { recursive: true });
    ['state.txt', 'sub/more.txt'].forEach((file) => writeFileSync(join(checkpoints, name, file), 'text of 4'));
  }
  const manifest = { resource: 4, save: 9, files: { 'state.txt': 9, 'sub/more.txt': 9 } };
  writeFileSync(join(checkpoints, 'checkpoint-4', MANIFEST), JSON.stringify(manifest));
  copyFileSync(join(checkpoints, 'checkpoint-4', MANIFEST), join(checkpoints, 'notes.json'));
  for (const reader of CLIENTS) {
    expect(JSON.parse((await run(program(reader, LATEST), env)).stdout)).toEqual([4, 'text of 4', 'text of 4']);
  }
  await run(program(client, { python: 'save(10, "ten", keep=1)', node: 'await save(10, "ten", 1);' }), env);
  expect(readdirSync(checkpoints).sort()).toEqual([
    'checkpoint-4',
    'checkpoint-5',
    'logs',
    'notes.json',
    'resource-10-save-10',
  ]);
});
