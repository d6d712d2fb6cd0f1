import { NAME_SEPARATOR } from './batch-outcome';

const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

const LOG_GROUP = '/aws/sagemaker/TrainingJobs';

/** Where the console of an account is: the start of its links. */
export function consoleOf(arn: string): string {
  const [, partition, , region] = arn.split(':');
  return `https://${region}.${CONSOLES[partition] ?? 'console.aws.amazon.com'}`;
}

/** The page of the Batch console of a job; its name here ends with its id. */
export function batchJobLink(arn: string, jobName: string): string {
  const [, , , region] = arn.split(':');
  return `${consoleOf(arn)}/batch/home?region=${region}#jobs/detail/${jobName.split(NAME_SEPARATOR).at(-1)}`;
}

/**
 * The page of the CloudWatch console with the log streams of a training job.
 *
 * @param arn of anything in the same partition and region
 */
export function logLink(arn: string, jobName: string): string {
  const [, , , region] = arn.split(':');
  // the console's own encoding: each % of a percent-encoding becomes $25.
  const encoded = (text: string) => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');
  const stream = encodeURIComponent(`?logStreamNameFilter=${jobName}`).replaceAll('%', '$');
  return `${consoleOf(arn)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${encoded(LOG_GROUP)}${stream}`;
}
