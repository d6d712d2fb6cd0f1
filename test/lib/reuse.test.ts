import { App, Stack, Stage } from 'aws-cdk-lib';
import { join } from 'node:path';
import { TrainingImage, TrainingProgram } from '../../lib';
import {
  newApp,
  definitionOf,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  tunerDefinitionOf,
} from '../support/lib-stack';

const DIGITS = join(__dirname, '../../examples/digits');

function deepLearning(): ReturnType<typeof sageMakerTraining> {
  return sageMakerTraining({
    image: TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5'),
    program: TrainingProgram.fromScript(DIGITS, 'train.py', { localEntry: 'train.mjs' }),
  });
}

function prefixOf(stack: Stack, tuner = 'Tuner'): string {
  return tunerDefinitionOf(new ReadableTemplate(stack), tuner).compute.jobNamePrefix;
}

test('two tuners in one stack have jobs, functions and state machines of their own', () => {
  const stack = newStack();
  newTuner(stack, { trialRunner: deepLearning() }, 'First');
  newTuner(stack, { trialRunner: deepLearning() }, 'Second');
  const template = new ReadableTemplate(stack);
  const prefixes = ['First', 'Second'].map((id) => tunerDefinitionOf(template, id).compute.jobNamePrefix);
  expect(prefixes[0]).not.toBe(prefixes[1]);
  expect(Object.keys(template.ofType('AWS::StepFunctions::StateMachine'))).toEqual([
    'First/StateMachine',
    'Second/StateMachine',
  ]);
  expect(JSON.stringify(definitionOf(template, 'Second'))).not.toContain('${First');
  expect(JSON.stringify(template.statementsOf('Second/StateMachineRole'))).not.toContain('${First');
  expect(Object.keys(definitionOf(template, 'First').States)).toEqual(
    Object.keys(definitionOf(template, 'Second').States),
  );
});

test('two stacks of one app, with and without an environment, synthesize', () => {
  const app = newApp();
  const here = new Stack(app, 'Here', { env: { account: '111111111111', region: 'eu-west-1' } });
  const anywhere = new Stack(app, 'Anywhere');
  for (const stack of [here, anywhere]) newTuner(stack, { trialRunner: deepLearning() });
  expect(
    app
      .synth()
      .stacks.map(({ stackName }) => stackName)
      .sort(),
  ).toEqual(['Anywhere', 'Here']);
  expect(prefixOf(here)).not.toBe(prefixOf(anywhere));
});

test.each(['cn-north-1', 'us-gov-west-1', 'eu-central-2'])('a stack in %s names no partition', (region) => {
  const stack = newStack({ env: { account: '111111111111', region } });
  newTuner(stack, { trialRunner: sageMakerTraining({ program: TrainingProgram.fromScript(DIGITS, 'train.py') }) });
  expect(JSON.stringify(new ReadableTemplate(stack).resources)).not.toMatch(/arn:aws/);
});

test('a stack of a stage synthesizes', () => {
  const stage = new Stage(newApp(), 'Production');
  newTuner(new Stack(stage, 'Stack'));
  expect(stage.synth().stacks).toHaveLength(1);
});

test('the same app gives the same template', () => {
  const template = () => {
    const stack = newStack();
    newTuner(stack, { trialRunner: deepLearning() });
    return new ReadableTemplate(stack).resources;
  };
  expect(template()).toEqual(template());
});

test('nothing has a name of its own but the log group, whose prefix AWS asks for', () => {
  const stack = newStack({ stackName: 'mine' });
  newTuner(stack);
  const named = Object.entries(new ReadableTemplate(stack).resources).flatMap(([path, { Type, Properties }]) =>
    Object.entries(Properties ?? {})
      // a permission names the function that it is for.
      .filter(([key]) => Type !== 'AWS::Lambda::Permission' || key !== 'FunctionName')
      .filter(([key]) =>
        /^(Bucket|Function|LogGroup|ManagedPolicy|Repository|Role|Rule|StateMachine|Table|Topic)?Name$/.test(key),
      )
      .map(([key, value]) => `${path} ${key} ${String(value)}`),
  );
  expect(named).toEqual([
    expect.stringMatching(/^Tuner\/LogGroup LogGroupName \/aws\/vendedlogs\/states\/mine-Tuner-[0-9A-F]{8}$/),
  ]);
});

test('a long path still gives a name that CloudWatch Logs takes', () => {
  const stack = newStack();
  newTuner(stack, {}, 'T'.repeat(200));
  const groups = Object.values(new ReadableTemplate(stack).ofType('AWS::Logs::LogGroup'));
  const [name] = groups.map(({ Properties }) => Properties.LogGroupName as string).filter((it) => it !== undefined);
  expect(name).toMatch(/^[.\-_/#A-Za-z0-9]{1,512}$/);
});

test('the resources that hold data keep their logical ids: another id is a new, empty resource', () => {
  const stack = newStack();
  newTuner(stack);
  const { Resources } = (stack.node.root as App).synth().getStackByName('Stack').template as {
    Resources: Record<string, { Type: string }>;
  };
  const stateful = Object.entries(Resources).filter(([, { Type }]) =>
    ['AWS::DynamoDB::Table', 'AWS::S3::Bucket'].includes(Type),
  );
  expect(Object.fromEntries(stateful.map(([id, { Type }]) => [id, Type]))).toEqual({
    TunerStudyTable54BE425B: 'AWS::DynamoDB::Table',
    TunerBucket008E9C54: 'AWS::S3::Bucket',
  });
});

test('a feature flag of the app changes nothing that lasts', () => {
  const template = (context: Record<string, unknown>) => {
    const stack = newStack({}, { context });
    newTuner(stack);
    return new ReadableTemplate(stack);
  };
  const plain = template({});
  const flags = {
    '@aws-cdk/aws-iam:minimizePolicies': true,
    '@aws-cdk/aws-stepfunctions-tasks:enableEmrServicePolicyV2': true,
    '@aws-cdk/aws-s3:createDefaultLoggingPolicy': true,
    '@aws-cdk/core:newStyleStackSynthesis': true,
  };
  expect(Object.keys(template(flags).resources)).toEqual(Object.keys(plain.resources));
});
