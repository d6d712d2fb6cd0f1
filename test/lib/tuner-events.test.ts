import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import { Tuner } from '../../lib';
import { newStack, newTuner, ReadableTemplate } from '../support/lib-stack';

const target: events.IRuleTarget = { bind: () => ({ arn: 'arn:of:target' }) };

test.each<[string, (tuner: Tuner) => events.Rule, string[] | undefined]>([
  ['changes in any way', (tuner) => tuner.onStudyStatusChange('Rule', { target }), undefined],
  ['succeeds', (tuner) => tuner.onStudySucceeded('Rule', { target }), ['SUCCEEDED']],
  ['fails', (tuner) => tuner.onStudyFailed('Rule', { target }), ['FAILED', 'TIMED_OUT', 'ABORTED']],
])('calls a target when a study %s', (_, add, status) => {
  const stack = newStack();
  add(newTuner(stack));
  expect(new ReadableTemplate(stack).properties('Tuner/Rule')).toMatchObject({
    State: 'ENABLED',
    EventPattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: ['${Tuner/StateMachine}'], ...(status && { status }) },
    },
    Targets: [expect.objectContaining({ Arn: 'arn:of:target' })],
  });
});

test('narrows a rule, describes it and puts it elsewhere', () => {
  const stack = newStack();
  newTuner(stack).onStudySucceeded('Rule', {
    target,
    description: 'when done',
    crossStackScope: stack,
    eventPattern: { detail: { name: [{ prefix: 'nightly' }] } },
  });
  expect(new ReadableTemplate(stack).properties('Rule')).toMatchObject({
    Description: 'when done',
    EventPattern: { detail: { name: [{ prefix: 'nightly' }], status: ['SUCCEEDED'] } },
  });
});

test('a rule may get its target later', () => {
  const stack = newStack();
  const rule = newTuner(stack).onStudyFailed('Rule');
  rule.addTarget(target);
  expect(new ReadableTemplate(stack).properties('Tuner/Rule').Targets).toHaveLength(1);
});

test.each<[string, (tuner: Tuner, options?: cloudwatch.MetricOptions) => cloudwatch.Metric, string, string]>([
  ['studies that started', (tuner, options) => tuner.metricStudiesStarted(options), 'ExecutionsStarted', 'Sum'],
  ['studies that succeeded', (tuner, options) => tuner.metricStudiesSucceeded(options), 'ExecutionsSucceeded', 'Sum'],
  ['studies that failed', (tuner, options) => tuner.metricStudiesFailed(options), 'ExecutionsFailed', 'Sum'],
  ['the time of studies', (tuner, options) => tuner.metricStudyTime(options), 'ExecutionTime', 'Average'],
  ['anything else', (tuner, options) => tuner.metric('ExecutionsAborted', options), 'ExecutionsAborted', 'Sum'],
])('measures %s', (_, metric, metricName, statistic) => {
  const stack = newStack();
  const tuner = newTuner(stack);
  expect(metric(tuner)).toMatchObject({ namespace: 'AWS/States', metricName, statistic });
  expect(stack.resolve(metric(tuner).dimensions)).toEqual({
    StateMachineArn: { Ref: expect.stringMatching(/^TunerStateMachine/) },
  });
  expect(metric(tuner, { statistic: 'Maximum' }).statistic).toBe('Maximum');
});
