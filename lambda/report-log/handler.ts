import { gunzipSync } from 'node:zlib';
import { STEP_ENVIRONMENT } from '../../lib/contract/environment';
import { SageMakerTrainingJobs } from '../core/aws/training-jobs';
import { requireEnvironment, studyStore } from '../core/step';
import { LogLine, reportLog } from '../core/study/report-log';

const jobs = new SageMakerTrainingJobs();

/**
 * What CloudWatch Logs delivers to a subscription.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
interface LogsEvent {
  readonly awslogs: { readonly data: string };
}

interface LogsMessage {
  readonly messageType: string;
  /** `<job name>/algo-<n>-<time>`. */
  readonly logStream: string;
  readonly logEvents: LogLine[];
}

/** Called with lines of all training jobs of the account: those of other programs are left alone. */
export async function handler({ awslogs }: LogsEvent): Promise<void> {
  const text = gunzipSync(Buffer.from(awslogs.data, 'base64')).toString('utf8');
  const { messageType, logStream, logEvents } = JSON.parse(text) as LogsMessage;
  const [jobName, host = ''] = logStream.split('/');
  const prefix = requireEnvironment(STEP_ENVIRONMENT.JOB_NAME_PREFIX);
  // of a distributed training the first host speaks.
  if (messageType !== 'DATA_MESSAGE' || !jobName.startsWith(`${prefix}-`) || !/^algo-1(-|$)/.test(host)) return;
  await reportLog(
    { jobName, lines: logEvents, at: new Date().toISOString() },
    { store: studyStore(), jobs, warn: (message) => console.warn(message) },
  );
}
