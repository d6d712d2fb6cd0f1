/** Where a fault strikes: at a call of an API, in the life of a job, or at a task of the state machine. */
export type FaultPoint =
  | 'create'
  | 'job'
  | 'create-tuning'
  | 'tuning'
  | 'task-stopped'
  | 'task-failed'
  | 'task-ended'
  | 'stop'
  | 'describe'
  | 'list'
  | 'step'
  | 'batch-submit'
  | 'batch-job';

export interface FaultDefinition {
  readonly point: FaultPoint;
  /** What happens, in one line. */
  readonly description: string;
  /** Jobs that it can happen to. @default all */
  readonly needs?: 'managedSpot' | 'checkpoints';
  /** It strikes a program that runs, so `afterSeconds` says when. */
  readonly whileTraining?: true;
  /** How many seconds it lasts where the plan does not say. */
  readonly lastsSeconds?: number;
}

/** Every fault by its name. */
export const FAULTS = {
  'create-throttled': fault('create', 'CreateTrainingJob answers ThrottlingException, Rate exceeded.'),
  'create-quota': fault('create', 'CreateTrainingJob answers ResourceLimitExceeded: the instance quota is used up.'),
  'create-internal-error': fault('create', 'CreateTrainingJob answers InternalFailure with status 500.'),
  'create-refused': fault('create', 'CreateTrainingJob answers ValidationException.'),
  'create-name-taken': fault('create', 'CreateTrainingJob answers ResourceInUse: the name was used before.'),
  'create-answer-lost': fault('create', 'CreateTrainingJob creates the job, but the caller gets InternalFailure.'),

  'capacity-error': fault('job', 'The job fails before it trains: CapacityError, unable to provision.'),
  'slow-start': { ...fault('job', 'Instances take long to start: half an hour, or lastsSeconds.'), lastsSeconds: 1800 },
  'image-missing': fault('job', "The job fails before it trains: ClientError, the image can't be pulled."),
  'data-missing': fault('job', 'The job fails while it downloads: ClientError, no S3 objects found.'),
  'spot-wait-exceeded': {
    ...fault('job', 'No spot capacity until MaxWaitTimeInSeconds: the job ends Stopped, MaxWaitTimeExceeded.'),
    needs: 'managedSpot',
  },
  'spot-interrupted': {
    ...training('The spot instance is reclaimed: Interrupted, then the same job starts again.'),
    needs: 'managedSpot',
  },
  'internal-error': training(
    'The job fails after some training: InternalServerError; with RetryStrategy it starts again.',
  ),
  'out-of-memory': training('The program is killed: AlgorithmError, exit code 137.'),
  'program-error': training('The program ends with an error: AlgorithmError, exit code 1.'),
  'stopped-by-person': training('Someone calls StopTrainingJob while the job trains.'),
  'host-hangs': {
    ...training('The last host of a job stands still for five minutes, or lastsSeconds, and goes on where it was.'),
    lastsSeconds: 300,
  },
  'program-hangs': fault(
    'job',
    'The program never ends by itself: the job trains until MaxRuntimeInSeconds, or for lastsSeconds.',
  ),
  'ignores-stop': fault('job', 'The program ignores SIGTERM and ends by SIGKILL after the grace period.'),
  'checkpoint-lost': { ...fault('job', "The job's checkpoints are deleted when it ends."), needs: 'checkpoints' },
  'metrics-missing': fault('job', 'The ended job has no FinalMetricDataList.'),

  'stopped-is-failure': fault('task-stopped', 'A job that ended Stopped fails its task.'),
  'cause-cut': fault('task-failed', 'The Cause of a failed task is cut off and no JSON.'),
  'end-seen-late': {
    ...fault('task-ended', 'The task learns late that its job has ended: after five minutes, or lastsSeconds.'),
    lastsSeconds: 300,
  },

  'stop-throttled': fault('stop', 'StopTrainingJob answers ThrottlingException, Rate exceeded.'),
  'stop-lost': fault('stop', 'StopTrainingJob answers well, and nothing happens.'),

  'describe-throttled': fault('describe', 'DescribeTrainingJob answers ThrottlingException, Rate exceeded.'),
  'describe-stale': {
    ...fault('describe', 'DescribeTrainingJob shows the job as it was a minute ago, or lastsSeconds.'),
    lastsSeconds: 60,
  },
  'list-throttled': fault('list', 'ListTrainingJobs answers ThrottlingException, Rate exceeded.'),
  'list-stale': {
    ...fault('list', 'ListTrainingJobs does not know the jobs of the last minute, or of lastsSeconds.'),
    lastsSeconds: 60,
  },

  'tuning-create-throttled': fault(
    'create-tuning',
    'CreateHyperParameterTuningJob answers ThrottlingException, Rate exceeded.',
  ),
  'tuning-create-internal-error': fault(
    'create-tuning',
    'CreateHyperParameterTuningJob answers InternalFailure with status 500.',
  ),
  'tuning-job-failed': {
    ...fault('tuning', 'The tuning job fails while its training jobs run, which are stopped: InternalServerError.'),
    whileTraining: true,
  },

  'batch-submit-throttled': fault('batch-submit', 'SubmitJob of AWS Batch answers TooManyRequestsException.'),
  'batch-submit-refused': fault('batch-submit', 'SubmitJob of AWS Batch answers ClientException.'),
  'batch-answer-lost': fault(
    'batch-submit',
    'SubmitJob of AWS Batch creates the job, but the caller gets ServerException.',
  ),
  'host-lost': {
    ...fault('batch-job', 'The host of a running Batch job vanishes, with all jobs on it: Host EC2 ... terminated.'),
    whileTraining: true,
  },

  'step-throttled': fault('step', 'A step is refused: Lambda.TooManyRequestsException.'),
  'step-crashed': fault('step', "A step's sandbox dies before its work: Runtime.ExitError."),
  'step-unknown-error': fault('step', "A step's sandbox dies without a word: Lambda.Unknown."),
  'step-timed-out': fault('step', 'A step runs out of time before its work: Sandbox.Timedout.'),
  'step-answer-lost': fault('step', 'A step does its work, but its task gets Lambda.ServiceException.'),
} satisfies Record<string, FaultDefinition>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export function faultDefinition(name: FaultName): FaultDefinition {
  return FAULTS[name];
}

function fault(point: FaultPoint, description: string): FaultDefinition {
  return { point, description };
}

function training(description: string): FaultDefinition {
  return { point: 'job', description, whileTraining: true };
}
