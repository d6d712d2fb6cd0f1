import { SearchFunctionRequest } from '../../../../lib/contract/search-function';
import { FunctionSearchDefinition, TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { SearchFunctionFailed } from '../../../../lambda/core/errors';
import { SearchFunctions } from '../../../../lambda/core/study/propose';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TestStudy } from '../../../support/lambda-study';

const DEFINITION: FunctionSearchDefinition = {
  name: 'function',
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:mine',
  timeoutSeconds: 30,
  allowRepeats: false,
};

/** A study whose trials a function proposes. */
async function opened(
  answer: (request: SearchFunctionRequest) => unknown,
  tuner: Partial<TunerDefinition> = {},
): Promise<{ study: TestStudy; asked: SearchFunctionRequest[] }> {
  const study = await TestStudy.opened(new MemoryItemTable(), { searchAlgorithm: DEFINITION, ...tuner });
  const asked: SearchFunctionRequest[] = [];
  const searchFunctions: SearchFunctions = {
    ask: async (definition, request) => {
      expect(definition).toEqual(DEFINITION);
      asked.push(request);
      return answer(request);
    },
  };
  study.searchFunctions = searchFunctions;
  return { study, asked };
}

/** A new configuration for each trial. */
const fresh = ({ trial }: SearchFunctionRequest) => ({
  configurations: [{ learning_rate: 0.001 * trial, optimizer: 'adam' }],
});

const failing = (message: string, lasting: boolean) => () => {
  throw new SearchFunctionFailed(message, lasting);
};

test('the function proposes what is tried, and is told of all trials', async () => {
  const { study, asked } = await opened(fresh);
  const first = await study.train(0);
  await study.train(1);
  await study.complete(first, 0.5);
  expect((await study.trials()).map(({ configuration }) => configuration.learning_rate)).toEqual([0.001, 0.002, 0.003]);
  expect(asked.map(({ trial, trials }) => [trial, trials.map(({ status }) => status)])).toEqual([
    [1, []],
    [2, ['pending']],
    [3, ['finished', 'pending']],
  ]);
});

test('initial configurations come first, without the function', async () => {
  const { study, asked } = await opened(fresh, {
    initialConfigurations: [{ learning_rate: 0.05, optimizer: 'sgd', momentum: 0.5 }],
  });
  await study.train(0);
  expect(asked).toEqual([]);
  await study.train(1);
  expect(asked).toMatchObject([{ trial: 2, trials: [{ trial: 1 }] }]);
});

test('a retried call gives the same trial, without the function', async () => {
  const { study, asked } = await opened(fresh);
  expect(await study.next()).toEqual(await study.next());
  expect(asked).toHaveLength(1);
});

test('a function that has nothing left ends the study with its reason', async () => {
  const { study } = await opened(({ trial }) =>
    trial === 1 ? fresh({ trial } as SearchFunctionRequest) : { exhausted: 'that was all' },
  );
  const none = await study.complete(await study.train(), 0.5);
  expect(none).toEqual({ action: 'none', reason: 'that was all' });
  expect(await study.review(9)).toEqual({ complete: true, reason: 'that was all' });
});

describe('an answer that is wrong', () => {
  const wrong = ({ trial }: SearchFunctionRequest) =>
    trial === 1
      ? fresh({ trial } as SearchFunctionRequest)
      : { configurations: [{ learning_rate: 5, optimizer: 'adam' }] };

  test('loses the slot by name, once, and ends the study with what is wrong; what runs ends as usual', async () => {
    const { study, asked } = await opened(wrong);
    const first = await study.train(0);
    const problem = '"learning_rate" must be a number from 0.0001 to 0.1, got 5';
    await expect(study.next(1)).rejects.toMatchObject({
      name: 'InvalidSuggestion',
      message: expect.stringContaining(problem) as string,
    });
    const reason = `InvalidSuggestion: configurations[0]: ${problem}`;
    // a retry, and every other slot.
    expect(await study.next(1)).toEqual({ action: 'none', reason });
    expect(await study.next(2)).toEqual({ action: 'none', reason });
    expect(asked).toHaveLength(2);

    expect(await study.complete(first, 0.5)).toEqual({ action: 'none', reason });
    expect(await study.review(9)).toEqual({ complete: true, reason });
    expect(await study.finish(9)).toMatchObject({ status: 'SUCCEEDED', reason, best: { trial: 1 } });
  });

  test('does not stand in the way of a resume with a better function, of another version', async () => {
    const { study } = await opened(() => null);
    await expect(study.next()).rejects.toMatchObject({ name: 'InvalidSuggestion' });
    const searchAlgorithm = { ...DEFINITION, functionArn: `${DEFINITION.functionArn}:2` };
    study.tuner = { ...study.tuner, searchAlgorithm };
    await study.resume(60);
    study.searchFunctions = { ask: async (_, request) => fresh(request) };
    expect(await study.next(0, 0, 60)).toMatchObject({ action: 'train', trial: 1 });
  });
});

test('another kind of search is another study', async () => {
  const { study } = await opened(fresh);
  study.tuner = { ...study.tuner, searchAlgorithm: { name: 'random' } };
  await expect(study.resume(60)).rejects.toMatchObject({ name: 'StudyChanged' });
});

describe('a function without an answer', () => {
  test('that may pass by itself is an error by name, and asked again', async () => {
    let calls = 0;
    const { study } = await opened((request) => (calls++ === 0 ? failing('timed out', false)() : fresh(request)));
    await expect(study.next()).rejects.toMatchObject({ name: 'SearchFunctionFailed', message: 'timed out' });
    expect(await study.next()).toMatchObject({ action: 'train', trial: 1 });
  });

  test('is the reason of a study that gets no further', async () => {
    const { study } = await opened(failing('search function x failed: KeyError: y', false));
    for (study.round = 1; study.round <= 3; study.round++) {
      await study.plan();
      await expect(study.next()).rejects.toMatchObject({ name: 'SearchFunctionFailed' });
      const review = await study.review();
      expect(review.complete).toBe(study.round === 3);
      if (study.round === 3) {
        expect(review.reason).toBe(
          'no trial ended in 3 rounds in a row; the last failure of the search was SearchFunctionFailed: search function x failed: KeyError: y',
        );
      }
    }
  });

  test('that another try cannot help ends the study at once', async () => {
    const { study } = await opened(failing('search function x could not be called: ResourceNotFoundException', true));
    await expect(study.next()).rejects.toMatchObject({ name: 'SearchFunctionFailed' });
    const reason = 'SearchFunctionFailed: search function x could not be called: ResourceNotFoundException';
    expect(await study.next()).toEqual({ action: 'none', reason });
    expect(await study.review()).toEqual({ complete: true, reason });
  });
});
