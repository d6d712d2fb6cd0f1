import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { Parameter, SageMakerTrainingProps } from '../../../lib';
import {
  computeOf,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  tunerDefinition,
  tunerDefinitionOf,
} from '../../support/lib-stack';

type Props = Partial<SageMakerTrainingProps>;

const price = (instanceType: string, usdPerHour: number) => ({ instanceType, usdPerHour });
const UNKNOWN = 'ml.x9.48xlarge';

test.each<[string, Props, object[]]>([
  ['of the default type is in a table', {}, [price('ml.m5.xlarge', 0.23)]],
  ['may be given', { pricePerInstanceHour: 0.1 }, [price('ml.m5.xlarge', 0.1)]],
  ['may be nothing', { pricePerInstanceHour: 0 }, [price('ml.m5.xlarge', 0)]],
  ['may be given by type', { pricesPerInstanceHour: { 'ml.m5.xlarge': 0.2 } }, [price('ml.m5.xlarge', 0.2)]],
  ['may be nothing, by type', { pricesPerInstanceHour: { 'ml.m5.xlarge': 0 } }, [price('ml.m5.xlarge', 0)]],
  ['of a type that is not in the table is not known', { instanceType: UNKNOWN }, []],
  ['of such a type may be given', { instanceType: UNKNOWN, pricePerInstanceHour: 40 }, [price(UNKNOWN, 40)]],
  [
    'is found for each of several types',
    {
      instanceType: UNKNOWN,
      fallbackInstanceTypes: ['ml.m5.2xlarge', 'ml.y9.xlarge'],
      pricesPerInstanceHour: { [UNKNOWN]: 40 },
    },
    [price(UNKNOWN, 40), price('ml.m5.2xlarge', 0.461)],
  ],
  [
    'is there once for groups of one type',
    { instanceGroups: ['a', 'b'].map((name) => ({ name, instanceType: 'ml.m5.xlarge', instanceCount: 1 })) },
    [price('ml.m5.xlarge', 0.23)],
  ],
])('the price %s', (_, props, prices) => {
  expect(computeOf(props).prices).toEqual(prices);
});

const RULE = 'must be a number of at least 0';

test.each<[string, Props, string]>([
  ['a price below nothing', { pricePerInstanceHour: -0.01 }, `pricePerInstanceHour ${RULE}, got -0.01`],
  [
    'a price below nothing, by type',
    { pricesPerInstanceHour: { 'ml.m5.xlarge': -0.01 } },
    `pricesPerInstanceHour of ml.m5.xlarge ${RULE}, got -0.01`,
  ],
  [
    'a price without a number',
    { pricesPerInstanceHour: { 'ml.m5.xlarge': NaN } },
    `pricesPerInstanceHour of ml.m5.xlarge ${RULE}, got NaN`,
  ],
  [
    'the price of an instance of EC2',
    { pricesPerInstanceHour: { 'm5.xlarge': 1 } },
    'instance type of pricesPerInstanceHour must be a SageMaker instance type such as ml.g5.xlarge, got "m5.xlarge"',
  ],
])('refuses %s', (_, props, message) => {
  expect(() => sageMakerTraining(props)).toThrow(message);
});

test.each<[string, Props]>([
  ['fallbackInstanceTypes', { fallbackInstanceTypes: ['ml.m5.2xlarge'] }],
  ['instanceTypeParameter', { instanceTypeParameter: 'machine' }],
  ['instanceGroups', { instanceGroups: [{ name: 'all', instanceType: 'ml.m5.xlarge', instanceCount: 1 }] }],
])('one price is refused with %s', (name, props) => {
  expect(() => sageMakerTraining({ ...props, pricePerInstanceHour: 1 })).toThrow(
    `pricePerInstanceHour must not be given together with ${name}, which has several types; use pricesPerInstanceHour`,
  );
});

test('takes a price that is only known at deployment', () => {
  const stack = newStack();
  const usd = new CfnParameter(stack, 'Usd', { type: 'Number' }).valueAsNumber;
  newTuner(stack, { trialRunner: sageMakerTraining({ pricesPerInstanceHour: { 'ml.m5.xlarge': usd } }) });
  const { compute } = tunerDefinitionOf(new ReadableTemplate(stack, { Usd: 0.3 }));
  expect(compute.prices).toEqual([price('ml.m5.xlarge', 0.3)]);
});

describe('a spending cap', () => {
  const capped = (props: Props, maxSpendUsd = 100) => ({
    maxSpendUsd,
    searchSpace: { machine: Parameter.categorical(['ml.m5.xlarge', UNKNOWN]) },
    trialRunner: sageMakerTraining(props),
  });
  const create = (props: Props) => () => newTuner(newStack(), capped(props));

  test('is none unless it is given', () => {
    expect(tunerDefinition({})).not.toHaveProperty('maxSpendUsd');
    expect(tunerDefinition(capped({}, 0.01)).maxSpendUsd).toBe(0.01);
  });

  test.each<[string, Props]>([
    ['type', { instanceType: UNKNOWN }],
    ['fallback', { fallbackInstanceTypes: ['ml.m5.2xlarge', UNKNOWN] }],
    ['type of the search', { instanceTypeParameter: 'machine' }],
    ['group', { instanceGroups: [{ name: 'all', instanceType: UNKNOWN, instanceCount: 1 }] }],
  ])('needs to know the price of each %s', (_, props) => {
    expect(create(props)).toThrow(
      `maxSpendUsd must not be given where the price of ${UNKNOWN} isn't known; give pricePerInstanceHour or pricesPerInstanceHour of the trial runner`,
    );
    expect(create({ ...props, pricesPerInstanceHour: { [UNKNOWN]: 40 } })).not.toThrow();
  });

  test('knows the price that is given for the only type', () => {
    expect(create({ instanceType: UNKNOWN, pricePerInstanceHour: 40 })).not.toThrow();
    const instanceType = Lazy.string({ produce: () => UNKNOWN });
    expect(create({ instanceType, pricePerInstanceHour: 40 })).not.toThrow();
  });

  test('without a cap no price needs to be known', () => {
    expect(() => newTuner(newStack(), { trialRunner: sageMakerTraining({ instanceType: UNKNOWN }) })).not.toThrow();
  });
});
