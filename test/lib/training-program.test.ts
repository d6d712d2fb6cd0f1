import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { ScriptOptions, TrainingProgram } from '../../lib';
import {
  newApp,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  checkedTrainingRequest,
  trainingRequestOf,
} from '../support/lib-stack';

const MARKER = `notes-${process.pid}.txt`;

let base: string;
let folder: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'cdk-hpo-program-'));
  folder = join(base, 'program');
  for (const name of ['train.py', 'train.js', 'train.mjs', 'train.cjs', MARKER, 'src/main.py', '.git/HEAD']) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), name);
  }
  writeFileSync(join(base, 'outside.py'), '');
});

afterAll(() => rmSync(base, { recursive: true }));

interface Request {
  readonly AlgorithmSpecification: { readonly ContainerEntrypoint?: string[] };
  readonly InputDataConfig?: { ChannelName: string; DataSource: { S3DataSource: { S3Uri: string } } }[];
  readonly Environment: Record<string, string>;
}

function synthesize(
  entry: string,
  options?: ScriptOptions,
  app = newApp(),
): { request: Request; stack: Stack; code: string } {
  const stack = new Stack(app, 'Stack');
  newTuner(stack, { trialRunner: sageMakerTraining({ program: TrainingProgram.fromScript(folder, entry, options) }) });
  const request = trainingRequestOf(new ReadableTemplate(stack)) as unknown as Request;
  const [hash] = /[0-9a-f]{64}/.exec(uriOf(request, 'cdk_hpo_program')) ?? [];
  return { request, stack, code: join(app.outdir, `asset.${hash}`) };
}

function uriOf(request: Request, channel: string): string {
  return request.InputDataConfig!.find(({ ChannelName }) => ChannelName === channel)!.DataSource.S3DataSource.S3Uri;
}

test('an image runs by itself by default', () => {
  const { AlgorithmSpecification, InputDataConfig, Environment } = checkedTrainingRequest({}) as unknown as Request;
  expect(AlgorithmSpecification.ContainerEntrypoint).toBeUndefined();
  expect(InputDataConfig).toBeUndefined();
  expect(Environment).not.toHaveProperty('CDK_HPO_PROGRAM');
  expect(checkedTrainingRequest({ program: TrainingProgram.fromImage() })).toEqual(checkedTrainingRequest({}));
});

test.each([
  ['train.py', 'python3', 'python_entry.py'],
  ['train.js', 'node', 'node-entry.mjs'],
  ['train.mjs', 'node', 'node-entry.mjs'],
  ['train.cjs', 'node', 'node-entry.mjs'],
  ['src/main.py', 'python3', 'python_entry.py'],
])('%s is run by %s', (entry, interpreter, entryFile) => {
  const { request, stack } = synthesize(entry);
  const entrypoint = request.AlgorithmSpecification.ContainerEntrypoint!;
  expect(entrypoint[0]).toBe(interpreter);
  expect(entrypoint.every((part) => part.length >= 1 && part.length <= 256)).toBe(true);
  expect(request.Environment).toMatchObject({ CDK_HPO_PROGRAM: entry });
  expect(request.Environment).not.toHaveProperty('CDK_HPO_LOCAL_PROGRAM');
  const [asset] = /[0-9a-f]{64}\.\w+/.exec(uriOf(request, 'cdk_hpo_entry')) ?? [];
  const staged = readFileSync(join((stack.node.root as App).outdir, `asset.${asset}`));
  expect(staged).toEqual(readFileSync(join(__dirname, '../../client/dist/entry', entryFile)));
});

test.each([
  ['train.py', {}, ['cdk_hpo.py']],
  ['train.mjs', {}, ['cdk-hpo.mjs']],
  ['train.py', { localEntry: 'train.mjs' }, ['cdk-hpo.mjs', 'cdk_hpo.py']],
])('the folder of %s with %p goes up with the clients %p beside it', (entry, options, clients) => {
  const { code } = synthesize(entry, options);
  expect(readdirSync(code).sort()).toEqual(
    [...clients, MARKER, 'src', 'train.cjs', 'train.js', 'train.mjs', 'train.py'].sort(),
  );
});

test('files may be excluded', () => {
  const { code } = synthesize('train.py', { exclude: ['*.txt', '*js', '.git'] });
  expect(readdirSync(code).sort()).toEqual(['cdk_hpo.py', 'src', 'train.py']);
});

test('a twin for the local runtime is named in the environment', () => {
  const { request } = synthesize('train.py', { localEntry: 'train.mjs' });
  expect(request.AlgorithmSpecification.ContainerEntrypoint![0]).toBe('python3');
  expect(request.Environment).toMatchObject({ CDK_HPO_PROGRAM: 'train.py', CDK_HPO_LOCAL_PROGRAM: 'train.mjs' });
});

test('the training role may read program and entry, and no other asset', () => {
  const { request, stack } = synthesize('train.py');
  const reads = new ReadableTemplate(stack)
    .statementsOf('Tuner/TrialRunner/TrainingRole')
    .filter(({ Action }) => Action === 's3:GetObject');
  expect(reads.map(({ Resource }) => basename(Resource as string))).toEqual(
    ['cdk_hpo_program', 'cdk_hpo_entry'].map((channel) => `${basename(uriOf(request, channel))}*`),
  );
});

test('the same folder gives the same upload, and nothing is left behind', () => {
  // other tests use the same temporary folder.
  const leftBehind = () => readdirSync(tmpdir()).filter((name) => existsSync(join(tmpdir(), name, MARKER)));
  const before = leftBehind();
  const [first, second] = [synthesize('train.py'), synthesize('train.py')];
  expect(first.request).toEqual(second.request);
  expect(leftBehind()).toEqual(before);
});

test('one program may be used by two tuners', () => {
  const stack = newStack();
  const program = TrainingProgram.fromScript(folder, 'train.py');
  newTuner(stack, { trialRunner: sageMakerTraining({ program }) }, 'A');
  newTuner(stack, { trialRunner: sageMakerTraining({ program }) }, 'B');
  const template = new ReadableTemplate(stack);
  expect(trainingRequestOf(template, 'A').InputDataConfig).toEqual(trainingRequestOf(template, 'B').InputDataConfig);
});

test('a folder may be given relative to where the app runs', () => {
  const program = TrainingProgram.fromScript(relative(process.cwd(), folder), 'train.py');
  expect(checkedTrainingRequest({ program })).toEqual(
    checkedTrainingRequest({ program: TrainingProgram.fromScript(folder, 'train.py') }),
  );
});

test('the upload exists where the CDK copies no assets', () => {
  const app = newApp({ context: { 'aws:cdk:disable-asset-staging': true } });
  const { stack } = synthesize('train.py', {}, app);
  app.synth();
  const { files } = JSON.parse(readFileSync(join(app.outdir, `${stack.artifactId}.assets.json`), 'utf8')) as {
    files: Record<string, { source: { path: string } }>;
  };
  const paths = Object.values(files).map(({ source }) => resolve(app.outdir, source.path));
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test.each([
  ['train.sh', 'entry of TrainingProgram.fromScript must end in .py, .js, .mjs, .cjs, got "train.sh"'],
  ['train', 'entry of TrainingProgram.fromScript must end in .py, .js, .mjs, .cjs, got "train"'],
  ['missing.py', 'entry of TrainingProgram.fromScript must be a file in "FOLDER", got "missing.py"'],
  ['../outside.py', 'entry of TrainingProgram.fromScript must be a file in "FOLDER", got "../outside.py"'],
])('the entry %p is refused', (entry, message) => {
  expect(() => TrainingProgram.fromScript(folder, entry)).toThrow(message.replace('FOLDER', folder));
});

test('a local entry is checked like the entry', () => {
  expect(() => TrainingProgram.fromScript(folder, 'train.py', { localEntry: 'missing.mjs' })).toThrow(
    `localEntry of TrainingProgram.fromScript must be a file in ${JSON.stringify(folder)}, got "missing.mjs"`,
  );
  expect(() => TrainingProgram.fromScript(folder, 'train.py', { localEntry: 'train.rb' })).toThrow(
    'localEntry of TrainingProgram.fromScript must end in .py, .js, .mjs, .cjs, got "train.rb"',
  );
});

test.each(['nowhere', 'program/train.py'])('the folder %p is refused', (name) => {
  expect(() => TrainingProgram.fromScript(join(base, name), 'train.py')).toThrow(
    `folder of TrainingProgram.fromScript must be a folder, got ${JSON.stringify(join(base, name))}`,
  );
});

test('an entry that is excluded is refused', () => {
  const program = () => synthesize('train.py', { exclude: ['*.py'] });
  expect(program).toThrow(/entry of TrainingProgram.fromScript must .* got "train.py"/);
});
