import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROUND, VALIDATION_AUC, XgboostStack } from '../../examples/xgboost-builtin/xgboost-stack';
import { ROOT } from '../client/processes';
import { ReadableTemplate, newApp, trainingRequestOf, tunerDefinitionOf } from '../support/lib-stack';

const templateOf = () => new ReadableTemplate(new XgboostStack(newApp(), 'Xgboost', { dataBucket: 'my-data' }));

test('the request has the algorithm, its channels, and no definitions of metrics', () => {
  const request = trainingRequestOf(templateOf());
  expect(request.AlgorithmSpecification).toEqual({
    TrainingImage: expect.stringMatching(/\/sagemaker-xgboost:1\.7-1$/) as string,
    TrainingInputMode: 'File',
  });
  const csv = (channel: string) => ({
    ChannelName: channel,
    ContentType: 'text/csv',
    DataSource: {
      S3DataSource: {
        S3DataType: 'S3Prefix',
        S3DataDistributionType: 'FullyReplicated',
        S3Uri: `s3://my-data/${channel}/`,
      },
    },
  });
  expect(request.InputDataConfig).toEqual([csv('train'), csv('validation')]);
  expect(request.EnableManagedSpotTraining).toBe(true);
  expect(request.HyperParameters).toContain('"objective":"binary:logistic","eval_metric":"auc","num_round":"500"');
});

test('the lines of the training jobs are read', () => {
  const template = templateOf();
  expect(Object.values(template.ofType('AWS::Logs::SubscriptionFilter')).map(({ Properties }) => Properties)).toEqual([
    { DestinationArn: '${Tuner/ReportLog.Arn}', FilterPattern: '', LogGroupName: '/aws/sagemaker/TrainingJobs' },
  ]);
  expect(tunerDefinitionOf(template)).toMatchObject({
    objective: { metric: 'validation:auc', direction: 'maximize' },
    scheduler: { name: 'asha', mode: 'stop', minResource: 20, maxResource: 500 },
    logReports: { metricRegexes: { 'validation:auc': VALIDATION_AUC }, resourceRegex: ROUND, resourceOffset: 1 },
  });
});

test('the jobs read the data, and nothing else of the bucket', () => {
  const template = templateOf();
  const resources = template
    .statementsOf('Tuner/TrialRunner/TrainingRole')
    .flatMap(({ Resource }) => Resource ?? [])
    .filter((resource) => resource.includes('my-data/'));
  expect(resources.sort()).toEqual([
    'arn:${AWS::Partition}:s3:::my-data/train/*',
    'arn:${AWS::Partition}:s3:::my-data/validation/*',
  ]);
});

test.each([
  ['[0]#011train-auc:0.80111#011validation-auc:0.79000', 0, 0.79],
  ['[12]\ttrain-auc:0.95\tvalidation-auc:0.91', 12, 0.91],
  ['[2026-01-31:10:20:30:INFO] [499]#011train-auc:1#011validation-auc:1e-05', 499, 1e-5],
])('a round is found in %j', (line, round, auc) => {
  expect(Number(new RegExp(VALIDATION_AUC).exec(line)![1])).toBe(auc);
  // the date in brackets is no round.
  expect(Number(new RegExp(ROUND).exec(line)![1])).toBe(round);
});

test.each(['[07:12:01] INFO: /workspace/src/tree.cc', '[0]#011train-auc:0.8', 'validation-auc: none'])(
  'there is no objective in %j',
  (line) => {
    expect(line).not.toMatch(new RegExp(VALIDATION_AUC));
  },
);

test('the app asks for the bucket', () => {
  const { status, stderr } = spawnSync('npx', ['tsx', 'examples/xgboost-builtin/app.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH: join(ROOT, 'node_modules', '.bin') + ':' + process.env.PATH },
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain('-c dataBucket=NAME');
});
