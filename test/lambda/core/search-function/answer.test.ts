import { suggestionOf } from '../../../../lambda/core/search-function/answer';
import { SearchFunctionRequest } from '../../../../lib/contract/search-function';
import { TUNER } from '../../../support/lambda-study';

const REQUEST: SearchFunctionRequest = {
  version: 1,
  study: 'digits',
  seed: 1,
  trial: 3,
  count: 1,
  maxTrials: 10,
  maxParallelTrials: 1,
  space: [...TUNER.searchSpace, { name: 'epochs', type: 'constant', value: 8 }],
  parameterConstraints: ['learning_rate < 0.05 or optimizer == "sgd"'],
  objectives: [{ metric: 'accuracy', direction: 'maximize' }],
  outcomeConstraints: [],
  trials: [
    {
      trial: 0,
      status: 'finished',
      configuration: { learning_rate: 0.002, optimizer: 'adam', epochs: 8 },
      values: { accuracy: 1 },
    },
    { trial: 2, status: 'pending', configuration: { learning_rate: 0.001, optimizer: 'adam', epochs: 8 }, values: {} },
  ],
  omittedTrials: 0,
};

const suggested = (answer: unknown, allowRepeats = false) => suggestionOf(REQUEST, answer, allowRepeats);
const configurations = (...all: unknown[]) => ({ configurations: all });

test('a configuration of the space is the suggestion, constants may be left out', () => {
  const configuration = { learning_rate: 0.01, optimizer: 'sgd', momentum: 0.5 };
  expect(suggested(configurations(configuration))).toEqual({ configuration: { ...configuration, epochs: 8 } });
});

test('a rounding error at the edge of a range is mended', () => {
  expect(suggested(configurations({ learning_rate: 1e-4 * (1 - 1e-12), optimizer: 'adam' }))).toEqual({
    configuration: { learning_rate: 1e-4, optimizer: 'adam', epochs: 8 },
  });
});

test('an exhausted space is no error', () => {
  expect(suggested({ exhausted: 'all 12 have been tried' })).toEqual({ exhausted: 'all 12 have been tried' });
});

test.each<[string, unknown, RegExp[]]>([
  ['nothing', null, [/answer must be an object with "configurations" or "exhausted", got null/]],
  ['a text', 'adam', [/must be an object .*, got "adam"/]],
  ['an empty object', {}, [/must be an object with "configurations" or "exhausted", got {}/]],
  ['both fields', { configurations: [], exhausted: 'x' }, [/must be an object with "configurations" or "exhausted"/]],
  ['an unknown field', { configuration: {} }, [/unknown field "configuration"; allowed are configurations, exhausted/]],
  ['an object for a list', { configurations: {} }, [/configurations of .* must be a list of as many .*, got {}/]],
  ['too few', configurations(), [/must be 1 as asked for, got 0/]],
  ['too many', configurations({}, {}), [/must be 1 as asked for, got 2/]],
  ['an empty reason', { exhausted: '' }, [/exhausted of .* must be a text of 1 to 1000 characters/]],
  [
    'a list for a value',
    configurations({ learning_rate: [1] }),
    [/configurations\.0\.learning_rate of .* must be a text, a number, true or false, got \[1\]/],
  ],
  [
    'several wrong values',
    configurations({ learning_rate: 7, optimizer: 'lion', layers: 3 }),
    [
      /configurations\[0\]: "learning_rate" must be a number from 0.0001 to 0.1, got 7/,
      /configurations\[0\]: "optimizer" must be one of "sgd", "adam", got "lion"/,
      /"layers" is not a parameter of the search space; there are learning_rate, optimizer, momentum, epochs/,
    ],
  ],
  ['a missing value', configurations({ optimizer: 'adam' }), [/configurations\[0\]: "learning_rate" is missing/]],
  [
    'a value of an inactive parameter',
    configurations({ learning_rate: 0.01, optimizer: 'adam', momentum: 0.5 }),
    [/"momentum" must be absent unless "optimizer" is "sgd", got 0.5/],
  ],
  [
    'what a constraint forbids',
    configurations({ learning_rate: 0.06, optimizer: 'adam' }),
    [/configurations\[0\]: it must meet the parameter constraint "learning_rate < 0.05 or optimizer == \\"sgd\\""/],
  ],
  [
    'what a trial has',
    configurations({ learning_rate: 0.001, optimizer: 'adam' }),
    [/it must be a new one, or allowRepeats be set; trial 2 has {"learning_rate":0.001,/],
  ],
  [
    'what is known from elsewhere',
    configurations({ learning_rate: 0.002, optimizer: 'adam' }),
    [/it must be a new one, or allowRepeats be set; a known result has/],
  ],
])('%s is refused, with every problem', (_, answer, messages) => {
  let error: unknown;
  try {
    suggested(answer);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ name: 'InvalidSuggestion' });
  for (const message of messages) expect((error as Error).message).toMatch(message);
});

test('a repeat is a suggestion where repeats are allowed', () => {
  const configuration = { learning_rate: 0.001, optimizer: 'adam', epochs: 8 };
  expect(suggested(configurations(configuration), true)).toEqual({ configuration });
});

test('a long message is cut: it becomes a part of the record', () => {
  const wrong = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`unknown${i}`, 1]));
  expect(() => suggested(configurations(wrong))).toThrow(/^.{2000}\.\.\.$/);
});
