import * as iam from 'aws-cdk-lib/aws-iam';
import { Tuner } from '../../lib';
import { newStack, newTuner, ReadableTemplate, Statement } from '../support/lib-stack';

// the state machine's name is the seventh part of its ARN.
const EXECUTIONS = 'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${Tuner/StateMachine}[6]:*';

function granted(grant: (tuner: Tuner, role: iam.Role) => iam.Grant): Statement[] {
  const stack = newStack();
  const role = new iam.Role(stack, 'Person', { assumedBy: new iam.AccountRootPrincipal() });
  const { success } = grant(newTuner(stack), role);
  expect(success).toBe(true);
  return new ReadableTemplate(stack).statementsOf('Person');
}

test('to start studies', () => {
  expect(granted((tuner, role) => tuner.grants.startStudy(role))).toEqual([
    { Action: 'states:StartExecution', Effect: 'Allow', Resource: '${Tuner/StateMachine}' },
  ]);
});

test('to stop studies, and nothing else', () => {
  expect(granted((tuner, role) => tuner.grants.stopStudy(role))).toEqual([
    { Action: 'states:StopExecution', Effect: 'Allow', Resource: EXECUTIONS },
  ]);
});

test('to see studies run', () => {
  expect(granted((tuner, role) => tuner.grants.readStudies(role))).toEqual([
    {
      Action: ['states:ListExecutions', 'states:ListStateMachines'],
      Effect: 'Allow',
      Resource: '${Tuner/StateMachine}',
    },
    {
      Action: ['states:DescribeExecution', 'states:DescribeStateMachineForExecution', 'states:GetExecutionHistory'],
      Effect: 'Allow',
      Resource: EXECUTIONS,
    },
    {
      Action: ['states:ListActivities', 'states:DescribeStateMachine', 'states:DescribeActivity'],
      Effect: 'Allow',
      Resource: '*',
    },
    {
      Action: [
        'states:ListMapRuns',
        'states:DescribeMapRun',
        'states:ListExecutions',
        'states:DescribeExecution',
        'states:GetExecutionHistory',
      ],
      Effect: 'Allow',
      Resource: [
        'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${Tuner/StateMachine.Name}/Slots:*',
        'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:mapRun:${Tuner/StateMachine.Name}/Slots:*',
      ],
    },
  ]);
});

test('to read the records, without writing any', () => {
  const statements = granted((tuner, role) => tuner.grants.readRecords(role));
  expect(new Set(statements.flatMap(({ Resource }) => Resource))).toEqual(new Set(['${Tuner/StudyTable.Arn}']));
  const actions = statements.flatMap(({ Action }) => Action);
  expect(actions).toEqual(expect.arrayContaining(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan']));
  expect(actions.filter((action) => /Put|Update|Delete|Write/.test(action))).toEqual([]);
});
