import aslValidator from 'asl-validator';
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import jsonata from 'jsonata';
import { TrainingChannel, TunerProps } from '../../../lib';
import { validate } from '../../../local/asl/validate';
import { ecrImage } from '../../support/lib-images';
import { evaluate, expressionsIn } from '../../support/lib-jsonata';
import { batch, cluster, RunnerOf, runState, script, stackWith, templateWith, tuning } from '../../support/lib-runners';
import {
  Definition,
  definitionOf,
  newApp,
  newTuner,
  ReadableTemplate,
  slotOf,
  State,
  StateGraph,
  tunerDefinitionOf,
} from '../../support/lib-stack';

const RUNNERS: [string, RunnerOf, string[]][] = [
  ['trainingCluster', cluster(), ['Run cluster']],
  ['managedTuning', tuning(), ['Tune', 'Tune on']],
  ['batch', batch(), ['Train']],
];

function graphsOf(definition: Definition): StateGraph[] {
  return definition.States['Run slots'] === undefined ? [definition] : [definition, slotOf(definition)];
}

function transitions({ States }: StateGraph): Record<string, string[]> {
  const nextOf = ({ Next, Choices = [], Default, Catch = [] }: State) =>
    [...Choices.map((choice) => choice.Next), Default, Next, ...Catch.map((handler) => handler.Next)].filter(
      (name) => name !== undefined,
    );
  return Object.fromEntries(Object.entries(States).map(([name, state]) => [name, nextOf(state)]));
}

describe.each(RUNNERS)('the state machine of %s', (_, runner, runStates) => {
  let template: ReadableTemplate;
  let definition: Definition;

  beforeAll(() => {
    template = templateWith(runner);
    definition = definitionOf(template);
  });

  test('passes the validator of the Amazon States Language, and that of the local runtime', () => {
    const arn = 'arn:aws:lambda:us-east-1:111111111111:function:f';
    const valid = JSON.parse(
      JSON.stringify(definition)
        .replaceAll('${AWS::Partition}', 'aws')
        .replaceAll(/"\$\{Tuner\/\w+\.Arn\}"/g, `"${arn}"`),
    ) as object;
    const { isValid, errorsText } = aslValidator(valid);
    expect([errorsText('\n'), isValid]).toEqual(['', true]);
    expect(() => validate(valid, () => true)).not.toThrow();
  });

  test('has states whose names and comments are sentences', () => {
    for (const { States } of graphsOf(definition)) {
      for (const [name, { Type, Comment }] of Object.entries(States)) {
        expect(name).toMatch(/^[A-Z][a-z]+( [a-z]+)*\??$/);
        expect(name.endsWith('?')).toBe(Type === 'Choice');
        if (!['Task', 'Map', 'Wait', 'Pass'].includes(Type)) continue;
        expect([name, Comment]).toEqual([name, expect.stringMatching(/^[A-Z].{15,}[^.]$/)]);
      }
    }
  });

  test('holds only expressions that compile, each on one line and alone in its text', () => {
    const expressions = expressionsIn(definition);
    expect(expressions.length).toBeGreaterThan(20);
    for (const expression of expressions) {
      expect(() => jsonata(expression)).not.toThrow();
      expect(expression).not.toMatch(/\n|\$eval/);
    }
    const strings = JSON.stringify(definition).match(/"\{%(?:[^"\\]|\\.)*"/g) ?? [];
    expect(strings.filter((text) => !text.endsWith('%}"'))).toEqual([]);
  });

  test('begins no job again after a redrive: its trials have been settled', async () => {
    for (const name of runStates) {
      const request = runState(template, name).Arguments!;
      const jobName = request.TrainingJobName ?? request.HyperParameterTuningJobName ?? request.JobName;
      const job = { name: 'job', jobName: 'job', redrives: 1 };
      const at = (RedriveCount: number) =>
        evaluate(jobName, {
          job,
          next: job,
          states: { context: { State: { RetryCount: 2 }, Execution: { RedriveCount } } },
        });
      await expect(at(1)).resolves.toBe('job-2-1');
      await expect(at(2)).rejects.toMatchObject({ code: 'D3137', message: 'the execution was redriven' });
    }
  });

  test('says what it is to Open study', () => {
    const { cluster: one, batch: two, tuning: three } = tunerDefinitionOf(template).compute;
    expect({
      'Run cluster': [true, false, false],
      Train: [false, true, false],
      Tune: [false, false, true],
    }).toHaveProperty(
      [runStates[0]!],
      [one, two, three].map((part) => part !== undefined),
    );
  });
});

test.each(RUNNERS.filter(([name]) => name !== 'batch'))(
  '%s: a round is one job, whatever becomes of it',
  (_, runner, runStates) => {
    const definition = definitionOf(templateWith(runner));
    expect(transitions(definition)).toEqual({
      'Open study': ['Plan round'],
      'Plan round': ['Anything to run?'],
      'Anything to run?': [...[...runStates].reverse(), 'Review round'],
      ...Object.fromEntries(runStates.map((name) => [name, ['Review round', 'Review round']])),
      'Review round': ['Study complete?'],
      'Study complete?': expect.arrayContaining(['Finish study', 'Plan round']),
      ...('Wait for room' in definition.States && { 'Wait for room': ['Plan round'] }),
      'Finish study': ['Any result?'],
      'Any result?': ['Study succeeded', 'Study failed'],
      'Study succeeded': [],
      'Study failed': [],
    });
  },
);

test('managedTuning begins with earlier results where there are some', async () => {
  const { Choices } = definitionOf(templateWith(tuning())).States['Anything to run?']!;
  const chosen = async (job: unknown) => {
    for (const { Condition, Next } of Choices!) if (await evaluate(Condition, { job })) return Next;
    return undefined;
  };
  expect(await chosen({ parents: [{ HyperParameterTuningJobName: 'before' }] })).toBe('Tune on');
  expect(await chosen({ parents: [] })).toBe('Tune');
  expect(await chosen(null)).toBeUndefined();
});

test('trials of batch run in slots, as training jobs do', () => {
  const slot = slotOf(definitionOf(templateWith(batch())));
  expect(transitions(slot)).toMatchObject({ Pace: ['Train'], Train: ['Record trial', 'Record trial'] });
});

test.each(RUNNERS)('%s: the outcome of a job is kept, whether it ended or failed', (_, runner, runStates) => {
  const template = templateWith(runner);
  for (const name of runStates) {
    expect(runState(template, name)).toMatchObject({
      Assign: { outcome: expect.stringContaining("'status'") },
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { outcome: expect.stringContaining('errorOutput') } }],
    });
  }
});

describe('several tuners in one stack', () => {
  test('have names of their own', () => {
    const app = newApp();
    const stack = new Stack(app, 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc');
    newTuner(stack, { trialRunner: cluster()(stack) }, 'One');
    newTuner(stack, { trialRunner: tuning()(stack) }, 'Two');
    newTuner(stack, { trialRunner: batch({ vpc })(stack) }, 'Three');
    newTuner(stack, {}, 'Four');
    const template = new ReadableTemplate(stack);
    const prefixes = ['One', 'Two', 'Three', 'Four'].map(
      (name) => tunerDefinitionOf(template, name).compute.jobNamePrefix,
    );
    expect(new Set(prefixes).size).toBe(4);
    prefixes.forEach((prefix) => expect(prefix).toMatch(/^hpo-[0-9a-f]{8}$/));
  });
});

describe('what is known at deployment only', () => {
  test.each(RUNNERS)('%s takes a bucket of another stack, and data in it', (name) => {
    const app = newApp();
    const other = new Stack(app, 'Other');
    const data = new s3.Bucket(other, 'Data');
    const stack = new Stack(app, 'Stack');
    const channel = TrainingChannel.fromBucket(data, 'digits');
    const runner = {
      trainingCluster: cluster({ outputBucket: data, channels: { data: channel } }),
      managedTuning: tuning({ outputBucket: data, channels: { data: channel } }),
      batch: batch({ outputBucket: data, channels: { data: { bucket: data, prefix: 'digits' } } }),
    }[name]!;
    newTuner(stack, { trialRunner: runner(stack) });
    const text = JSON.stringify(Template.fromStack(stack).toJSON());
    expect(text).toContain('Other:ExportsOutput');
    expect(text).not.toContain('${Token[');
  });

  test.each(RUNNERS)('%s takes a runtime', (name) => {
    const app = newApp();
    const stack = new Stack(app, 'Stack');
    const maxRuntime = Duration.seconds(new CfnParameter(stack, 'Time', { type: 'Number' }).valueAsNumber);
    const runner = {
      trainingCluster: cluster({ maxRuntime, spot: true }),
      managedTuning: tuning({ maxRuntime, spot: true }),
      batch: batch({ maxRuntime }),
    }[name]!;
    newTuner(stack, { trialRunner: runner(stack) });
    const { compute } = tunerDefinitionOf(new ReadableTemplate(stack, { Time: 4711 }));
    expect(compute.maxRuntimeSeconds).toBe(4711);
    if (name === 'trainingCluster') {
      expect(compute.cluster).toMatchObject({ maxRuntimeSeconds: 4711, maxWaitSeconds: 4711 });
    }
  });
});

/** All that cdk-nag finds in the tuner, as `construct: rule`. */
function findings(runner: RunnerOf, props: (stack: Stack) => Partial<TunerProps> = () => ({})): string[] {
  const app = newApp();
  const stack = new Stack(app, 'Stack');
  newTuner(stack, { ...props(stack), trialRunner: runner(stack) });
  return found(app);
}

function found(app: App): string[] {
  return new AwsSolutionsChecks(app)
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${constructPath}: ${ruleName}`),
    )
    .filter((finding) => finding.startsWith('Stack/Tuner/'));
}

const vpcOf = (stack: Stack) => (stack.node.tryFindChild('Vpc') as ec2.Vpc | undefined) ?? new ec2.Vpc(stack, 'Vpc');
const dataOf = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Data', 'data');
const channelsOf = (stack: Stack) => ({ data: TrainingChannel.fromBucket(dataOf(stack), 'digits') });
const keyOf = (stack: Stack) => new kms.Key(stack, 'Key', { enableKeyRotation: true });

describe('cdk-nag finds nothing in a tuner with', () => {
  test.each<[string, RunnerOf]>([
    ['trainingCluster', cluster((stack) => ({ image: ecrImage(stack) }))],
    ['managedTuning', tuning((stack) => ({ image: ecrImage(stack) }))],
    ['batch', batch((stack) => ({ image: ecrImage(stack), vpc: vpcOf(stack) }))],
    [
      'trainingCluster and all that adds permissions',
      cluster((stack) => ({
        vpc: vpcOf(stack),
        volumeKey: stack.node.findChild('Key') as kms.Key,
        program: script(),
        channels: channelsOf(stack),
        spot: true,
      })),
    ],
    [
      'managedTuning and all that adds permissions',
      tuning((stack) => ({
        vpc: vpcOf(stack),
        volumeKey: stack.node.findChild('Key') as kms.Key,
        outputKey: stack.node.findChild('Key') as kms.Key,
        program: script(),
        channels: channelsOf(stack),
        spot: true,
      })),
    ],
    [
      'batch and all that adds permissions, on spot',
      batch((stack) => ({
        vpc: vpcOf(stack),
        spot: true,
        program: script(),
        channels: { data: { bucket: dataOf(stack), prefix: 'digits' } },
      })),
    ],
  ])('%s', (_, runner) => {
    // with a key and functions in a VPC, which cdk-nag must not mind either.
    const props = (stack: Stack) => ({
      encryptionKey: keyOf(stack),
      vpc: vpcOf(stack),
      serverAccessLogsBucket: s3.Bucket.fromBucketName(stack, 'AccessLogs', 'access-logs'),
    });
    expect(findings(runner, props)).toEqual([]);
  });

  test.each(RUNNERS)('%s and nothing else', (_, runner) => {
    expect(findings(runner)).toEqual([]);
  });

  test('batch: what an app itself adds to the instances is still found', () => {
    const app = newApp();
    const stack = new Stack(app, 'Stack');
    const tuner = newTuner(stack, { trialRunner: batch()(stack) });
    dataOf(stack).grantRead(tuner);
    expect(found(app)).toContain(
      'Stack/Tuner/TrialRunner/TrainingRole/DefaultPolicy/Resource: AwsSolutions-IAM5[Action::s3:GetObject*]',
    );
  });
});

test('why each wildcard is there is said of what it stands for', () => {
  const reasonsOf = (runner: RunnerOf) =>
    stackWith(runner)
      .node.findAll()
      .flatMap(({ node }) => node.metadata.map(({ data }) => JSON.stringify(data)))
      .join('\n');
  expect(reasonsOf(tuning())).toMatch(
    /hyper-parameter-tuning-job\/hpo-.*Tuning jobs get their names when a round starts/,
  );
  expect(reasonsOf(batch())).toMatch(/:job\/\*.*Jobs of AWS Batch get their ids from it/);
});
