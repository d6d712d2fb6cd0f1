import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { Objective } from '../../lib';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  trainingRequestOf,
  tunerDefinition,
  tunerDefinitionOf,
} from '../support/lib-stack';

function metricDefinition(objective: Objective): { Name: string; Regex: string } {
  const stack = newStack();
  newTuner(stack, { objective });
  const { AlgorithmSpecification } = trainingRequestOf(new ReadableTemplate(stack));
  const { MetricDefinitions } = AlgorithmSpecification as { MetricDefinitions: { Name: string; Regex: string }[] };
  expect(MetricDefinitions).toHaveLength(1);
  return MetricDefinitions[0]!;
}

test('tells the steps metric, direction and target value', () => {
  expect(tunerDefinition({ objective: Objective.maximize('accuracy') }).objective).toEqual({
    metric: 'accuracy',
    direction: 'maximize',
  });
  expect(tunerDefinition({ objective: Objective.minimize('loss', { targetValue: 0 }) }).objective).toEqual({
    metric: 'loss',
    direction: 'minimize',
    targetValue: 0,
  });
});

test('finds by default what the clients print, and only the metric itself', () => {
  const { Name, Regex } = metricDefinition(Objective.maximize('validation:f1.score'));
  expect(Name).toBe('validation:f1.score');
  expect(Regex.length).toBeLessThanOrEqual(500);
  const find = (line: string) => new RegExp(Regex).exec(line)?.[1];
  expect(find('[cdk-hpo] resource=3 validation:f1.score=0.875 loss=1')).toBe('0.875');
  expect(find('validation:f1.score=-1.5e-07')).toBe('-1.5e-07');
  expect(find('other_validation:f1.score=1')).toBeUndefined();
  expect(find('validation:f1xscore=1')).toBeUndefined();
});

test('uses a regular expression that is given', () => {
  expect(metricDefinition(Objective.minimize('loss', { regex: 'loss: ([0-9.]+)' }))).toEqual({
    Name: 'loss',
    Regex: 'loss: ([0-9.]+)',
  });
});

test('knows its metric', () => {
  expect(Objective.maximize('accuracy').metric).toBe('accuracy');
});

const NAME_RULE =
  'metric of the objective must be a name of 1 to 255 letters, digits and _ . : / @ - that starts with a letter or underscore';
const REGEX_RULE = 'regex of the objective must be a regular expression with one group around the number';

test.each(['', '1st', 'top 5', '{% $x %}', 'm'.repeat(256)])('refuses the metric %p', (metric) => {
  expect(() => Objective.maximize(metric)).toThrow(`${NAME_RULE}, got ${JSON.stringify(metric)}`);
  expect(() => Objective.minimize(metric)).toThrow(NAME_RULE);
});

test('takes a metric of 255 characters', () => {
  expect(() => Objective.maximize('m'.repeat(255))).not.toThrow();
});

test.each([NaN, Infinity])('refuses the target value %p', (targetValue) => {
  expect(() => Objective.maximize('accuracy', { targetValue })).toThrow(
    `targetValue of the objective must be a finite number, got ${targetValue}`,
  );
});

test.each(['loss=[0-9]+', '(loss)=([0-9]+)', 'loss=([0-9]+', ''])('refuses the regular expression %p', (regex) => {
  expect(() => Objective.minimize('loss', { regex })).toThrow(`${REGEX_RULE}, got ${JSON.stringify(regex)}`);
});

test('takes groups that capture nothing', () => {
  expect(() => Objective.minimize('loss', { regex: '(?:train|test) loss=([0-9]+)' })).not.toThrow();
});

test('refuses a regular expression of 501 characters', () => {
  const regex = `(${'x'.repeat(499)})`;
  expect(() => Objective.minimize('loss', { regex })).toThrow(
    'regex of the objective must have at most 500 characters, got 501',
  );
  expect(() => Objective.minimize('loss', { regex: `(${'x'.repeat(498)})` })).not.toThrow();
});

test('refuses a regular expression that the state machine would take for its own', () => {
  expect(() => Objective.minimize('loss', { regex: '{%([0-9]+)%}' })).toThrow(
    'regex of the objective must not start with "{%", got "{%([0-9]+)%}"',
  );
});

test('finds metrics with the longest names', () => {
  expect(metricDefinition(Objective.maximize(`m${'.'.repeat(254)}`)).Regex.length).toBeLessThanOrEqual(500);
});

test('takes a regular expression that is only known at deployment', () => {
  const regex = Lazy.string({ produce: () => 'loss=([0-9]+)' });
  expect(metricDefinition(Objective.minimize('loss', { regex })).Regex).toBe('loss=([0-9]+)');
});

test('takes a target value that is only known at deployment', () => {
  const stack = newStack();
  const target = new CfnParameter(stack, 'Target', { type: 'Number' });
  newTuner(stack, { objective: Objective.maximize('accuracy', { targetValue: target.valueAsNumber }) });
  expect(tunerDefinitionOf(new ReadableTemplate(stack, { Target: 0.9 })).objective.targetValue).toBe(0.9);
});

test('takes a metric that is only known at deployment', () => {
  const stack = newStack();
  const metric = new CfnParameter(stack, 'Metric');
  newTuner(stack, { objective: Objective.maximize(metric.valueAsString) });
  const template = new ReadableTemplate(stack, { Metric: 'accuracy' });
  expect(tunerDefinitionOf(template).objective.metric).toBe('accuracy');
  const { AlgorithmSpecification } = trainingRequestOf(template) as {
    AlgorithmSpecification: { MetricDefinitions: { Regex: string }[] };
  };
  expect(AlgorithmSpecification.MetricDefinitions[0]!.Regex).toContain('accuracy=');
});
