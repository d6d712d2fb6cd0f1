import { Duration, Lazy, Size } from 'aws-cdk-lib';
import { SageMakerTrainingProps, TrainingChannel } from '../../../lib';
import { sageMakerTraining } from '../../support/lib-stack';

type Props = Partial<SageMakerTrainingProps>;

function entries(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`E${i}`, 'x']));
}

function channels(...names: string[]): Record<string, TrainingChannel> {
  return Object.fromEntries(names.map((name) => [name, TrainingChannel.fromFile('never-read')]));
}

const INSTANCE_TYPE_RULE = 'instanceType must be a SageMaker instance type such as ml.g5.xlarge';
const ENVIRONMENT_RULE = 'name of environment must be letters, digits and underscores, not starting with a digit';

test.each<[string, Props, string]>([
  ['an EC2 instance type', { instanceType: 'm5.xlarge' }, `${INSTANCE_TYPE_RULE}, got "m5.xlarge"`],
  ['an expression', { instanceType: '{% $x %}' }, `${INSTANCE_TYPE_RULE}, got "{% $x %}"`],
  ['no instance', { instanceCount: 0 }, 'instanceCount must be an integer from 1 to 20, got 0'],
  ['half an instance', { instanceCount: 1.5 }, 'instanceCount must be an integer from 1 to 20, got 1.5'],
  ['21 instances', { instanceCount: 21 }, 'instanceCount must be an integer from 1 to 20, got 21'],
  ['a negative price', { pricePerInstanceHour: -1 }, 'pricePerInstanceHour must be a number of at least 0, got -1'],
  ['no price', { pricePerInstanceHour: NaN }, 'pricePerInstanceHour must be a number of at least 0, got NaN'],
  [
    'no runtime',
    { maxRuntime: Duration.seconds(0) },
    'maxRuntime in seconds must be an integer from 1 to 2419200, got 0',
  ],
  [
    'a runtime of 29 days',
    { maxRuntime: Duration.days(29) },
    'maxRuntime in seconds must be an integer from 1 to 2419200, got 2505600',
  ],
  ['no volume', { volumeSize: Size.gibibytes(0) }, 'volumeSize in gibibytes must be an integer from 1 to 16384, got 0'],
  [
    'a volume of 17 tebibytes',
    { volumeSize: Size.tebibytes(17) },
    'volumeSize in gibibytes must be an integer from 1 to 16384, got 17408',
  ],
  [
    'a volume of one and a half gibibytes',
    { volumeSize: Size.mebibytes(1536) },
    'volumeSize in gibibytes must be an integer from 1 to 16384, got 1.5',
  ],
  [
    'an empty output prefix',
    { outputPrefix: '' },
    'outputPrefix must be a prefix without a slash at either end, got ""',
  ],
  ['a slash before', { outputPrefix: '/a' }, 'outputPrefix must be a prefix without a slash at either end, got "/a"'],
  [
    'a slash behind',
    { checkpointPrefix: 'a/' },
    'checkpointPrefix must be a prefix without a slash at either end, got "a/"',
  ],
  [
    'a prefix of 513 characters',
    { checkpointPrefix: 'p'.repeat(513) },
    'checkpointPrefix must have at most 512 characters, got 513',
  ],
  ['a relative folder', { checkpointLocalPath: 'tmp' }, 'checkpointLocalPath must be an absolute path, got "tmp"'],
  [
    'a folder of 4097 characters',
    { checkpointLocalPath: `/${'p'.repeat(4096)}` },
    'checkpointLocalPath must be an absolute path, got "/ppp',
  ],
  ['a variable that starts with a digit', { environment: { '1A': '' } }, `${ENVIRONMENT_RULE}, got "1A"`],
  ['a variable with a dash', { environment: { 'A-B': '' } }, `${ENVIRONMENT_RULE}, got "A-B"`],
  [
    'a variable of ours',
    { environment: { CDK_HPO_STUDY: 'x' } },
    'name of environment must not start with CDK_HPO_, which cdk-hpo sets itself, got CDK_HPO_STUDY',
  ],
  [
    'a variable of 513 characters',
    { environment: { LONG: 'v'.repeat(513) } },
    'environment LONG must have at most 512 characters, got 513',
  ],
  [
    'a variable that is an expression',
    { environment: { NOW: ' {% $now() %}' } },
    'environment NOW must not start with "{%", got " {% $now() %}"',
  ],
  [
    '91 variables',
    { environment: entries(91) },
    'number of environment variables must be an integer from 0 to 90, got 91',
  ],
  [
    'a hyperparameter that is a number',
    { hyperparameters: { epochs: 8 as unknown as string } },
    'hyperparameter epochs must be a string, got 8; write it as "8"',
  ],
  [
    'a hyperparameter of 2501 characters',
    { hyperparameters: { text: 'v'.repeat(2501) } },
    'hyperparameter text must have at most 2500 characters, got 2501',
  ],
  [
    'a hyperparameter with a long name',
    { hyperparameters: { ['n'.repeat(200)]: 'x' } },
    'name of hyperparameters must have at most 128 characters, got 200',
  ],
  [
    'a channel with a space',
    { channels: channels('a b') },
    'name of channels must be 1 to 64 letters, digits and . _ -, got "a b"',
  ],
  [
    'a channel with a long name',
    { channels: channels('c'.repeat(65)) },
    'name of channels must be 1 to 64 letters, digits and . _ -, got "ccc',
  ],
  [
    'a channel of ours',
    { channels: channels('cdk_hpo_program') },
    'name of channels must not start with cdk_hpo_, which script mode uses, got "cdk_hpo_program"',
  ],
  [
    '19 channels',
    { channels: channels(...Object.keys(entries(19))) },
    'number of channels must be an integer from 0 to 18, got 19',
  ],
])('refuses %s', (_, props, message) => {
  expect(() => sageMakerTraining(props)).toThrow(message);
});

test.each<[string, Props]>([
  ['20 instances', { instanceCount: 20 }],
  ['a free instance', { pricePerInstanceHour: 0 }],
  ['28 days', { maxRuntime: Duration.days(28) }],
  ['16 tebibytes', { volumeSize: Size.tebibytes(16) }],
  ['a prefix of one character', { outputPrefix: 'o' }],
  ['a hyperparameter that looks like an expression', { hyperparameters: { template: '{% $x %}' } }],
  ['an empty hyperparameter', { hyperparameters: { note: '' } }],
  ['90 variables', { environment: entries(90) }],
  ['18 channels', { channels: channels(...Object.keys(entries(18))) }],
  ['a type that is only known later', { instanceType: Lazy.string({ produce: () => 'x' }) }],
  ['a count that is only known later', { instanceCount: Lazy.number({ produce: () => 99 }) }],
])('takes %s', (_, props) => {
  expect(() => sageMakerTraining(props)).not.toThrow();
});

test('refuses a variable whose name has 513 characters', () => {
  expect(() => sageMakerTraining({ environment: { ['N'.repeat(513)]: 'x' } })).toThrow(
    /name of environment must have at most 512 characters, got 513/,
  );
});

test('refuses an infinite price', () => {
  expect(() => sageMakerTraining({ pricePerInstanceHour: Infinity })).toThrow(
    /pricePerInstanceHour must be .*, got Infinity/,
  );
});

test('names maxRuntime where it is no whole number of seconds', () => {
  expect(() => sageMakerTraining({ maxRuntime: Duration.millis(1500) })).toThrow(/maxRuntime/);
});
