import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { newStack, newTuner, ReadableTemplate } from '../support/lib-stack';

const states = new iam.ServicePrincipal('states.amazonaws.com');

test('a role that is given gets what the state machine needs, and no other is made', () => {
  const ours = newStack();
  newTuner(ours);
  const stack = newStack();
  newTuner(stack, { stateMachineRole: new iam.Role(stack, 'Mine', { assumedBy: states }) });
  const template = new ReadableTemplate(stack);
  const actions = (statements: { Action: string | string[] }[]) => statements.flatMap(({ Action }) => Action).sort();
  expect(actions(template.statementsOf('Mine'))).toEqual(
    actions(new ReadableTemplate(ours).statementsOf('Tuner/StateMachineRole')),
  );
  expect(template.properties('Tuner/StateMachine').RoleArn).toBe('${Mine.Arn}');
  expect(template.resources).not.toHaveProperty(['Tuner/StateMachineRole']);
});

test('nothing is added to a role that is frozen, and what it needs is said', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Mine', { assumedBy: states });
  newTuner(stack, { stateMachineRole: role.withoutPolicyUpdates() });
  expect(new ReadableTemplate(stack).statementsOf('Mine')).toEqual([]);
  const warnings = Annotations.fromStack(stack).findWarning(
    '/Stack/Tuner/StateMachine',
    Match.stringLikeRegexp('cdk-hpo:frozenStateMachineRole'),
  );
  expect(warnings).toHaveLength(1);
  for (const action of [
    'sagemaker:CreateTrainingJob',
    'iam:PassRole',
    'lambda:InvokeFunction',
    'states:StartExecution',
  ]) {
    expect(warnings[0].entry.data).toContain(action);
  }
});

test('a role that can be changed is silent', () => {
  const stack = newStack();
  newTuner(stack, { stateMachineRole: new iam.Role(stack, 'Mine', { assumedBy: states }) });
  Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('frozenStateMachineRole'));
});
