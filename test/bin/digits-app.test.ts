import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DigitsStack, DigitsStackProps } from '../../bin/digits-stack';
import { WAYS, Way, wayOf } from '../../bin/digits-ways';
import { newApp, definitionOf, ReadableTemplate, slotOf, tunerDefinitionOf } from '../support/lib-stack';

const ROOT = join(__dirname, '../..');

let outdir: string;
let template: ReadableTemplate;

/** The app runs as `cdk synth` runs it: jest can't import the program's modules. */
beforeAll(async () => {
  outdir = mkdtempSync(join(tmpdir(), 'cdk-hpo-digits-app-'));
  const env = { PATH: process.env.PATH, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false' };
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), 'bin/app.ts'], {
    cwd: ROOT,
    env,
  });
  template = new ReadableTemplate(new DigitsStack(newApp(), 'CdkHpoDigits'));
});

afterAll(() => rmSync(outdir, { recursive: true }));

interface Request {
  readonly AlgorithmSpecification: { readonly ContainerEntrypoint: string[]; readonly TrainingImage: string };
  readonly InputDataConfig: { ChannelName: string; DataSource: { S3DataSource: { S3Uri: string } } }[];
  readonly Environment: Record<string, string>;
  readonly StoppingCondition: { MaxRuntimeInSeconds: string };
}

function request(): Request {
  return slotOf(definitionOf(template)).States.Train!.Arguments as unknown as Request;
}

test('synthesizes one stack', () => {
  const { artifacts } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
    artifacts: Record<string, { type: string }>;
  };
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  expect(stacks.map(([name]) => name)).toEqual(['CdkHpoDigits']);
});

test('searches at least four hyperparameters, one of them conditional, promotes trials from checkpoints and runs four slots', () => {
  const { searchSpace, scheduler, maxTrials, maxParallelTrials } = tunerDefinitionOf(template);
  expect(searchSpace.filter(({ activeWhen }) => activeWhen === undefined).length).toBeGreaterThanOrEqual(4);
  expect(searchSpace.filter(({ activeWhen }) => activeWhen !== undefined)).toHaveLength(1);
  expect(scheduler).toMatchObject({ name: 'asha', mode: 'promote' });
  expect(maxTrials).toBeGreaterThanOrEqual(20);
  expect(maxParallelTrials).toBe(4);
});

test("tries the program's defaults first", () => {
  expect(tunerDefinitionOf(template).initialConfigurations).toHaveLength(1);
});

test('trains on AWS by Python in an image of AWS, and locally by the twin in JavaScript', () => {
  const { AlgorithmSpecification, Environment, StoppingCondition } = request();
  expect(AlgorithmSpecification.TrainingImage).toMatch(/\/pytorch-training:.*-cpu-/);
  expect(AlgorithmSpecification.ContainerEntrypoint[0]).toBe('python3');
  expect(Environment).toMatchObject({ CDK_HPO_PROGRAM: 'train.py', CDK_HPO_LOCAL_PROGRAM: 'train.mjs' });
  expect(StoppingCondition.MaxRuntimeInSeconds).toBe('{% $next.maxRuntimeSeconds %}');
  expect(tunerDefinitionOf(template).compute.maxRuntimeSeconds).toBeLessThanOrEqual(3600);
});

test('uploads program, twin, data and both clients', () => {
  const { DataSource } = request().InputDataConfig.find(({ ChannelName }) => ChannelName === 'cdk_hpo_program')!;
  const [hash] = /[0-9a-f]{64}/.exec(DataSource.S3DataSource.S3Uri)!;
  const files = readdirSync(join(outdir, `asset.${hash}`));
  expect(files).toEqual(expect.arrayContaining(['train.py', 'train.mjs', 'cdk_hpo.py', 'cdk-hpo.mjs', 'data']));
  expect(readdirSync(join(outdir, `asset.${hash}`, 'data')).length).toBeGreaterThan(0);
});

describe('the other ways', () => {
  const stackOf = (way: Way) => new ReadableTemplate(new DigitsStack(newApp(), 'CdkHpoDigits', { way }));

  test.each(WAYS)('%s has a way of its own to run the trials, four at a time', (way) => {
    const { compute, maxParallelTrials } = tunerDefinitionOf(stackOf(way));
    const own = { 'training-cluster': 'cluster', batch: 'batch', 'managed-tuning': 'tuning' };
    expect([maxParallelTrials, Object.values(own).filter((name) => name in compute)]).toEqual([
      4,
      way === 'training-jobs' ? [] : [own[way]],
    ]);
  });

  test('a way that there is not is refused by name', () => {
    expect(wayOf('batch')).toBe('batch');
    expect(() => wayOf('cluster')).toThrow(
      'way must be training-jobs, training-cluster, batch, managed-tuning, got "cluster"',
    );
  });

  test('trains on AWS by Python, and for this machine alone by Node, which needs no NumPy', () => {
    const programOf = (props: DigitsStackProps) => {
      const { compute } = tunerDefinitionOf(new ReadableTemplate(new DigitsStack(newApp(), 'Digits', props)));
      return compute.cluster!.program.environment.CDK_HPO_PROGRAM;
    };
    expect(programOf({ way: 'training-cluster' })).toBe('train.py');
    expect(programOf({ way: 'training-cluster', trainsWithNode: true })).toBe('train.mjs');
  });
});

test('says which state machine to start, and leaves nothing behind when it is removed', () => {
  expect(template.outputs.StateMachineArn).toMatchObject({ Value: '${Tuner/StateMachine}' });
  const kept = Object.entries(template.resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
  expect(kept).toEqual([]);
});
