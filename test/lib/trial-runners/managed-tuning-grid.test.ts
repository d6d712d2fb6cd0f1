import { CfnParameter } from 'aws-cdk-lib';
import { Parameter, TunerProps, TuningStrategy, TuningWarmStart } from '../../../lib';
import { CreateTuningJobRequest } from '../../../local/sagemaker/tuning/tuning-job';
import { validateCreateTuningJob } from '../../../local/sagemaker/tuning/validate-tuning-job';
import { roundVariables, runState, sent, templateWith, tuning, tuningJob } from '../../support/lib-runners';
import { newStack, newTuner, tunerDefinitionOf } from '../../support/lib-stack';

const grid = tuning({ strategy: TuningStrategy.grid() });

/** Of twelve combinations: what never varies makes no more of them. */
const TWELVE: TunerProps['searchSpace'] = {
  optimizer: Parameter.categorical(['sgd', 'adam', 'lion']),
  nesterov: Parameter.categorical([true, false]),
  batch: Parameter.ordinal([16, 32]),
  version: Parameter.constant(3),
};

/** The request as SageMaker gets it; refused by what stands in for it here, where AWS would. */
async function requestWith(tuner: Partial<TunerProps>): Promise<CreateTuningJobRequest> {
  const template = templateWith(grid, tuner);
  const job = tuningJob(tunerDefinitionOf(template));
  return validateCreateTuningJob(await sent(template, runState(template, 'Tune').Arguments, roundVariables(job)));
}

const message = (combinations: number, got: number) =>
  `maxTrials must be ${combinations}, the number of combinations of the search space, with TuningStrategy.grid, ` +
  `got ${got}; set it to ${combinations}, or use another strategy`;

describe('a grid takes as many trials as it has combinations', () => {
  test('and SageMaker takes it', async () => {
    const { HyperParameterTuningJobConfig } = await requestWith({ searchSpace: TWELVE, maxTrials: 12 });
    expect(HyperParameterTuningJobConfig.ResourceLimits).toMatchObject({ MaxNumberOfTrainingJobs: 12 });
  });

  test.each([1, 10, 11, 13, 1000])('not %d', (maxTrials) => {
    expect(() => templateWith(grid, { searchSpace: TWELVE, maxTrials })).toThrow(message(12, maxTrials));
  });

  test('nor as many as a tuner takes that isn’t told', () => {
    expect(() => templateWith(grid, { searchSpace: TWELVE, maxTrials: undefined })).toThrow(message(12, 50));
    const fifty = {
      a: Parameter.categorical(Array.from({ length: 25 }, (_, i) => i)),
      b: Parameter.categorical([1, 2]),
    };
    expect(() => templateWith(grid, { searchSpace: fifty, maxTrials: undefined })).not.toThrow();
  });

  test('or a number that is known at deployment only', () => {
    const stack = newStack();
    const maxTrials = new CfnParameter(stack, 'Trials', { type: 'Number' }).valueAsNumber;
    expect(() => newTuner(stack, { trialRunner: grid(stack), searchSpace: TWELVE, maxTrials })).not.toThrow();
  });

  test('with another strategy it may be any', () => {
    const random = tuning({ strategy: TuningStrategy.random() });
    expect(() => templateWith(random, { searchSpace: TWELVE, maxTrials: 10 })).not.toThrow();
  });
});

describe('a grid refuses', () => {
  const make = (props: Parameters<typeof tuning>[0]) => () =>
    tuning({ strategy: TuningStrategy.grid(), ...props })(newStack());

  test('a warm start', () => {
    expect(make({ warmStart: TuningWarmStart.transferLearning('a', 'b') })).toThrow(
      'warmStart must not be given together with TuningStrategy.grid, which tries all combinations anyway, got a, b; remove it, or use another strategy',
    );
  });

  test('parameters whose ranges SageMaker chooses', () => {
    expect(make({ autotune: true, autoParameters: { momentum: '0.9' } })).toThrow(
      'autoParameters must not be given together with TuningStrategy.grid, which takes categorical parameters only, got "momentum"; remove it, or use another strategy',
    );
    expect(make({ autotune: true, autoParameters: {} })).not.toThrow();
  });
});
