import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { TrainingChannel } from '../../lib';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  Statement,
  trainingRequestOf,
} from '../support/lib-stack';
import { ecrImage } from '../support/lib-images';

const sageMaker = new iam.ServicePrincipal('sagemaker.amazonaws.com');

function synthesize(stack: Stack, role?: iam.IRole): ReadableTemplate {
  const channels = { train: TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, 'Data', 'data'), 'digits') };
  const tuner = newTuner(stack, { trialRunner: sageMakerTraining({ image: ecrImage(stack), role, channels }) });
  if (role !== undefined) expect(tuner.trainingRole).toBe(role);
  return new ReadableTemplate(stack);
}

function actionsOf(statements: Statement[]): string[] {
  return [...new Set(statements.flatMap(({ Action }) => Action))].sort();
}

test('a role that is given gets what training jobs need, and no other is made', () => {
  const stack = newStack();
  const template = synthesize(stack, new iam.Role(stack, 'Mine', { assumedBy: sageMaker }));
  expect(actionsOf(template.statementsOf('Mine'))).toEqual(
    expect.arrayContaining([
      'ecr:BatchGetImage',
      'lambda:InvokeFunction',
      's3:DeleteObject',
      's3:GetObject',
      's3:PutObject',
    ]),
  );
  expect(template.resources).not.toHaveProperty(['Tuner/TrialRunner/TrainingRole']);
  expect(trainingRequestOf(template).RoleArn).toBe('${Mine.Arn}');
});

test('a role that is given may do all that a role of ours may', () => {
  const ours = synthesize(newStack()).statementsOf('Tuner/TrialRunner/TrainingRole');
  const stack = newStack();
  const given = synthesize(stack, new iam.Role(stack, 'Mine', { assumedBy: sageMaker })).statementsOf('Mine');
  expect(actionsOf(given)).toEqual(actionsOf(ours));
});

test('the state machine may pass a role that is given', () => {
  const stack = newStack();
  const template = synthesize(stack, new iam.Role(stack, 'Mine', { assumedBy: sageMaker }));
  expect(template.statementsOf('Tuner/StateMachineRole')).toContainEqual(
    expect.objectContaining({ Action: 'iam:PassRole', Resource: '${Mine.Arn}' }),
  );
});

test('nothing is added to a role that is frozen', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Mine', { assumedBy: sageMaker });
  const template = synthesize(stack, role.withoutPolicyUpdates());
  expect(template.statementsOf('Mine')).toEqual([]);
  expect(trainingRequestOf(template).RoleArn).toBe('${Mine.Arn}');
});

test('nothing is added to a role that is imported as immutable', () => {
  const stack = newStack({ env: { account: '111111111111', region: 'eu-west-1' } });
  const arn = 'arn:aws:iam::111111111111:role/training';
  const template = synthesize(stack, iam.Role.fromRoleArn(stack, 'Mine', arn, { mutable: false }));
  const roles = Object.values(template.ofType('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.Roles as string[],
  );
  expect(roles.filter((role) => !role.startsWith('${Tuner/'))).toEqual([]);
  expect(template.statementsOf('Tuner/StateMachineRole')).toContainEqual(
    expect.objectContaining({ Action: 'iam:PassRole', Resource: arn }),
  );
});

test('a policy is added to a role that is imported', () => {
  const stack = newStack({ env: { account: '111111111111', region: 'eu-west-1' } });
  const template = synthesize(stack, iam.Role.fromRoleName(stack, 'Mine', 'training'));
  const policies = Object.values(template.ofType('AWS::IAM::Policy')).filter(({ Properties }) =>
    (Properties.Roles as string[]).includes('training'),
  );
  expect(policies).toHaveLength(1);
});
