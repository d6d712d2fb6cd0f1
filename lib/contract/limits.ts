/**
 * Limits of AWS and of ours, each with its source. They are checked when the app is synthesized and again when a study
 * is opened, since tokens are only known then.
 */

/** SageMaker CreateTrainingJob: HyperParameters has at most 100 entries. */
export const MAX_HYPERPARAMETERS = 100;

/** SageMaker CreateTrainingJob: a hyperparameter's value has at most 2,500 characters. */
export const MAX_HYPERPARAMETER_VALUE_LENGTH = 2500;

/** Ours, well below SageMaker's 256 characters: names also become environment variables and column titles. */
export const MAX_PARAMETER_NAME_LENGTH = 128;

/** Names become command line options, environment variables and JSON keys; SageMaker itself forbids nothing here. */
export const PARAMETER_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;

/** Metric names of SageMaker's MetricDefinitions: 1 to 255 characters. Ours are also keyword arguments in Python. */
export const METRIC_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_.:/@-]{0,254}$/;

/** SageMaker CreateTrainingJob: Environment has at most 100 entries with values of at most 512 characters. */
export const MAX_ENVIRONMENT_ENTRIES = 100;
export const MAX_ENVIRONMENT_VALUE_LENGTH = 512;
export const MAX_ENVIRONMENT_KEY_LENGTH = 512;
export const ENVIRONMENT_KEY_PATTERN = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** SageMaker CreateTrainingJob: InputDataConfig has at most 20 channels. */
export const MAX_CHANNELS = 20;
export const CHANNEL_NAME_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;

/** SageMaker CreateTrainingJob: StoppingCondition.MaxRuntimeInSeconds is at most 28 days. */
export const MAX_RUNTIME_SECONDS = 28 * 24 * 3600;

/** SageMaker CreateTrainingJob: a job lives 30 days at most, waiting for spot instances included. */
export const MAX_WAIT_SECONDS = 30 * 24 * 3600;

/** SageMaker's guide to warm pools: at most an hour. The API's model allows six, which the service refuses. */
export const MAX_KEEP_ALIVE_SECONDS = 3600;

/** SageMaker CreateTrainingJob: RetryStrategy.MaximumRetryAttempts is 1 to 30. */
export const MAX_RETRY_ATTEMPTS = 30;

/** SageMaker CreateTrainingJob: ContainerEntrypoint and ContainerArguments have 1 to 100 parts of at most 256 characters. */
export const MAX_ENTRYPOINT_PARTS = 100;
export const MAX_ENTRYPOINT_PART_LENGTH = 256;

/** SageMaker CreateTrainingJob: VpcConfig has 1 to 5 security groups and 1 to 16 subnets. */
export const MAX_SECURITY_GROUPS = 5;
export const MAX_SUBNETS = 16;

/** SageMaker CreateTrainingJob: ResourceConfig.InstanceGroups has at most 5 groups, their names 1 to 64 characters. */
export const MAX_INSTANCE_GROUPS = 5;
export const INSTANCE_GROUP_NAME_PATTERN = /^.{1,64}$/;

/** Ours: each fallback costs a try before a trial waits. */
export const MAX_FALLBACK_INSTANCE_TYPES = 5;

/** SageMaker CreateTrainingJob: 50 tags; Step Functions adds one and we add two, and some are left for the stack's own. */
export const MAX_TAGS = 40;
export const MAX_TAG_KEY_LENGTH = 128;
export const MAX_TAG_VALUE_LENGTH = 256;

/** SageMaker CreateTrainingJob: names of ExperimentConfig. */
export const EXPERIMENT_NAME_PATTERN = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}$/;

/** Instance types of SageMaker; the list itself grows from month to month. */
export const INSTANCE_TYPE_PATTERN = /^ml\.[a-z0-9-]+\.[a-z0-9-]+$/;

/**
 * Families with local NVMe storage, which is encrypted by its own hardware: CreateTrainingJob refuses a volume key there.
 */
export const LOCAL_STORAGE_PATTERN =
  /^ml\.(p3dn|p[4-9][a-z0-9-]*|g[4-7][a-z]*|[cmr]\d+[a-z]*d[a-z]*|trn\d[a-z]*|i\d[a-z]*)\./;

/** SageMaker CreateTrainingJob: TrainingJobName has at most 63 characters. */
export const TRAINING_JOB_NAME_PATTERN = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** SageMaker quota: at most 20 instances in one training job, adjustable. */
export const DEFAULT_INSTANCES_PER_JOB = 20;

/** SageMaker CreateTrainingJob: MetricDefinitions has at most 40 entries, a regular expression 500 characters. */
export const MAX_METRIC_DEFINITIONS = 40;
export const MAX_METRIC_REGEX_LENGTH = 500;

/** The study name is a key in the table and the default is the execution's name, which has at most 80 characters. */
export const STUDY_NAME_PATTERN = /^[0-9A-Za-z][0-9A-Za-z_-]{0,79}$/;

/** Ours: a study with more trials would not be searched any better, and its table reads would dominate its cost. */
export const MAX_TRIALS = 100_000;

/** A Distributed Map runs up to 10,000 children; a training job for each slot starts at one a second. */
export const MAX_PARALLEL_TRIALS = 1000;

/**
 * Step Functions hands at most 256 KiB from state to state: the tuner's definition goes to Open study together with the
 * execution's input.
 */
export const MAX_DEFINITION_BYTES = 200_000;

/** An execution of Step Functions lives at most a year. */
export const MAX_DURATION_SECONDS = 365 * 24 * 3600;

/** Ours: what fails by its infrastructure so often has another reason. */
export const MAX_ATTEMPTS = 100;

/** Ours: a worker's slots have numbers of their own within the study, a thousand for each worker. */
export const MAX_SLOTS_PER_WORKER = 1000;
export const MAX_WORKERS = 100_000;
