/** Environment variables that tie training code to its study. The clients in `client/` read them. */
export const TRAINING_ENVIRONMENT = {
  STUDY: 'CDK_HPO_STUDY',
  TRIAL: 'CDK_HPO_TRIAL',
  ATTEMPT: 'CDK_HPO_ATTEMPT',
  TOKEN: 'CDK_HPO_TOKEN',
  REPORT_FUNCTION: 'CDK_HPO_REPORT_FUNCTION',
  OBJECTIVE: 'CDK_HPO_OBJECTIVE',
  /** The attempt is to train up to this resource, a positive number; absent: to its end. */
  MAX_RESOURCE: 'CDK_HPO_MAX_RESOURCE',
  /** Script mode: the program inside the uploaded folder. */
  PROGRAM: 'CDK_HPO_PROGRAM',
  /** Script mode: what the local runtime runs instead, where it differs. */
  LOCAL_PROGRAM: 'CDK_HPO_LOCAL_PROGRAM',
} as const;

/** Environment variables that tie a worker, or a job of AWS Batch, to its study. `client/python/cdk_hpo_worker` reads them. */
export const WORKER_ENVIRONMENT = {
  FUNCTION: 'CDK_HPO_WORKER_FUNCTION',
  STUDY: 'CDK_HPO_WORKER_STUDY',
  SLOTS: 'CDK_HPO_WORKER_SLOTS',
  /** Of the hosts of a job together: each takes its share. */
  SLOTS_OF_ALL_HOSTS: 'CDK_HPO_WORKER_SLOTS_OF_ALL_HOSTS',
  MAX_SECONDS: 'CDK_HPO_WORKER_MAX_SECONDS',
  CHECKPOINT_SECONDS: 'CDK_HPO_WORKER_CHECKPOINT_SECONDS',
  /** Of a job of AWS Batch: what all trials share, and what this one is, as JSON. */
  JOB: 'CDK_HPO_JOB',
  ATTEMPT: 'CDK_HPO_ATTEMPT_JSON',
} as const;

/** Users may not set variables with this prefix on a training job. */
export const RESERVED_ENVIRONMENT_PREFIX = 'CDK_HPO_';

/** Environment variables of the Lambda steps. */
export const STEP_ENVIRONMENT = {
  TABLE: 'STUDY_TABLE',
  /** Names of the tuner's training jobs begin with this. */
  JOB_NAME_PREFIX: 'JOB_NAME_PREFIX',
  /** ARN of the queue, where trials are jobs of AWS Batch. */
  JOB_QUEUE: 'JOB_QUEUE',
} as const;
