import { Configuration, ParameterValue } from './search-space';
import { StudyInput } from './study-input';
import { TunerDefinition } from './tuner-definition';

/**
 * The calls that the world makes to a study. Each is idempotent: the same call twice changes nothing more and gives the
 * same answer. Times are ISO 8601 strings; in the state machine they are the state's own entry time, so that a retry
 * carries the time of the first try.
 */

/** Open study: create a study or resume it. */
export interface OpenRequest {
  readonly input: StudyInput;
  readonly tuner: TunerDefinition;
  /** ARN of the execution that asks. */
  readonly execution: string;
  readonly executionName: string;
  readonly at: string;
}

export interface OpenAnswer {
  readonly study: string;
  /** How many executions have opened the study, this one included. Slots of an earlier run get no more trials. */
  readonly run: number;
  /** Rounds planned so far. */
  readonly round: number;
  /** Quotas of instances that are too small for the study. */
  readonly notes: string[];
}

/** Plan round: which slots run. */
export interface PlanRequest {
  readonly study: string;
  readonly run: number;
  /** Number of the round to plan, from 1. */
  readonly round: number;
  /** How often the execution has been redriven. */
  readonly redrives?: number;
  readonly at: string;
}

export interface PlanAnswer {
  readonly round: number;
  /** Slot numbers, from 0. */
  readonly slots: number[];
  /** Where one job runs all trials of a round: the job; null where there is nothing to run. */
  readonly job?: ClusterJob | TuningJob | null;
}

/** The training job whose instances run the trials of a round. */
export interface ClusterJob {
  /** Start of its name; the state machine adds the retry and the redrive count. */
  readonly name: string;
  readonly redrives: number;
  readonly instanceCount: number;
  /** Trials at the same time on each instance: fewer than it could run, where the study may not run as many. */
  readonly trialsPerInstance: number;
  /** Trials at the same time on all of them together. */
  readonly slots: number;
  readonly maxRuntimeSeconds: number;
  /** With spot. */
  readonly maxWaitSeconds?: number;
}

/** A job of automatic model tuning. */
export interface TuningJob {
  /** Start of its name, at most 28 characters; the state machine adds the retry and the redrive count. */
  readonly name: string;
  readonly redrives: number;
  /** HyperParameterTuningJobConfig. */
  readonly config: { readonly [field: string]: unknown };
  /** ParentHyperParameterTuningJobs: what it begins with. */
  readonly parents: { readonly HyperParameterTuningJobName: string }[];
}

/** One turn of a slot: which trial comes next. */
export interface NextRequest {
  readonly study: string;
  readonly run: number;
  readonly round: number;
  readonly slot: number;
  /** How many answers the slot has had in this round. */
  readonly turn: number;
  /** How often its job starts have been tried again in this round; each adds to the history of its execution. */
  readonly retries?: number;
  /** How often the slot's execution has been redriven. */
  readonly redrives?: number;
  /** The worker whose slot asks; without one it is the state machine's. */
  readonly worker?: number;
  /** The worker is about to end: it gets nothing more. */
  readonly leaving?: boolean;
  readonly at: string;
}

/** A training attempt for the slot. */
export interface TrainAnswer {
  readonly action: 'train';
  readonly trial: number;
  readonly attempt: number;
  readonly turn: number;
  /** Unique to the attempt; the state machine adds the retry and the redrive count. */
  readonly jobName: string;
  readonly hyperparameters: Record<string, string>;
  /** The attempt's own credential for the report call. */
  readonly token: string;
  /** One prefix for all attempts of the trial. */
  readonly checkpointUri: string;
  /** The slot's execution had been redriven so often: in a later redrive this attempt isn't begun again. */
  readonly redrives: number;
  /** Not before this time, so that CreateTrainingJob stays under its limit of one a second. */
  readonly startAt: string;
  /** What the attempt trains up to; then it ends, with a checkpoint. Absent where the scheduler sets no limit. */
  readonly maxResource?: number;
  /** Absent where all trials have several types at once. */
  readonly instanceType?: string;
  readonly instanceCount?: number;
  readonly maxRuntimeSeconds: number;
  /** With spot. */
  readonly maxWaitSeconds?: number;
  /** Where SageMaker doesn't take the model there: an `s3://` prefix with a slash at its end. */
  readonly outputUri?: string;
  /** To a worker: it is time for its call `prepare`. */
  readonly prepare?: boolean;
}

/** Nothing for the slot to do: it ends. */
export interface NoTrialAnswer {
  readonly action: 'none';
  readonly reason: string;
}

/** No room for a training job, by quota or capacity: the slot asks again later. */
export interface WaitAnswer {
  readonly action: 'wait';
  readonly until: string;
  readonly turn: number;
  readonly reason: string;
}

export type NextAnswer = TrainAnswer | WaitAnswer | NoTrialAnswer;

/** A metric's value in a report; JSON has no other way to write the last three. */
export type MetricValue = number | 'NaN' | 'Infinity' | '-Infinity';

/** The training code says: at this resource the metrics are these. */
export interface ReportRequest {
  readonly study: string;
  readonly trial: number;
  readonly attempt: number;
  readonly token: string;
  /** Epochs, steps, ...: a positive number that grows from report to report. */
  readonly resource: number;
  readonly metrics: Record<string, MetricValue>;
}

export type Decision = 'continue' | 'stop' | 'pause';

export interface ReportAnswer {
  readonly decision: Decision;
  readonly reason?: string;
}

/** How an attempt ended, as the trial runner saw it. */
export interface AttemptOutcome {
  /** `TrainingJobStatus` of SageMaker, if the job could be described. */
  readonly status?: string;
  readonly secondaryStatus?: string;
  readonly failureReason?: string;
  readonly jobName?: string;
  readonly modelArtifact?: string;
  /** Of one instance; with spot less than it trained. */
  readonly billableSeconds?: number;
  readonly trainingSeconds?: number;
  /** Last value of each metric that SageMaker read off the log. */
  readonly metrics?: { readonly MetricName?: string; readonly Value?: number }[];
  /** Name and cause of the state machine's error, if the task failed. */
  readonly error?: string;
  readonly cause?: string;
}

/** Record trial: how the slot's attempt ended, and what it does next. */
export interface RecordRequest extends NextRequest {
  readonly trial: number;
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
}

/** Review round: does the study go on? */
export interface ReviewRequest {
  readonly study: string;
  readonly run: number;
  readonly round: number;
  readonly redrives?: number;
  /** Where one job ran all trials of the round: how it ended. */
  readonly outcome?: AttemptOutcome;
  readonly at: string;
}

export interface ReviewAnswer {
  readonly complete: boolean;
  readonly reason?: string;
  /** Where one job runs all trials of a round: it found no room, and the next round begins at this time; else null. */
  readonly until?: string | null;
}

/** Finish study: the answer is the output of the execution. */
export interface FinishRequest {
  readonly study: string;
  readonly run: number;
  readonly at: string;
}

/** Stop study: its execution has ended without finishing it. */
export interface StopRequest {
  readonly study: string;
  /** ARN of the execution. */
  readonly execution: string;
  readonly at: string;
}

/** `PAUSED`: it has come to a rung and waits for a promotion, with its checkpoint. */
export type TrialState = 'QUEUED' | 'RUNNING' | 'PAUSED' | 'COMPLETED' | 'STOPPED' | 'FAILED';

export interface BestTrial {
  readonly trial: number;
  readonly value: number;
  readonly hyperparameters: Configuration;
  readonly metrics: Record<string, number>;
  readonly trainingJobName: string | null;
  readonly modelArtifact: string | null;
  /** With outcome constraints: whether the trial meets them. It doesn't only where no trial does. */
  readonly feasible?: boolean;
  /** The outcome constraints that it doesn't meet, as sentences. */
  readonly unmetConstraints?: string[];
}

/** A trial that no other one beats in all objectives. */
export interface FrontTrial {
  readonly trial: number;
  /** The objectives' values by metric. */
  readonly values: Record<string, number>;
  readonly hyperparameters: Configuration;
}

/** What the study's training jobs cost, by the prices of its tuner. */
export interface StudyCost {
  /** Billable seconds times instances. */
  readonly instanceSeconds: number;
  /** Null where the price of an instance type that was used isn't known. */
  readonly usd: number | null;
  /** What the same jobs would have cost more on demand. */
  readonly savedBySpotUsd?: number;
  /** An estimate of what training every trial to its end would have cost more. */
  readonly savedByEarlyStoppingUsd?: number;
  /** An upper bound of what is part of `usd` for instances that were kept for the next trial. */
  readonly warmPoolUsd?: number;
  readonly maxSpendUsd?: number;
}

/** A trial without a result, and where to look. */
export interface FailedTrial {
  readonly trial: number;
  readonly class: string;
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  readonly trainingJobName: string | null;
  /** Its log in the CloudWatch console. */
  readonly log: string | null;
}

export interface StudyResult {
  readonly study: string;
  readonly status: 'SUCCEEDED' | 'FAILED';
  /** Why the study ended. */
  readonly reason: string;
  readonly objective: { readonly metric: string; readonly direction: 'maximize' | 'minimize' };
  readonly best: BestTrial | null;
  /** With several objectives: at most 50 trials of the Pareto front, best primary objective first. */
  readonly paretoFront?: FrontTrial[];
  /**
   * How much of the objective's variance over the search space each hyperparameter explains by itself, as shares that add
   * up to 1, the most important first. Empty with fewer than 10 results, or where they are all the same.
   */
  readonly importance: { readonly parameter: string; readonly importance: number }[];
  readonly trials: {
    readonly total: number;
    readonly completed: number;
    readonly stoppedEarly: number;
    readonly failed: number;
    readonly unfinished: number;
  };
  readonly cost: StudyCost;
  /** With failed trials: how many there are of each kind, and some of them. */
  readonly failures?: {
    readonly byClass: Record<string, number>;
    readonly trials: FailedTrial[];
  };
  /** What search and scheduler had to tell. */
  readonly notes?: string[];
  /** Where each trial, attempt and report is kept. */
  readonly records: { readonly table: string; readonly study: string; readonly checkpoints: string };
}

export type { Configuration, ParameterValue };
