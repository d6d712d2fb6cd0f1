import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { TrialRunner } from '../../lib';
import { newStack, newTuner, sageMakerTraining } from '../support/lib-stack';
import { ecrImage } from '../support/lib-images';

const ENV = { account: '111111111111', region: 'eu-west-1' };
const ARN = 'arn:aws:iam::111111111111:role/training';

/** A stack with a tuner that needs all kinds of statements. */
function stackWith(roleOf?: (stack: Stack) => iam.IRole): Stack {
  const stack = newStack({ env: ENV });
  newTuner(stack, {
    trialRunner: sageMakerTraining({
      image: ecrImage(stack),
      vpc: new ec2.Vpc(stack, 'Vpc'),
      volumeKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/1234'),
      role: roleOf?.(stack),
    }),
  });
  return stack;
}

function warnings(stack: Stack): string[] {
  return Annotations.fromStack(stack)
    .findWarning('*', Match.stringLikeRegexp('\\[ack: cdk-hpo:frozenTrainingRole\\]'))
    .map(({ entry }) => entry.data as string);
}

/** The statements of the policies that the role has in its own stack. */
function statementsOf(stack: Stack, role: IConstruct): unknown[] {
  return role.node
    .findAll()
    .filter((construct): construct is iam.Policy => construct instanceof iam.Policy)
    .flatMap(({ document }) => (stack.resolve(document) as { Statement: unknown[] }).Statement);
}

const sageMaker = new iam.ServicePrincipal('sagemaker.amazonaws.com');
const FROZEN: [string, (stack: Stack) => iam.IRole][] = [
  ['is frozen', (stack) => new iam.Role(stack, 'Mine', { assumedBy: sageMaker }).withoutPolicyUpdates()],
  ['is imported as immutable', (stack) => iam.Role.fromRoleArn(stack, 'Mine', ARN, { mutable: false })],
];

test.each(FROZEN)('a warning lists all that a role needs that %s', (_, roleOf) => {
  const ours = stackWith();
  const tuner = ours.node.findChild('Tuner').node;
  const needed = statementsOf(ours, tuner.findChild('TrialRunner').node.findChild('TrainingRole'));
  expect(needed.length).toBeGreaterThan(8);

  const [warning, ...others] = warnings(stackWith(roleOf));
  expect(others).toEqual([]);
  const [, statements] =
    /^the role of the training jobs can't be changed here; make sure that it is allowed (\[.*\]) \[ack: [\w:-]+\]$/.exec(
      warning!,
    )!;
  expect(JSON.parse(statements!)).toEqual(needed);
});

test.each<[string, ((stack: Stack) => iam.IRole) | undefined]>([
  ['of ours', undefined],
  ['that is given', (stack) => new iam.Role(stack, 'Mine', { assumedBy: sageMaker })],
  ['that is imported', (stack) => iam.Role.fromRoleArn(stack, 'Mine', ARN)],
])('there is no warning for a role %s', (_, roleOf) => {
  expect(warnings(stackWith(roleOf))).toEqual([]);
});

test.each(FROZEN)(
  'of a cluster one warning lists what its job and its workers need, where the role %s',
  (_, roleOf) => {
    const stack = newStack({ env: ENV });
    const image = ecrImage(stack);
    newTuner(stack, { trialRunner: TrialRunner.trainingCluster({ image, command: ['./train'], role: roleOf(stack) }) });
    const [warning, ...others] = warnings(stack);
    expect(others).toEqual([]);
    for (const action of ['cloudwatch:PutMetricData', 'ecr:BatchGetImage', 'lambda:InvokeFunction', 's3:PutObject']) {
      expect(warning).toContain(action);
    }
  },
);
