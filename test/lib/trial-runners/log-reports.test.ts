import { Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import {
  AshaMode,
  LogReports,
  Objective,
  OutcomeConstraint,
  SageMakerTrainingProps,
  Scheduler,
  TrainingImage,
} from '../../../lib';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  templateOf,
  tunerDefinitionOf,
} from '../../support/lib-stack';

type Props = Partial<SageMakerTrainingProps>;

test('nobody reads what jobs print, unless it is asked for', () => {
  const template = templateOf({});
  expect(template.ofType('AWS::Logs::SubscriptionFilter')).toEqual({});
  expect(template.resources).not.toHaveProperty(['Tuner/ReportLog']);
  expect(tunerDefinitionOf(template)).not.toHaveProperty('logReports');
});

test('a function gets every line that training jobs print', () => {
  const template = templateOf({ logReports: {} });
  expect(Object.values(template.ofType('AWS::Logs::SubscriptionFilter')).map(({ Properties }) => Properties)).toEqual([
    { DestinationArn: '${Tuner/ReportLog.Arn}', FilterPattern: '', LogGroupName: '/aws/sagemaker/TrainingJobs' },
  ]);
  const { jobNamePrefix } = tunerDefinitionOf(template).compute;
  expect(template.properties('Tuner/ReportLog')).toMatchObject({
    // lines of other jobs come too.
    Environment: { Variables: { STUDY_TABLE: '${Tuner/StudyTable}', JOB_NAME_PREFIX: jobNamePrefix } },
  });
});

test('the function may do what Report may', () => {
  const template = templateOf({ logReports: {} });
  const [report, reportLog] = ['Report', 'ReportLog'].map((step) =>
    JSON.stringify(template.statementsOf(`Tuner/${step}/Role`)).replaceAll(`Tuner/${step}/`, ''),
  );
  expect(reportLog).toBe(report);
});

test('only lines with a text may be asked for', () => {
  const template = templateOf({ logReports: { filter: 'val loss: ' } });
  const [filter] = Object.values(template.ofType('AWS::Logs::SubscriptionFilter'));
  expect(filter!.Properties.FilterPattern).toBe('"val loss: "');
});

test('tells the steps which metrics to look for, and how lines are counted', () => {
  const tuner = {
    objective: Objective.minimize('loss', { regex: 'loss: ([0-9.]+)' }),
    outcomeConstraints: [OutcomeConstraint.atMost('latency', 5, { regex: 'took ([0-9.]+)' })],
  };
  const metricRegexes = { loss: 'loss: ([0-9.]+)', latency: 'took ([0-9.]+)' };
  const definitionOf = (props: Props) => tunerDefinitionOf(templateOf(props, tuner)).logReports;
  expect(definitionOf({ logReports: {} })).toEqual({ metricRegexes, resourceOffset: 0 });
  expect(definitionOf({ logReports: { resourceRegex: 'epoch ([0-9]+)', resourceOffset: 1 } })).toEqual({
    metricRegexes,
    resourceRegex: 'epoch ([0-9]+)',
    resourceOffset: 1,
  });
});

const text = (length: number) => 'x'.repeat(length);
const GROUP = 'resourceRegex of logReports must be a regular expression with one group around the number';
const FILTER = 'filter of logReports must be a text of 1 to 1000 characters without quotes and backslashes';

test.each<[string, LogReports]>([
  ['a regular expression', { resourceRegex: 'epoch ([0-9]+)' }],
  ['one of 500 characters', { resourceRegex: `(${text(498)})` }],
  ['an offset below nothing', { resourceOffset: -0.5 }],
  ['a filter of one character', { filter: 'x' }],
  ['a filter of 1000', { filter: text(1000) }],
  ['an offset that is only known later', { resourceOffset: Lazy.number({ produce: () => NaN }) }],
  ['texts that are only known later', { resourceRegex: later(), filter: later() }],
])('takes %s', (_, logReports) => {
  expect(() => sageMakerTraining({ logReports })).not.toThrow();
});

function later(): string {
  return Lazy.string({ produce: () => '"' });
}

test.each<[string, LogReports, string]>([
  ['a regular expression without a group', { resourceRegex: 'epoch [0-9]+' }, `${GROUP}, got "epoch [0-9]+"`],
  ['one with two groups', { resourceRegex: '(epoch) ([0-9]+)' }, `${GROUP}, got "(epoch) ([0-9]+)"`],
  [
    'one of 501 characters',
    { resourceRegex: `(${text(499)})` },
    'resourceRegex of logReports must have at most 500 characters, got 501',
  ],
  ['an expression', { resourceRegex: '{% (x) %}' }, 'resourceRegex of logReports must not start with "{%"'],
  ['no number', { resourceOffset: NaN }, 'resourceOffset of logReports must be a number, got NaN'],
  ['no filter', { filter: '' }, `${FILTER}, got ""`],
  ['a filter of 1001 characters', { filter: text(1001) }, `${FILTER}, got "xxx`],
  ['quotes', { filter: 'a "b"' }, `${FILTER}, got "a \\"b\\""`],
  ['a backslash', { filter: 'a\\b' }, `${FILTER}, got "a\\\\b"`],
])('refuses %s', (_, logReports, message) => {
  expect(() => sageMakerTraining({ logReports })).toThrow(message);
});

test.each<[string, Scheduler | undefined, boolean]>([
  ['median stopping, which needs reports', Scheduler.medianStopping(), true],
  ['patience, which needs reports', Scheduler.patience({ patience: 2 }), true],
  ['ASHA that stops, which needs reports', Scheduler.asha({ maxResource: 9, mode: AshaMode.STOP }), true],
  [
    'ASHA that promotes, for which the last metrics do',
    Scheduler.asha({ maxResource: 9, mode: AshaMode.PROMOTE }),
    false,
  ],
  ['no scheduler', undefined, false],
])('isolated containers have their lines read where the scheduler is %s', (_, scheduler, reads) => {
  const stack = newStack();
  newTuner(stack, { scheduler, trialRunner: sageMakerTraining({ networkIsolation: true }) });
  const template = new ReadableTemplate(stack);
  expect(Object.keys(template.ofType('AWS::Logs::SubscriptionFilter'))).toHaveLength(reads ? 1 : 0);
  expect(tunerDefinitionOf(template).logReports !== undefined).toBe(reads);
  const said = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('cdk-hpo:logSubscription'));
  expect(said).toHaveLength(reads ? 1 : 0);
});

describe('warnings', () => {
  function warningsOf(props: Props | ((stack: Stack) => Props)): string[] {
    const stack = newStack();
    newTuner(stack, { trialRunner: sageMakerTraining(typeof props === 'function' ? props(stack) : props) });
    return Annotations.fromStack(stack)
      .findWarning('*', Match.stringLikeRegexp('\\[ack: cdk-hpo:(noReports|networkIsolation)\\]'))
      .map(({ entry }) => /cdk-hpo:(\w+)/.exec(entry.data as string)![1]!);
  }
  const image = TrainingImage.fromBuiltInAlgorithm('xgboost');

  test.each<[string, Props, string[]]>([
    ['an image of which nothing is known', {}, []],
    ['a built-in algorithm', { image }, ['noReports']],
    ['a built-in algorithm that runs something else', { image, entrypoint: ['python3'] }, []],
    ['isolated containers', { networkIsolation: true }, ['networkIsolation']],
    ['isolated containers of a built-in algorithm', { image, networkIsolation: true }, ['networkIsolation']],
    ['a built-in algorithm whose lines are read', { image, logReports: {} }, []],
    ['isolated containers whose lines are read', { networkIsolation: true, logReports: {} }, []],
  ])('of %s', (_, props, expected) => {
    expect(warningsOf(props)).toEqual(expected);
  });

  test('of containers in a VPC of their own there are none', () => {
    expect(warningsOf((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc') }))).toEqual([]);
  });
});
