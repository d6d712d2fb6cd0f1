import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install, pack, Packed, ROOT, runApp } from '../support/lib-package';

const SECONDS = 1000;
/** A cold build takes 20 s or more. */
const TIMEOUT = 120 * SECONDS;

let folder: string;
let packed: Packed;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'cdk-hpo-pack-')));
  packed = await pack(folder);
}, TIMEOUT);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  test('holds what an app needs and nothing else', () => {
    const allowed = [
      /^lib\/dist\/.*\.(js|d\.ts)$/,
      /^lambda\/dist\/[a-z-]+\/index\.js$/,
      /^client\/dist\/(python|node|entry)\/[a-z_-]+\.(py|mjs)$/,
      /^client\/dist\/(python|worker)\/cdk_hpo_worker\/[a-z0-9_]+\.py$/,
      /^client\/dist\/python\/pyproject\.toml$/,
      /^(\.jsii|API\.md|LICENSE|README\.md|package\.json)$/,
      // its only dependency, which jsii wants to be bundled.
      /^node_modules\/jsep\//,
    ];
    expect(packed.files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  test('holds no test, TypeScript source or installed module but the bundled one', () => {
    const unwanted = /(^|\/)(test|local|bin|examples|docs|node_modules)\/|\.test\.|(?<!\.d)\.ts$|\.tsbuildinfo$|\.map$/;
    const ours = packed.files.filter((file) => !file.startsWith('node_modules/jsep/'));
    expect(ours.filter((file) => unwanted.test(file))).toEqual([]);
  });

  test.each(['.jsii', 'LICENSE', 'README.md', 'package.json'])('holds %s', (file) => {
    expect(packed.files).toContain(file);
  });

  test('holds each source of lib compiled, and declared', () => {
    const sources = (readdirSync(join(ROOT, 'lib'), { recursive: true }) as string[])
      .filter((file) => file.endsWith('.ts') && !file.startsWith('dist'))
      .map((file) => file.replace(/\.ts$/, ''));
    expect(sources.length).toBeGreaterThan(20);
    const expected = sources.flatMap((source) => [`lib/dist/${source}.js`, `lib/dist/${source}.d.ts`]);
    expect(packed.files.filter((file) => file.startsWith('lib/')).sort()).toEqual(expected.sort());
  });

  test('holds the bundle of each step, the clients and the entry points', () => {
    const steps = readdirSync(join(ROOT, 'lambda')).filter((name) =>
      existsSync(join(ROOT, 'lambda', name, 'handler.ts')),
    );
    expect(steps).toHaveLength(10);
    expect(packed.files).toEqual(expect.arrayContaining(steps.map((step) => `lambda/dist/${step}/index.js`)));
    const isWorker = (file: string) => file.includes('/cdk_hpo_worker/');
    expect(packed.files.filter((file) => file.startsWith('client/') && !isWorker(file)).sort()).toEqual([
      'client/dist/entry/node-entry.mjs',
      'client/dist/entry/python_entry.py',
      'client/dist/node/cdk-hpo.mjs',
      'client/dist/python/cdk_hpo.py',
      'client/dist/python/pyproject.toml',
    ]);
    const modules = readdirSync(join(ROOT, 'client/python/cdk_hpo_worker')).filter((file) => file.endsWith('.py'));
    expect(packed.files.filter(isWorker)).toHaveLength(2 * modules.length);
  });

  test('is small', () => {
    expect(packed.size).toBeLessThan(5_000_000);
  });
});

describe('package.json', () => {
  interface Manifest {
    readonly main: string;
    readonly types: string;
    readonly dependencies: Record<string, string>;
    readonly bundledDependencies: string[];
    readonly peerDependencies: Record<string, string>;
  }

  const manifest = (): Manifest => JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

  test('points to files of the tarball', () => {
    expect(packed.files).toEqual(expect.arrayContaining([manifest().main, manifest().types]));
  });

  test('leaves the version of the CDK to the app, and brings nothing else that isn’t bundled', () => {
    expect(manifest().peerDependencies).toEqual({
      'aws-cdk-lib': expect.stringMatching(/^\^2\.\d+\.0$/),
      constructs: expect.stringMatching(/^\^10\.\d+\.0$/),
    });
    expect(Object.keys(manifest().dependencies)).toEqual(['jsep']);
    expect(manifest().bundledDependencies).toEqual(['jsep']);
  });
});

test('other languages get these types', () => {
  const { types } = JSON.parse(readFileSync(join(ROOT, '.jsii'), 'utf8')) as {
    types: Record<string, { kind: string }>;
  };
  const names = Object.keys(types).map((name) => name.replace('cdk-hpo.', ''));
  expect(names.filter((name) => /^(Internal|Private)|Definition$/.test(name))).toEqual([]);
  expect(names).toEqual(
    expect.arrayContaining([
      'Tuner',
      'Parameter',
      'Objective',
      'SearchAlgorithm',
      'Scheduler',
      'TrialRunner',
      'TrainingProgram',
    ]),
  );
});

test(
  'an empty app with the tarball synthesizes, with neither Docker nor esbuild',
  async () => {
    const app = join(folder, 'app');
    await install(packed.tarball, app);
    mkdirSync(join(app, 'program'));
    writeFileSync(join(app, 'program/train.py'), 'print(1)\n');
    writeFileSync(join(app, 'app.js'), APP);
    expect(await runApp(app, 'app.js')).toBe('no esbuild, no docker\n');

    const { Resources } = JSON.parse(readFileSync(join(app, 'cdk.out/Stack.template.json'), 'utf8')) as {
      Resources: Record<string, { Type: string; Properties: { Code?: { S3Key: string } } }>;
    };
    const functions = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    expect(functions).toHaveLength(8);
    for (const { Properties } of functions) {
      const asset = `asset.${Properties.Code!.S3Key.replace('.zip', '')}`;
      expect(readdirSync(join(app, 'cdk.out', asset))).toEqual(['index.js']);
    }
    const uploads = readdirSync(join(app, 'cdk.out'), { recursive: true }) as string[];
    expect(uploads.filter((file) => file.endsWith('cdk_hpo.py'))).toHaveLength(1);
  },
  TIMEOUT,
);

const APP = `
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { App, Stack } = require('aws-cdk-lib');
const { Objective, Parameter, TrainingImage, TrainingProgram, TrialRunner, Tuner } = require('cdk-hpo');

const resolvable = [__dirname, require.resolve('aws-cdk-lib'), require.resolve('cdk-hpo')].filter((from) => {
  try {
    return require.resolve('esbuild', { paths: [from] });
  } catch {
    return false;
  }
});
console.log(resolvable.length === 0 ? 'no esbuild, no docker' : 'esbuild at ' + resolvable);
if (spawnSync('docker', ['--version']).error === undefined) console.log('docker is there');

const app = new App();
new Tuner(new Stack(app, 'Stack'), 'Tuner', {
  searchSpace: { learning_rate: Parameter.continuous({ min: 0.001, max: 0.1 }) },
  parameterConstraints: ['learning_rate < 0.05'],
  objective: Objective.maximize('accuracy'),
  trialRunner: TrialRunner.sageMakerTraining({
    image: TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5'),
    program: TrainingProgram.fromScript(join(__dirname, 'program'), 'train.py'),
  }),
});
app.synth();
`;
