import { CfnParameter } from 'aws-cdk-lib';
import { Objective, OutcomeConstraint, TunerProps } from '../../lib';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  tunerDefinition,
  tunerDefinitionOf,
  trainingRequestOf,
} from '../support/lib-stack';

function metricDefinitions(props: Partial<TunerProps>): { Name: string; Regex: string }[] {
  const stack = newStack();
  newTuner(stack, props);
  const { AlgorithmSpecification } = trainingRequestOf(new ReadableTemplate(stack)) as {
    AlgorithmSpecification: { MetricDefinitions: { Name: string; Regex: string }[] };
  };
  return AlgorithmSpecification.MetricDefinitions;
}

const create = (props: Partial<TunerProps>) => () => newTuner(newStack(), props);

describe('outcome constraints', () => {
  test('are none by default', () => {
    expect(tunerDefinition({}).outcomeConstraints).toEqual([]);
  });

  test('bound a metric on either side', () => {
    const outcomeConstraints = [OutcomeConstraint.atMost('latency_ms', 50), OutcomeConstraint.atLeast('recall', 0.9)];
    expect(tunerDefinition({ outcomeConstraints }).outcomeConstraints).toEqual([
      { metric: 'latency_ms', relation: 'atMost', bound: 50 },
      { metric: 'recall', relation: 'atLeast', bound: 0.9 },
    ]);
  });

  test('may have a bound that is only known at deployment', () => {
    const stack = newStack();
    const bound = new CfnParameter(stack, 'Bound', { type: 'Number' });
    newTuner(stack, { outcomeConstraints: [OutcomeConstraint.atMost('latency_ms', bound.valueAsNumber)] });
    expect(tunerDefinitionOf(new ReadableTemplate(stack, { Bound: 20 })).outcomeConstraints[0].bound).toBe(20);
  });

  test.each<[string, () => unknown, string]>([
    [
      'no name',
      () => OutcomeConstraint.atMost('', 1),
      'metric of the outcome constraint must be a name of 1 to 255 letters, digits and _ . : / @ - that starts with a letter or underscore, got ""',
    ],
    [
      'no number',
      () => OutcomeConstraint.atMost('latency', NaN),
      'bound of the outcome constraint must be a finite number, got NaN',
    ],
    [
      'a text',
      () => OutcomeConstraint.atLeast('latency', '5' as unknown as number),
      'bound of the outcome constraint must be a finite number, got "5"',
    ],
    [
      'a regular expression without a group',
      () => OutcomeConstraint.atLeast('latency', 5, { regex: 'latency' }),
      'regex of the outcome constraint must be a regular expression with one group around the number, got "latency"',
    ],
    [
      'the same side twice',
      create({ outcomeConstraints: [OutcomeConstraint.atMost('x', 1), OutcomeConstraint.atMost('x', 2)] }),
      'outcomeConstraints must not hold atMost("x") twice',
    ],
  ])('with %s are refused', (_, run, message) => {
    expect(run).toThrow(message);
  });

  test('may hold a metric between two bounds', () => {
    expect(
      create({ outcomeConstraints: [OutcomeConstraint.atMost('x', 2), OutcomeConstraint.atLeast('x', 1)] }),
    ).not.toThrow();
  });
});

describe('additional objectives', () => {
  test('are none by default', () => {
    expect(tunerDefinition({}).additionalObjectives).toEqual([]);
  });

  test('come after the first one', () => {
    const additionalObjectives = [Objective.minimize('size'), Objective.maximize('speed')];
    expect(tunerDefinition({ additionalObjectives })).toMatchObject({
      objective: { metric: 'accuracy', direction: 'maximize' },
      additionalObjectives: [
        { metric: 'size', direction: 'minimize' },
        { metric: 'speed', direction: 'maximize' },
      ],
    });
  });

  test('must differ', () => {
    const message = (name: string) => `objectives must have different metrics, got "${name}" twice`;
    expect(create({ additionalObjectives: [Objective.minimize('accuracy')] })).toThrow(message('accuracy'));
    expect(create({ additionalObjectives: [Objective.minimize('x'), Objective.maximize('x')] })).toThrow(message('x'));
  });

  test('have no target', () => {
    expect(create({ additionalObjectives: [Objective.minimize('size', { targetValue: 3 })] })).toThrow(
      'targetValue must be given for the first objective only: it is what ends the study',
    );
  });
});

describe('the training job reads off the log', () => {
  test('the metric of each objective and outcome constraint', () => {
    const found = metricDefinitions({
      additionalObjectives: [Objective.minimize('size')],
      outcomeConstraints: [OutcomeConstraint.atMost('latency', 5, { regex: 'took ([0-9.]+) ms' })],
    });
    expect(found.map(({ Name }) => Name)).toEqual(['accuracy', 'size', 'latency']);
    expect(new RegExp(found[1].Regex).exec('epoch=1 size=12.5')![1]).toBe('12.5');
    expect(found[2].Regex).toBe('took ([0-9.]+) ms');
  });

  test('a metric of both once, by the regular expression that either has', () => {
    const outcomeConstraints = [OutcomeConstraint.atLeast('accuracy', 0.5, { regex: 'acc ([0-9.]+)' })];
    expect(metricDefinitions({ outcomeConstraints })).toEqual([{ Name: 'accuracy', Regex: 'acc ([0-9.]+)' }]);
    const objective = Objective.maximize('accuracy', { regex: 'a=(.*)' });
    expect(create({ objective, outcomeConstraints })).toThrow(
      'regex of the metric "accuracy" must be one, got a=(.*) and acc ([0-9.]+)',
    );
  });

  test('at most 40 metrics, which is what SageMaker takes', () => {
    const constraints = (count: number) =>
      Array.from({ length: count }, (_, i) => OutcomeConstraint.atMost(`m${i}`, 1));
    expect(create({ outcomeConstraints: constraints(39) })).not.toThrow();
    expect(create({ outcomeConstraints: constraints(40) })).toThrow('must have at most 40 metrics together, got 41');
  });
});
