import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SearchAlgorithm } from '../../lib';
import {
  ReadableTemplate,
  Statement,
  newApp,
  newStack,
  newTuner,
  slotOf,
  definitionOf,
  tunerDefinitionOf,
} from '../support/lib-stack';

function newFunction(stack: Stack, id = 'Mine'): lambda.Function {
  return new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_22_X,
    code: lambda.Code.fromInline('exports.handler = async () => ({ exhausted: "nothing" });'),
    handler: 'index.handler',
  });
}

function synthesized(stack: Stack, searchAlgorithm?: SearchAlgorithm): ReadableTemplate {
  newTuner(stack, { searchAlgorithm });
  return new ReadableTemplate(stack);
}

const STEPS = ['OpenStudy', 'PlanRound', 'NextTrial', 'RecordTrial', 'ReviewRound', 'FinishStudy', 'Report'];

function invocations(template: ReadableTemplate): Record<string, Statement[]> {
  const allowed = STEPS.map((step): [string, Statement[]] => [
    step,
    template
      .statementsOf(`Tuner/${step}/Role`)
      .filter(({ Action }) => [Action].flat().includes('lambda:InvokeFunction')),
  ]);
  return Object.fromEntries(allowed.filter(([, statements]) => statements.length > 0));
}

test('the two steps that ask for configurations may invoke exactly this function, and no other step may', () => {
  const stack = newStack();
  const statement = {
    Effect: 'Allow',
    Action: 'lambda:InvokeFunction',
    Resource: ['${Mine.Arn}', '${Mine.Arn}:*'],
  };
  const template = synthesized(stack, SearchAlgorithm.fromFunction(newFunction(stack)));
  expect(invocations(template)).toEqual({ NextTrial: [statement], RecordTrial: [statement] });
  expect(tunerDefinitionOf(template).searchAlgorithm).toEqual({
    name: 'function',
    functionArn: '${Mine.Arn}',
    timeoutSeconds: 60,
    allowRepeats: false,
  });
});

test('no step may invoke anything for another algorithm', () => {
  expect(invocations(synthesized(newStack(), SearchAlgorithm.random()))).toEqual({});
  expect(invocations(synthesized(newStack()))).toEqual({});
});

test('of an alias or a version only this one may be invoked', () => {
  const stack = newStack();
  const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: newFunction(stack).currentVersion });
  const template = synthesized(stack, SearchAlgorithm.fromFunction(alias));
  const [statement] = invocations(template).NextTrial;
  expect([statement.Resource].flat()).toEqual(['${Live}']);
  expect(tunerDefinitionOf(template).searchAlgorithm).toMatchObject({ functionArn: '${Live}' });
});

test('a function of another stack and an imported one will do', () => {
  const app = newApp();
  const fn = newFunction(new Stack(app, 'Other'));
  const stack = new Stack(app, 'Stack');
  const template = synthesized(stack, SearchAlgorithm.fromFunction(fn));
  expect(JSON.stringify(invocations(template).RecordTrial)).toContain('ImportValue');

  const importing = newStack();
  const arn = 'arn:aws:lambda:us-east-1:123456789012:function:mine';
  const imported = synthesized(
    importing,
    SearchAlgorithm.fromFunction(lambda.Function.fromFunctionArn(importing, 'Imported', arn)),
  );
  expect(invocations(imported).NextTrial).toMatchObject([{ Resource: [arn, `${arn}:*`] }]);
});

test('the steps wait as long as the function may take', () => {
  const stack = newStack();
  const search = SearchAlgorithm.fromFunction(newFunction(stack), {
    timeout: Duration.minutes(14),
    allowRepeats: true,
  });
  const template = synthesized(stack, search);
  const timeouts = ['NextTrial', 'RecordTrial', 'PlanRound', 'FinishStudy', 'Report'].map(
    (step) => template.properties(`Tuner/${step}`).Timeout,
  );
  expect(timeouts).toEqual([900, 900, 60, 60, 60]);
  expect(tunerDefinitionOf(template).searchAlgorithm).toMatchObject({ timeoutSeconds: 840, allowRepeats: true });
});

test.each([Duration.millis(500), Duration.minutes(15)])('a timeout of %s is refused', (timeout) => {
  expect(() => SearchAlgorithm.fromFunction(newFunction(newStack()), { timeout })).toThrow(
    /timeout of the search function in seconds must be an integer from 1 to 840/,
  );
});

test('a function without an answer is asked again a few times, a wrong answer is not', () => {
  const stack = newStack();
  const template = synthesized(stack, SearchAlgorithm.fromFunction(newFunction(stack)));
  for (const step of ['Next trial', 'Record trial']) {
    const { Retry, Catch } = slotOf(definitionOf(template)).States[step]!;
    const retry = Retry!.filter(({ ErrorEquals }) => ErrorEquals.some((error) => error.startsWith('SearchFunction')));
    expect(retry).toEqual([expect.objectContaining({ ErrorEquals: ['SearchFunctionFailed'], MaxAttempts: 4 })]);
    expect(JSON.stringify(Retry)).not.toContain('InvalidSuggestion');
    expect(Catch).toEqual([expect.objectContaining({ ErrorEquals: ['States.ALL'], Next: 'Slot lost' })]);
  }
});
