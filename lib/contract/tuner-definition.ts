import { Configuration, SearchSpaceDefinition } from './search-space';

/** What is optimized. */
export interface ObjectiveDefinition {
  /** Name of the reported metric. */
  readonly metric: string;
  readonly direction: 'maximize' | 'minimize';
  /** The study ends as soon as a trial reaches this value. */
  readonly targetValue?: number;
}

/** A metric of a trial that must be within a bound. */
export interface OutcomeConstraintDefinition {
  /** Name of the reported metric. */
  readonly metric: string;
  /** On which side of the bound it must be; the bound itself is allowed. */
  readonly relation: 'atMost' | 'atLeast';
  readonly bound: number;
}

/** A result from before or from elsewhere, for the search to learn from. */
export interface KnownResultDefinition {
  /** With all its active parameters. */
  readonly configuration: Configuration;
  /** By name; without the objective, a configuration that is known to fail. */
  readonly metrics: Record<string, number>;
}

export interface RandomSearchDefinition {
  readonly name: 'random';
}

export interface SobolSearchDefinition {
  readonly name: 'sobol';
}

export interface GridSearchDefinition {
  readonly name: 'grid';
  /** Points along each continuous parameter, and at most this many along each integer one. */
  readonly pointsPerParameter: number;
}

/** Picks among the others by the problem, and says why in the study's record. */
export interface AutoSearchDefinition {
  readonly name: 'auto';
}

export interface GaussianProcessSearchDefinition {
  readonly name: 'gaussianProcess';
}

/** Tree-structured Parzen estimator. */
export interface TpeSearchDefinition {
  readonly name: 'tpe';
}

export interface CmaEsSearchDefinition {
  readonly name: 'cmaEs';
  /** Without it, 4 + floor(3 ln dimension), and at least the number of parallel trials. */
  readonly populationSize?: number;
}

/** Regularized evolution. */
export interface EvolutionSearchDefinition {
  readonly name: 'evolution';
  readonly populationSize: number;
  readonly sampleSize: number;
}

export interface Nsga2SearchDefinition {
  readonly name: 'nsga2';
  readonly populationSize: number;
}

/** The user's own Lambda function proposes. */
export interface FunctionSearchDefinition {
  readonly name: 'function';
  readonly functionArn: string;
  /** How long an answer may take. */
  readonly timeoutSeconds: number;
  /** Whether it may propose what a trial has had already. */
  readonly allowRepeats: boolean;
}

export type SearchAlgorithmDefinition =
  | AutoSearchDefinition
  | GaussianProcessSearchDefinition
  | TpeSearchDefinition
  | CmaEsSearchDefinition
  | EvolutionSearchDefinition
  | Nsga2SearchDefinition
  | RandomSearchDefinition
  | SobolSearchDefinition
  | GridSearchDefinition
  | FunctionSearchDefinition;

export interface NoSchedulerDefinition {
  readonly name: 'none';
}

export interface MedianStoppingDefinition {
  readonly name: 'medianStopping';
  /** No trial is stopped before this resource. */
  readonly gracePeriod: number;
  /** No trial is stopped before this many others have reported at the same resource. */
  readonly minimumTrials: number;
}

/** Ends a trial that no longer improves. */
export interface PatienceDefinition {
  readonly name: 'patience';
  /** So much of the resource without an improvement ends a trial. */
  readonly patience: number;
  /** What counts as an improvement: more than this, in units of the metric. */
  readonly minimumImprovement: number;
  readonly gracePeriod: number;
}

/** What schedulers with rungs share: rungs lie at `minResource` times the powers of `reductionFactor`, up to `maxResource`. */
export interface RungsDefinition {
  /** The first rung. */
  readonly minResource: number;
  /** What a trial trains for at most. */
  readonly maxResource: number;
  /** One of so many trials goes on beyond a rung; greater than 1. */
  readonly reductionFactor: number;
  /** A hyperparameter that tells the training program what to train up to, beside the environment variable. */
  readonly resourceParameter?: string;
}

/** Asynchronous successive halving; with several brackets, asynchronous Hyperband. */
export interface AshaDefinition extends RungsDefinition {
  readonly name: 'asha';
  /** `stop`: trials run on until a rung ends them; `promote`: they pause at each rung and the best are resumed. */
  readonly mode: 'stop' | 'promote';
  /** Bracket b has the rungs from the b-th on; 1 or more. */
  readonly brackets: number;
}

/** Successive halving whose highest rung grows as long as the ranking of the best trials isn't settled. */
export interface PashaDefinition extends RungsDefinition {
  readonly name: 'pasha';
}

/** Successive halving in rounds: all trials of a rung end before the next rung begins. */
export interface SuccessiveHalvingDefinition extends RungsDefinition {
  readonly name: 'successiveHalving';
}

/** Hyperband in rounds: one bracket of successive halving after another, and again until the study ends. */
export interface HyperbandDefinition extends RungsDefinition {
  readonly name: 'hyperband';
}

/** Population based training. */
export interface PopulationBasedDefinition {
  readonly name: 'populationBased';
  readonly populationSize: number;
  /** Trials pause whenever they have trained for so much more. */
  readonly interval: number;
  readonly maxResource: number;
  /** This share of the population, the worst, is replaced by copies of as many of the best; above 0, at most 0.5. */
  readonly quantile: number;
  /** A numeric hyperparameter is moved up or down by this share of its range, under its scaling. */
  readonly perturbation: number;
  /** Probability that a hyperparameter is drawn anew instead. */
  readonly resampleProbability: number;
  /** See RungsDefinition. */
  readonly resourceParameter?: string;
}

/** A model of the learning curves chooses between a new configuration and going on with a paused one. */
export interface MultiFidelityDefinition extends RungsDefinition {
  readonly name: 'multiFidelity';
}

export type SchedulerDefinition =
  | NoSchedulerDefinition
  | MedianStoppingDefinition
  | PatienceDefinition
  | AshaDefinition
  | PashaDefinition
  | SuccessiveHalvingDefinition
  | HyperbandDefinition
  | PopulationBasedDefinition
  | MultiFidelityDefinition;

/** When a study ends. What is set first holds: the execution's input, then the tuner's own. */
export interface CompletionCriteria {
  readonly maxTrials: number;
  /** Wall clock of one execution, in seconds. */
  readonly maxDurationSeconds?: number;
  /** Trials that ended in a row without a better value. */
  readonly maxTrialsWithoutImprovement?: number;
  /** US dollars for the training jobs of all executions of the study. */
  readonly maxSpendUsd?: number;
}

/** How metrics are read from what a training job prints. */
export interface LogReportsDefinition {
  /** For each metric the regular expression whose first group is its value. */
  readonly metricRegexes: Record<string, string>;
  /** First group: the resource of a line; without it, the n-th line that shows the objective is resource n. */
  readonly resourceRegex?: string;
  readonly resourceOffset: number;
}

/** Instances of one type. */
export interface InstancesDefinition {
  readonly instanceType: string;
  readonly instanceCount: number;
}

/** What a worker runs for a trial, and where it finds it. */
export interface WorkerProgramDefinition {
  /** The words of the trial's command; `/opt/ml` in them stands for the trial's own folder. */
  readonly command: string[];
  /** By name, `s3://` URIs of an object or of a prefix. */
  readonly channels: Record<string, string>;
  readonly environment: Record<string, string>;
  /** The same for all trials. */
  readonly hyperparameters: Record<string, string>;
}

/** One training job whose instances run many trials each, in place of a training job for each trial. */
export interface ClusterDefinition {
  /** Instances at most. */
  readonly instanceCount: number;
  readonly trialsPerInstance: number;
  /** Of the cluster's training job; with spot, and with waiting. */
  readonly maxRuntimeSeconds: number;
  readonly maxWaitSeconds?: number;
  /** So often a worker says that it is there. */
  readonly heartbeatSeconds: number;
  readonly program: WorkerProgramDefinition;
  /** Where models go: `s3://bucket/prefix`, without a slash at its end. */
  readonly outputRoot: string;
}

/** Jobs of AWS Batch in place of training jobs. */
export interface BatchDefinition {
  /** How often Batch itself starts a job whose host was lost, the first time included: each may take its whole time. */
  readonly attempts: number;
  /** Where models go: `s3://bucket/prefix`, without a slash at its end. */
  readonly outputRoot: string;
}

/** Jobs of automatic model tuning, which searches by itself. */
export interface TuningDefinition {
  /** HyperParameterTuningJobConfig, but for what each job has of its own: limits, seed and target. */
  readonly config: { readonly [field: string]: unknown };
  /** Names of tuning jobs whose results it begins with. */
  readonly parents: string[];
}

/** What the Lambda steps need to know of the machines that the trials run on. */
export interface ComputeDefinition {
  /** At most one of these three; without them each attempt is a SageMaker training job. */
  readonly cluster?: ClusterDefinition;
  readonly batch?: BatchDefinition;
  readonly tuning?: TuningDefinition;
  /** The training jobs' names start with this. */
  readonly jobNamePrefix: string;
  /** In order of preference: the next one is for when there is no room on the one before. */
  readonly instanceTypes: string[];
  readonly instanceCount: number;
  /** Instances of several types in each job, in place of `instanceTypes` and `instanceCount`. */
  readonly instanceGroups?: InstancesDefinition[];
  /** Parameters of the search space that give each trial its own. */
  readonly instanceTypeParameter?: string;
  readonly instanceCountParameter?: string;
  /** US dollars for an hour of one instance on demand. What runs on other types has its cost given in seconds only. */
  readonly prices: { readonly instanceType: string; readonly usdPerHour: number }[];
  readonly spot: boolean;
  readonly maxRuntimeSeconds: number;
  /** With spot: waiting and training together. */
  readonly maxWaitSeconds?: number;
  /** How long a trial's instances are kept, and billed, for the next one. */
  readonly keepAliveSeconds?: number;
  readonly quotaCheck: 'fail' | 'warn' | 'off';
  /** Where the trials' checkpoints go: `s3://bucket/prefix`, without a slash at its end. */
  readonly checkpointRoot: string;
}

/** All that a tuner's constructs tell its Lambda steps, handed over in the state machine by Open study. */
export interface TunerDefinition extends CompletionCriteria {
  readonly searchSpace: SearchSpaceDefinition;
  /** Expressions over the parameters that every configuration must meet. */
  readonly parameterConstraints: string[];
  /** What is optimized; with additional objectives, the first of them all. */
  readonly objective: ObjectiveDefinition;
  readonly additionalObjectives: ObjectiveDefinition[];
  readonly outcomeConstraints: OutcomeConstraintDefinition[];
  readonly searchAlgorithm: SearchAlgorithmDefinition;
  readonly scheduler: SchedulerDefinition;
  /** Configurations that are tried before the search algorithm is asked; missing active parameters are filled in. */
  readonly initialConfigurations: Configuration[];
  readonly knownResults: KnownResultDefinition[];
  readonly maxParallelTrials: number;
  /** Attempts of a trial that fail for reasons of the infrastructure before the trial does. */
  readonly maxAttempts: number;
  /** More failed trials than this end the study. */
  readonly toleratedFailureCount?: number;
  /** A higher share of failed trials among those that ended, in percent, ends the study. */
  readonly toleratedFailurePercentage?: number;
  /** Metrics are read from the lines that training jobs print. */
  readonly logReports?: LogReportsDefinition;
  readonly compute: ComputeDefinition;
}
