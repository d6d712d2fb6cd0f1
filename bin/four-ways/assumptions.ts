import { TRAINING_PRICES } from '../../lib/contract/prices';

/** All that is taken for granted of AWS; the page has it as a table. Times in seconds, prices in US dollars an hour. */
export const ASSUMED = {
  trainingJobLaunch: 120,
  imageDownload: 90,
  warmStart: 20,
  keepAlive: 120,
  batchLaunch: 150,
  batchPlacement: 20,
  batchIdle: 300,
  trainingPrice: TRAINING_PRICES['ml.g5.xlarge'],
  ec2Price: 1.006,
  spotDiscount: 0.65,
} as const;

interface Row {
  readonly what: string;
  readonly value: string;
  readonly source: string;
}

const SYNE_TUNE =
  '[several minutes](https://syne-tune.readthedocs.io/en/latest/faq.html), and its example makes it some 5 on a GPU';

export const ASSUMPTION_ROWS: readonly Row[] = [
  {
    what: 'A training job gets its instance, not billed',
    value: seconds(ASSUMED.trainingJobLaunch),
    source: `our choice, so that with the image it is 210 s; Syne Tune tells of ${SYNE_TUNE}`,
  },
  {
    what: "An instance loads AWS's image and the data, billed",
    value: seconds(ASSUMED.imageDownload),
    source:
      'our guess; that it is billed: [TrainingStartTime](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html)',
  },
  {
    what: 'A training job starts on the instance of another',
    value: seconds(ASSUMED.warmStart),
    source:
      "Syne Tune, and [AWS's blog](https://aws.amazon.com/blogs/machine-learning/best-practices-for-amazon-sagemaker-training-managed-warm-pools/); for automatic model tuning, which keeps its instances by default, taken to be the same",
  },
  {
    what: 'A warm pool is kept, and billed, for',
    value: seconds(ASSUMED.keepAlive),
    source:
      '`keepAlivePeriod`; that it is billed: [warm pools](https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html). Of those of automatic model tuning nothing is said: taken as free',
  },
  {
    what: 'AWS Batch launches an instance, billed',
    value: seconds(ASSUMED.batchLaunch),
    source: 'our guess; without a source',
  },
  {
    what: 'AWS Batch places a job on an instance that is there',
    value: seconds(ASSUMED.batchPlacement),
    source:
      'our guess; AWS [advises against it](https://docs.aws.amazon.com/batch/latest/userguide/best-practices.html) where an answer within a few seconds is needed',
  },
  {
    what: 'AWS Batch keeps an instance without a job, billed',
    value: seconds(ASSUMED.batchIdle),
    source: 'our guess; AWS says nothing',
  },
  {
    what: 'ml.g5.xlarge, on demand',
    value: dollarsAnHour(ASSUMED.trainingPrice),
    source: '[dated table](../lib/contract/prices.ts); us-east-1 and us-west-2',
  },
  {
    what: 'g5.xlarge, on demand',
    value: dollarsAnHour(ASSUMED.ec2Price),
    source: `EC2's list price, as Syne Tune had it in 2022; SageMaker takes ${Math.round((ASSUMED.trainingPrice / ASSUMED.ec2Price - 1) * 100)} % more`,
  },
  {
    what: 'Spot costs less by',
    value: `${ASSUMED.spotDiscount * 100} %`,
    source: 'what users tell is 60 to 70 %, without one source; AWS says up to 90 %. No instance is taken away here',
  },
];

export function assumptionsTable(): string {
  return [
    '| what | taken as | source |',
    '| --- | --- | --- |',
    ...ASSUMPTION_ROWS.map(({ what, value, source }) => `| ${what} | ${value} | ${source} |`),
  ].join('\n');
}

function seconds(value: number): string {
  return `${value} s`;
}

function dollarsAnHour(value: number): string {
  return `$${value} an hour`;
}
