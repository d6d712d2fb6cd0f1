import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientsIn, installClients, Program, studyEnvironment } from './clients';
import { fakeLambda, FakeLambda, run } from './processes';

const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-max-resource-'));
const CLIENTS = clientsIn(folder);
let lambda: FakeLambda;

beforeAll(() => installClients(folder));
beforeEach(async () => {
  lambda = await fakeLambda();
});
afterEach(() => lambda.close());
afterAll(() => rmSync(folder, { recursive: true }));

function environment(maximum: string): Record<string, string> {
  return {
    ...studyEnvironment(lambda.endpoint),
    CDK_HPO_RESOURCE_NAME: 'epoch',
    ...(maximum && { CDK_HPO_MAX_RESOURCE: maximum }),
  };
}

/** A training that knows nothing of a maximum: it loops to its own end. */
const FOUR_EPOCHS: Program = {
  python: 'for epoch in range(1, 5): hpo.report(epoch, accuracy=0.5)\nprint("trained on")',
  node: 'for (let epoch = 1; epoch <= 4; epoch++) await hpo.report(epoch, { accuracy: 0.5 });\nconsole.log("trained on");',
};

/** A training that asks how far it should go, and says so. */
function asking(epochs: number): Program {
  return {
    python: [
      `last = hpo.max_resource(${epochs})`,
      'for epoch in range(1, last + 1): hpo.report(epoch, accuracy=0.5)',
      'print("trained on to", last)',
    ].join('\n'),
    node: [
      `const last = hpo.maxResource(${epochs});`,
      'for (let epoch = 1; epoch <= last; epoch++) await hpo.report(epoch, { accuracy: 0.5 });',
      'console.log("trained on to", last);',
    ].join('\n'),
  };
}

const PAUSED = 'cdk-hpo: the trial pauses at epoch 2: this attempt was to train up to 2\n';

describe.each(CLIENTS)('$name client', ({ command }) => {
  test('the report that reaches the maximum ends a program that never asked, paused, though the study said continue', async () => {
    expect(await run(command(FOUR_EPOCHS), environment('2'))).toMatchObject({ code: 0, stderr: PAUSED });
    expect(lambda.payloads.map(({ resource }) => resource)).toEqual([1, 2]);
  });

  test('a program that asked ends in its own way where the study says continue: nothing more is to come', async () => {
    const { code, stdout, stderr } = await run(command(asking(4)), environment('2'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('trained on to 2\n');
  });

  test('a program that asked pauses where the study says so', async () => {
    lambda.answer = ({ resource }) => ({ body: { decision: resource === 2 ? 'pause' : 'continue', reason: 'rung 2' } });
    const { code, stdout, stderr } = await run(command(asking(4)), environment('2'));
    expect([code, stderr]).toEqual([0, 'cdk-hpo: the study pauses the trial at epoch 2: rung 2\n']);
    expect(stdout).not.toContain('trained on');
  });

  test('the study has the word, if it says stop', async () => {
    lambda.answer = ({ resource }) => ({ body: { decision: resource === 2 ? 'stop' : 'continue', reason: 'rung 2' } });
    const { code, stdout, stderr } = await run(command(FOUR_EPOCHS), environment('2'));
    expect([code, stderr]).toEqual([0, 'cdk-hpo: the study stops the trial at epoch 2: rung 2\n']);
    expect(stdout).not.toContain('trained on');
  });

  test('a training that ends at the maximum by itself ends in its own way', async () => {
    const { code, stdout, stderr } = await run(command(asking(2)), environment('2.0'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('trained on to 2\n');
  });

  test('a maximum between two epochs is reached by the second, and one beyond the end changes nothing', async () => {
    const between = await run(command(FOUR_EPOCHS), environment('1.5'));
    expect(between.stderr).toBe('cdk-hpo: the trial pauses at epoch 2: this attempt was to train up to 1.5\n');
    expect((await run(command(asking(4)), environment('1.5'))).stdout).toContain('trained on to 2\n');
    const beyond = await run(command(asking(2)), environment('9'));
    expect([beyond.stdout.split('\n').at(-2), beyond.stderr]).toEqual(['trained on to 2', '']);
  });

  test('the pause can be returned instead, and is told apart from a stop', async () => {
    const program = command({
      python: [
        'print(hpo.report(1, accuracy=0.5), hpo.should_pause(), hpo.should_stop())',
        'print(hpo.report(2, accuracy=0.5, on_stop="return"), hpo.should_pause(), hpo.should_stop())',
      ].join('\n'),
      node: [
        'console.log(await hpo.report(1, { accuracy: 0.5 }), hpo.shouldPause(), hpo.shouldStop());',
        'const decision = await hpo.report(2, { accuracy: 0.5 }, { onStop: "return" });',
        'console.log(decision, hpo.shouldPause(), hpo.shouldStop());',
      ].join('\n'),
    });
    const paused = await run(program, environment('2'));
    expect(paused.stdout.toLowerCase()).toMatch(/continue false false\n.*\npause true true\n$/);
    lambda.answer = () => ({ body: { decision: 'stop' } });
    const stopped = await run(
      command({
        python: 'print(hpo.report(2, accuracy=0.5, on_stop="return"), hpo.should_pause(), hpo.should_stop())',
        node: 'console.log(await hpo.report(2, { accuracy: 0.5 }, { onStop: "return" }), hpo.shouldPause(), hpo.shouldStop());',
      }),
      environment('2'),
    );
    expect(stopped.stdout.toLowerCase()).toMatch(/stop false true\n$/);
  });

  test('all processes of a distributed job end there, and only the first one says so', async () => {
    const { code, stdout, stderr } = await run(command(FOUR_EPOCHS), { ...environment('2'), RANK: '1' });
    expect([code, stdout, stderr]).toEqual([0, '', '']);
    expect(lambda.payloads).toHaveLength(0);
  });

  test('a maximum that is no positive number is named once and left out', async () => {
    const texts = ['0', '-3', 'two', 'NaN', 'Infinity', '1e999', ' 2', '1_0', '0x10'];
    const program = command({
      python: [
        'import os',
        `for text in ${JSON.stringify(texts)}:`,
        '    os.environ["CDK_HPO_MAX_RESOURCE"] = text',
        '    print("up to", hpo.max_resource(3), hpo.max_resource(3), hpo.report(3, accuracy=0.5))',
      ].join('\n'),
      node: [
        `for (const text of ${JSON.stringify(texts)}) {`,
        '  process.env.CDK_HPO_MAX_RESOURCE = text;',
        '  console.log("up to", hpo.maxResource(3), hpo.maxResource(3), await hpo.report(3, { accuracy: 0.5 }));',
        '}',
      ].join('\n'),
    });
    const { code, stdout, stderr } = await run(program);
    expect(code).toBe(0);
    expect(stdout.match(/^up to 3 3 continue$/gm)).toHaveLength(texts.length);
    const notes = stderr.trim().split('\n');
    expect(notes).toHaveLength(texts.length);
    texts.forEach((text, index) => {
      expect(notes[index]).toMatch(/^cdk-hpo: CDK_HPO_MAX_RESOURCE must be a positive number, got .*: it is left out$/);
      expect(notes[index]).toContain(text);
    });
  });

  test('the smaller one of the default and the maximum, whole where the default is', async () => {
    const cases: [string, number, number][] = [
      ['', 10, 10],
      ['4', 10, 4],
      ['4.0', 10, 4],
      ['1e1', 20, 10],
      ['20', 10, 10],
      ['2.5', 10, 3],
      ['2.5', 9.5, 2.5],
      ['3.0000000000000004', 10, 3],
      ['0.1', 10, 1],
      ['+.5e1', 1e9, 5],
    ];
    const program = command({
      python: [
        'import json, os',
        'found = []',
        `for text, default in ${JSON.stringify(cases.map(([text, byDefault]) => [text, byDefault]))}:`,
        '    os.environ["CDK_HPO_MAX_RESOURCE"] = text',
        '    found.append(hpo.max_resource(default))',
        'print(json.dumps(found + [hpo.max_resource(math.inf)]))',
      ].join('\n'),
      node: [
        `const found = ${JSON.stringify(cases)}.map(([text, byDefault]) => {`,
        '  process.env.CDK_HPO_MAX_RESOURCE = text;',
        '  return hpo.maxResource(byDefault);',
        '});',
        'console.log(JSON.stringify([...found, hpo.maxResource(Infinity)]));',
      ].join('\n'),
    });
    const { stdout, stderr } = await run(program, environment(''));
    expect(stderr).toBe('');
    // a whole number is written without a point, so that it can be counted up to.
    expect(stdout).not.toContain('.0');
    expect(JSON.parse(stdout)).toEqual([...cases.map(([, , wanted]) => wanted), 5]);
  });

  test('a default that is no positive number is a mistake', async () => {
    const program = command({
      python: [
        'for value in (0, -1, math.nan, "8", None, True):',
        '    try: print(hpo.max_resource(value))',
        '    except (TypeError, ValueError) as error: print(error)',
      ].join('\n'),
      node: [
        'for (const value of [0, -1, NaN, "8", undefined, true]) {',
        '  try { console.log(hpo.maxResource(value)); } catch (error) { console.log(error.message); }',
        '}',
      ].join('\n'),
    });
    const { stdout } = await run(program);
    expect(stdout.match(/^the default of max_?[rR]esource must be a (positive )?number.*, got .+$/gm)).toHaveLength(6);
  });
});

// both clients at once, since these spend their time waiting.
test('a maximum holds though its report is lost', async () => {
  lambda.answer = ({ resource }) => (resource === 2 ? { status: 500, body: {} } : { body: { decision: 'continue' } });
  const runs = CLIENTS.map(({ command }) => run(command(FOUR_EPOCHS), environment('2')));
  for (const { code, stdout, stderr } of await Promise.all(runs)) {
    expect(code).toBe(0);
    expect(stdout).not.toContain('trained on');
    expect(stderr).toMatch(/the report at epoch 2 is lost/);
    expect(stderr.endsWith(PAUSED)).toBe(true);
  }
});
