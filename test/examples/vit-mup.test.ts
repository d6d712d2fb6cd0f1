import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VitMupStack } from '../../examples/vit-mup/vit-mup-stack';
import { ROOT, run } from '../client/processes';
import { ReadableTemplate, newApp, trainingRequestOf, tunerDefinitionOf } from '../support/lib-stack';

const EXAMPLE = join(ROOT, 'examples', 'vit-mup');
const FILES = readdirSync(EXAMPLE).filter((name) => name.endsWith('.py'));

/** The example as a training job sees it: its files with the client beside them. */
const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-vit-mup-'));
for (const name of FILES) copyFileSync(join(EXAMPLE, name), join(folder, name));
copyFileSync(join(ROOT, 'client/python/cdk_hpo.py'), join(folder, 'cdk_hpo.py'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A Python with torch and transformers, or undefined: TORCH_PYTHON may name one. */
const TORCH_PYTHON = [process.env.TORCH_PYTHON, 'python3', '/usr/bin/python3'].find(
  (python) => python && spawnSync(python, ['-c', 'import torch, transformers, accelerate']).status === 0,
);

const QUIET = { PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' };
const python = (...options: string[]) => run(['python3', ...options], QUIET, folder);

/** What an expression of the module `mup_shapes` gives. */
function shapesOf(expression: string, values: unknown = null): unknown {
  const program = `import json, sys\nfrom mup_shapes import *\nv = json.load(sys.stdin)\nprint(json.dumps(${expression}))`;
  const { status, stdout, stderr } = spawnSync('python3', ['-B', '-c', program], {
    input: JSON.stringify(values),
    encoding: 'utf8',
    cwd: folder,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test('all files are Python', async () => {
  const compile = 'import ast, sys; [ast.parse(open(name, encoding="utf-8").read(), name) for name in sys.argv[1:]]';
  expect(FILES).toContain('train.py');
  expect(await python('-c', compile, ...FILES)).toMatchObject({ code: 0, stderr: '' });
});

type Shapes = Record<string, number[]>;

/** Parameters of a vision transformer of a width, with what each of them is. */
const shapes = (width: number): Shapes => ({
  cls_token: [1, 1, width],
  position_embeddings: [1, 197, width],
  'projection.weight': [width, 3, 16, 16],
  'projection.bias': [width],
  'query.weight': [width, width],
  'fc1.weight': [4 * width, width],
  'fc2.weight': [width, 4 * width],
  'fc2.bias': [width],
  'layernorm.weight': [width],
  'classifier.weight': [3, width],
  'classifier.bias': [3],
});

interface Rule {
  readonly kind: string;
  readonly width: number;
  readonly init: number;
  readonly learning_rate: number;
  readonly weight_decay: number;
  readonly forward: number;
}

const rulesOf = (base: Shapes, delta: Shapes, target: Shapes) =>
  shapesOf('{n: r._asdict() for n, r in rules(*v).items()}', [base, delta, target]) as Record<string, Rule>;

describe('the arithmetic of muP', () => {
  const input = { kind: 'input', width: 4, init: 1, learning_rate: 1, weight_decay: 1, forward: 1 };
  const hidden = { kind: 'hidden', width: 4, init: 1 / 2, learning_rate: 1 / 4, weight_decay: 4, forward: 1 };
  const output = { kind: 'output', width: 4, init: 0, learning_rate: 1, weight_decay: 1, forward: 1 / 4 };
  const fixed = { kind: 'fixed', width: 1, init: 1, learning_rate: 1, weight_decay: 1, forward: 1 };

  test('four times as wide: the rules of the paper for Adam', () => {
    expect(rulesOf(shapes(192), shapes(384), shapes(768))).toEqual({
      cls_token: input,
      position_embeddings: input,
      'projection.weight': input,
      'projection.bias': input,
      'query.weight': hidden,
      'fc1.weight': hidden,
      'fc2.weight': hidden,
      'fc2.bias': input,
      'layernorm.weight': input,
      'classifier.weight': output,
      'classifier.bias': fixed,
    });
  });

  test('the attention divides by d, and as usual at the base', () => {
    expect(
      shapesOf('[attention_scale(*pair) for pair in v]', [
        [64, 64],
        [256, 64],
        [128, 32],
      ]),
    ).toEqual([1 / 8, 1 / 32, Math.sqrt(32) / 128]);
  });

  test('at the base width nothing changes, but for the output, which begins at zero', () => {
    for (const rule of Object.values(rulesOf(shapes(192), shapes(384), shapes(192)))) {
      const init = rule.kind === 'output' ? 0 : 1;
      expect(rule).toMatchObject({ width: 1, init, learning_rate: 1, weight_decay: 1, forward: 1 });
    }
  });

  test('twice wider, then thrice, is six times wider', () => {
    const [twice, thrice, sixTimes] = [
      rulesOf(shapes(64), shapes(65), shapes(128)),
      rulesOf(shapes(128), shapes(129), shapes(384)),
      rulesOf(shapes(64), shapes(65), shapes(384)),
    ];
    for (const name of Object.keys(sixTimes)) {
      for (const factor of ['width', 'init', 'learning_rate', 'weight_decay', 'forward'] as const) {
        expect(twice[name][factor] * thrice[name][factor]).toBeCloseTo(sixTimes[name][factor], 12);
      }
    }
  });

  test('the order of parameters, and how much wider delta is, change nothing', () => {
    const reversed = (all: Shapes) => Object.fromEntries(Object.entries(all).reverse());
    const rules = rulesOf(shapes(64), shapes(128), shapes(256));
    expect(rulesOf(reversed(shapes(64)), shapes(128), reversed(shapes(256)))).toEqual(rules);
    expect(rulesOf(shapes(64), shapes(72), shapes(256))).toEqual(rules);
  });

  test('a table of vectors is an input', () => {
    const embedding = [
      [1000, 64],
      [1000, 128],
      [1000, 256],
    ];
    expect(shapesOf('[rule(*v).kind, rule(*v, table=True).kind]', embedding)).toEqual(['output', 'input']);
  });

  test.each([
    ['more layers', 'rules({"a": (4,)}, {"a": (8,)}, {"a": (8,), "b": (8,)})', /base and target .* not so: b/],
    ['more labels', 'rule((3, 4), (3, 8), (5, 8))', /change nothing but the width/],
    ['another number of dimensions', 'rule((3, 4), (3,), (3, 8))', /as many dimensions/],
    ['a target with another number of dimensions', 'rule((3, 4), (3, 8), (3,))', /as many dimensions/],
    ['three dimensions that grow', 'rule((4, 4, 4), (8, 8, 8), (8, 8, 8))', /only dimensions 0 and 1/],
  ])('refuses %s', (_, expression, message) => {
    expect(() => shapesOf(expression)).toThrow(message);
  });
});

describe('transfer.py', () => {
  const best = { trial: 3, value: 0.9, hyperparameters: { learning_rate: 3e-5, weight_decay: 0.01, warmup_ratio: 0 } };
  const transfer = (result: unknown, ...options: string[]) => {
    const file = join(mkdtempSync(join(folder, 'result-')), 'result.json');
    writeFileSync(file, JSON.stringify(result));
    return python('transfer.py', file, '--dry_run', ...options);
  };

  test('takes the best trial over to the wide model', async () => {
    const { code, stdout } = await transfer({ best }, '--layers', '8');
    expect([code, stdout]).toEqual([
      0,
      'train.py --width 768 --learning_rate 3e-05 --warmup_ratio 0 --weight_decay 0.01 --layers 8\n',
    ]);
    expect((await transfer({ best }, '--width', '384')).stdout).toContain('--width 384 ');
  });

  test.each([
    ['no best trial', { reason: 'all 3 trials have failed' }, /no best trial: all 3 trials have failed/],
    ['no learning rate', { best: { hyperparameters: { momentum: 0.9 } } }, /no learning_rate: {"momentum": 0.9}/],
  ])('says so if there is %s', async (_, result, message) => {
    const { code, stderr } = await transfer(result);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

test('the stack synthesizes: a narrow model on spot instances, with ASHA over its epochs', () => {
  const template = new ReadableTemplate(new VitMupStack(newApp(), 'VitMup'));
  expect(trainingRequestOf(template)).toMatchObject({
    AlgorithmSpecification: {
      TrainingImage: expect.stringMatching(/\/huggingface-pytorch-training:2\.8\.0-/) as string,
    },
    EnableManagedSpotTraining: true,
  });
  expect(JSON.stringify(trainingRequestOf(template).HyperParameters)).toContain('\\"width\\":\\"192\\"');
  expect(tunerDefinitionOf(template)).toMatchObject({
    objective: { metric: 'eval_accuracy', direction: 'maximize' },
    scheduler: { name: 'asha', minResource: 9, maxResource: 81 },
    compute: { instanceTypes: ['ml.g5.xlarge'] },
  });
});

describe('the ways to run the trials', () => {
  const templateOf = (way?: string) => new ReadableTemplate(new VitMupStack(newApp(), 'VitMup', { way }));
  const WAYS = ['training-jobs', 'training-cluster', 'batch', 'managed-tuning'];

  test.each(WAYS)('%s has the objective, the space and the limits of the default', (way) => {
    const [usual, other] = [undefined, way].map((name) => tunerDefinitionOf(templateOf(name)));
    const { objective, searchSpace, maxTrials, maxSpendUsd, maxDurationSeconds } = usual;
    expect(other).toMatchObject({ objective, maxTrials, maxSpendUsd, maxDurationSeconds });
    expect(other.searchSpace).toEqual(searchSpace);
    expect(searchSpace.map(({ name }) => name)).toEqual(['learning_rate', 'weight_decay', 'warmup_ratio']);
    const scheduler = way === 'managed-tuning' ? 'none' : 'asha';
    expect(other.scheduler.name).toBe(scheduler);
  });

  test('training-cluster gives each of eight trials a GPU', () => {
    const { compute, maxParallelTrials } = tunerDefinitionOf(templateOf('training-cluster'));
    expect(compute).toMatchObject({
      instanceTypes: ['ml.g5.12xlarge'],
      spot: true,
      cluster: { instanceCount: 2, trialsPerInstance: 4, program: { hyperparameters: { width: '192' } } },
    });
    expect(maxParallelTrials).toBe(8);
  });

  test('batch asks for a GPU on spot instances, in subnets that need no NAT gateway', () => {
    const template = templateOf('batch');
    const [environment] = Object.values(template.ofType('AWS::Batch::ComputeEnvironment'));
    const resources = environment.Properties.ComputeResources as { Subnets: string[] };
    expect(resources).toMatchObject({ Type: 'SPOT', InstanceTypes: ['g5'], MinvCpus: 0 });
    const subnets = template.ofType('AWS::EC2::Subnet');
    expect(resources.Subnets).toEqual(Object.keys(subnets).map((name) => `\${${name}}`));
    for (const { Properties } of Object.values(subnets)) expect(Properties.MapPublicIpOnLaunch).toBe(true);
    expect(template.ofType('AWS::EC2::NatGateway')).toEqual({});
    const [{ Properties }] = Object.values(template.ofType('AWS::Batch::JobDefinition'));
    expect(Properties.ContainerProperties).toMatchObject({
      ResourceRequirements: [
        { Type: 'VCPU', Value: '4' },
        { Type: 'MEMORY', Value: '14336' },
        { Type: 'GPU', Value: '1' },
      ],
      LinuxParameters: { SharedMemorySize: 2048 },
    });
  });

  test('managed-tuning has the whole space as ranges, without conditions', () => {
    const { searchSpace, compute } = tunerDefinitionOf(templateOf('managed-tuning'));
    expect(searchSpace.filter(({ activeWhen }) => activeWhen !== undefined)).toEqual([]);
    expect(compute.tuning!.config).toMatchObject({
      Strategy: 'Bayesian',
      HyperParameterTuningJobObjective: { Type: 'Maximize', MetricName: 'eval_accuracy' },
      ParameterRanges: {
        ContinuousParameterRanges: [
          { Name: 'learning_rate', MinValue: '0.00003', MaxValue: '0.03', ScalingType: 'Logarithmic' },
          { Name: 'weight_decay', MinValue: '0.001', MaxValue: '0.5', ScalingType: 'Logarithmic' },
          { Name: 'warmup_ratio', MinValue: '0', MaxValue: '0.3', ScalingType: 'Linear' },
        ],
      },
    });
  });

  test('another one is named', () => {
    expect(() => templateOf('by-mail')).toThrow('got "by-mail"');
  });
});

if (TORCH_PYTHON === undefined) {
  test.skip('train.py: no Python here has torch, transformers and accelerate; TORCH_PYTHON may name one', () =>
    undefined);
} else {
  const torch = (options: string[], env: Record<string, string> = {}) =>
    run([TORCH_PYTHON, ...options], { ...QUIET, ...env }, folder);
  /** GIVEN a folder for checkpoints and the model, as a job has. */
  const job = () => {
    const base = mkdtempSync(join(folder, 'job-'));
    return { SM_CHECKPOINT_DIR: join(base, 'checkpoints'), SM_MODEL_DIR: join(base, 'model') };
  };
  const epochsOf = (stdout: string) => [...stdout.matchAll(/^\[cdk-hpo\] resource=(\d+) .*eval_accuracy=(\S+)/gm)];

  describe('with torch', () => {
    test('the smoke test learns', async () => {
      const { code, stdout, stderr } = await torch(['train.py', '--smoke']);
      expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      expect(epochsOf(stdout).map(([, epoch]) => Number(epoch))).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
      expect(Number(/smoke test: eval_accuracy (\S+)/.exec(stdout)![1])).toBeGreaterThan(0.6);
    }, 300_000);

    test('a trial that pauses goes on from its checkpoint, and ends as one that did not', async () => {
      const options = ['train.py', '--smoke', '--epochs', '3'];
      const [whole, env] = [await torch(options, job()), job()];
      const first = await torch(options, { ...env, CDK_HPO_MAX_RESOURCE: '2' });
      expect(first.stderr).toContain('the trial pauses at resource 2');
      const second = await torch(options, { ...env, CDK_HPO_MAX_RESOURCE: '3' });
      const epochs = [first, second].flatMap(({ stdout }) => epochsOf(stdout));
      expect(epochs.map(([, epoch]) => epoch)).toEqual(['1', '2', '3']);
      expect(epochs.map(([, , accuracy]) => accuracy)).toEqual(
        epochsOf(whole.stdout).map(([, , accuracy]) => accuracy),
      );
      // killed after its last checkpoint: it reports that epoch again, and trains nothing.
      const third = await torch(options, { ...env, CDK_HPO_MAX_RESOURCE: '3' });
      expect([third.code, epochsOf(third.stdout).map(([, epoch]) => epoch)]).toEqual([0, ['3']]);
    }, 300_000);

    test('the saved model is an ordinary ViT, which says the same', async () => {
      const program = `
import sys, torch, transformers, train, data, mup_model
options = train.parse_options(['--smoke'])
options.labels = data.LABELS
for attention in ('eager', 'sdpa'):
    transformers.set_seed(1)
    model, rules = mup_model.build(options)
    model.set_attn_implementation(attention)
    model.eval()
    torch.nn.init.normal_(model.classifier.weight)
    images = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        before = model(images).logits
        mup_model.fold(model).save_pretrained(sys.argv[1])
        plain = transformers.ViTForImageClassification.from_pretrained(sys.argv[1]).eval()
        assert type(plain.classifier) is torch.nn.Linear
        assert torch.allclose(plain(images).logits, before, atol=1e-5), attention
groups = mup_model.parameter_groups(model, rules, 1.0, 1.0)
print(sorted((group['lr'], group['weight_decay']) for group in groups))`;
      const { code, stdout, stderr } = await torch(['-c', program, job().SM_MODEL_DIR]);
      expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      expect(stdout).toContain('[(0.5, 2.0), (1.0, 0.0), (1.0, 1.0)]');
    }, 300_000);

    test('a version of transformers whose attention cannot be scaled is refused', async () => {
      const program = `
import transformers, train, data, mup_model
options = train.parse_options(['--smoke'])
options.labels = data.LABELS
model = mup_model.build(options)[0]
for layer in [module for module in model.modules() if hasattr(module, 'scaling')]:
    del layer.scaling
mup_model.scale_attention(model, 8)`;
      const { code, stderr } = await torch(['-c', program]);
      expect(code).toBe(1);
      expect(stderr).toContain('found 0 attention layers with the usual scaling, there should be 2');
    }, 300_000);

    test('outputs do not grow with the width, as those of an ordinary model do', async () => {
      const { code, stdout } = await torch(['coordinate_check.py']);
      expect(code).toBe(0);
      const [mup, ordinary] = stdout
        .trim()
        .split('\n')
        .map((line) => [...line.matchAll(/times: (\S+)/g)].map(([, size]) => Number(size)));
      expect(Math.max(...mup) / Math.min(...mup)).toBeLessThan(2);
      expect(ordinary[2] / ordinary[0]).toBeGreaterThan(8);
    }, 300_000);
  });
}

test('the README names files that there are', () => {
  const text = readFileSync(join(EXAMPLE, 'README.md'), 'utf8');
  for (const [, name] of text.matchAll(/`([a-z_-]+\.(?:py|ts|txt))`/g)) {
    expect(existsSync(join(EXAMPLE, name))).toBe(true);
  }
});
