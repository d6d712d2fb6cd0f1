import { Lazy } from 'aws-cdk-lib';
import { checkedTrainingRequest, sageMakerTraining } from '../../support/lib-stack';

test('jobs belong to no experiment unless one is named', () => {
  expect(checkedTrainingRequest({})).not.toHaveProperty('ExperimentConfig');
});

test('each job is shown in the experiment by the name of its attempt', () => {
  const { ExperimentConfig } = checkedTrainingRequest({ experimentName: 'digits' });
  expect(ExperimentConfig).toEqual({ ExperimentName: 'digits', TrialComponentDisplayName: '{% $next.jobName %}' });
});

test.each(['e', 'a--1', 'e'.repeat(120), Lazy.string({ produce: () => '-' })])(
  'an experiment may be named %p',
  (name) => {
    expect(() => sageMakerTraining({ experimentName: name })).not.toThrow();
  },
);

test.each(['', '-a', 'a-', 'a_b', 'e'.repeat(121), '{% $x %}'])('an experiment is not to be named %p', (name) => {
  expect(() => sageMakerTraining({ experimentName: name })).toThrow(
    `experimentName must be a name of 1 to 120 letters, digits and - that starts and ends with a letter or digit, got ${JSON.stringify(name)}`,
  );
});
