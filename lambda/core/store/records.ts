import { CurvePoint } from '../schedulers/scheduler';
import { AttemptOutcome, Decision, TrialState } from '../../../lib/contract/calls';
import { Configuration } from '../../../lib/contract/search-space';
import { StudyInput } from '../../../lib/contract/study-input';
import { TunerDefinition } from '../../../lib/contract/tuner-definition';

/** Every change of a record is conditional on the version that was read. */
export interface Versioned {
  readonly version: number;
}

/** A study, as the table keeps it. */
export interface StudyRecord extends Versioned {
  readonly study: string;
  /** Tells a study from a later one of the same name. */
  readonly id: string;
  /** `STOPPED`: its execution ended before it did; a resume goes on. */
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  /** The tuner's definition, with what the execution's input changed. */
  readonly tuner: TunerDefinition;
  readonly seed: number;
  /** How many results it knows from elsewhere; they are an item of their own, since each step reads the study. */
  readonly knownResults?: number;
  /** What the search has to tell: known results that it can't use, and why. */
  readonly searchNotes?: string[];
  /** Quotas of instances that are too small for it. */
  readonly quotaNotes?: string[];
  /** Key of the attempts' tokens. */
  readonly secret: string;
  /** Executions that have opened the study. */
  readonly run: number;
  readonly execution: string;
  readonly round: number;
  /** Rounds planned before this run. */
  readonly openedRound?: number;
  readonly createdAt: string;
  /** When this run began. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Set once the study has reached an end that running trials must obey: a target, the end of its time. */
  readonly ending?: string;
  /** The highest redrive of its execution that has been seen. */
  readonly redrives?: number;
  /** What the inputs of its executions have set; a resume that doesn't set it keeps it. */
  readonly input?: StudyInput;
  /** Set once the search algorithm has nothing left to propose, or proposes what can't be. */
  readonly exhausted?: string;
  /** Where one job runs all trials of a round: those jobs. */
  readonly jobs?: RoundJob[];
  /** Why the user's own search function gave no answer the last time that it didn't. */
  readonly searchFailure?: string;
  /** The last round that was reviewed, the trials that had ended by then, and how many rounds in a row ended none. */
  readonly review?: {
    readonly round: number;
    readonly ended: number;
    readonly idle: number;
    /** Why the study is complete, if it is. */
    readonly reason?: string;
    /** What all trials had trained by then. */
    readonly trained?: number;
    /** How many rounds in a row found no room for their job. */
    readonly noRoom?: number;
  };
}

/** The job of a round: a training cluster, or automatic model tuning. */
export interface RoundJob {
  readonly round: number;
  /** Start of its name; the state machine adds the retry and the redrive count. */
  readonly name: string;
  readonly instanceCount: number;
  /** Of a training cluster. */
  readonly trialsPerInstance?: number;
  /** Of a training cluster: of all its instances together. */
  readonly slots?: number;
  readonly maxRuntimeSeconds: number;
  readonly plannedAt: string;
  /** What it may cost at most, with a spending cap. */
  readonly reservedUsd?: number;
  readonly endedAt?: string;
  readonly outcome?: AttemptOutcome;
}

/** Why an attempt failed: the classes of the design, each with one answer. */
export type FailureClass =
  | 'quota'
  | 'throttled'
  | 'infrastructure'
  | 'outOfMemory'
  | 'userCode'
  | 'noMetric'
  | 'diverged'
  | 'timeOut'
  | 'stoppedByPerson'
  | 'badRequest';

/** One training job of a trial. */
export interface AttemptRecord {
  readonly attempt: number;
  /** `run/round/slot/turn` of the slot that got it: the same slot asking again gets the same attempt. */
  readonly claim: string;
  /** The worker that runs it, in place of a training job of its own. */
  readonly worker?: number;
  /** Its worker went without a word. */
  readonly workerLost?: boolean;
  /** Start of the training job's name; the state machine adds retry and redrive counts. */
  readonly jobName: string;
  readonly tokenHash: string;
  readonly startAt: string;
  /** Where it is to pause. */
  readonly target?: number;
  /** Why a paused trial went on, or why it had to begin anew. */
  readonly reason?: string;
  /** What it runs on, where that isn't the same for all. */
  readonly instanceType?: string;
  readonly instanceCount?: number;
  readonly maxRuntimeSeconds?: number;
  /** With spot: waiting and training together. */
  readonly maxWaitSeconds?: number;
  /** What limits its runtime to less than the tuner allows. */
  readonly limitedBy?: 'maxDuration' | 'maxSpendUsd';
  /** What it may cost at most, with a spending cap. */
  readonly reservedUsd?: number;
  /** Where it begins on the instances that its slot's last job gave back: how often they are tried again. */
  readonly freedTries?: number;
  /** How often a start of this attempt had found no room before. */
  readonly tries?: number;
  /** Time and resource of its first and its last report: what starting takes, and how fast it trains. */
  readonly firstReport?: ReportTime;
  readonly lastReport?: ReportTime;
  readonly endedAt?: string;
  readonly outcome?: AttemptOutcome;
  readonly failureClass?: FailureClass;
  readonly message?: string;
}

/** Whether the attempt came to nothing for want of room, and never ran. */
export function foundNoRoom({ failureClass, outcome }: AttemptRecord): boolean {
  const isFull = failureClass === 'quota' || failureClass === 'throttled';
  return isFull && !outcome?.billableSeconds;
}

export interface ReportTime {
  readonly resource: number;
  readonly at: string;
}

/** The last report with its answer: the same report again gets the same answer. */
export interface ReportRecord {
  readonly attempt: number;
  readonly resource: number;
  readonly metrics: Record<string, number | string>;
  readonly decision: Decision;
  readonly reason?: string;
}

export interface TrialRecord extends Versioned {
  readonly study: string;
  readonly trial: number;
  readonly state: TrialState;
  readonly configuration: Configuration;
  readonly attempts: AttemptRecord[];
  readonly createdAt: string;
  readonly endedAt?: string;

  /** The scheduler's bracket that it was started in, if it has several. */
  readonly bracket?: number;
  /** The trial whose checkpoint it began with, and the one whose place it took. */
  readonly parent?: number;
  readonly replaces?: number;
  /**
   * The copy that is to take this paused trial's place. It holds while no trial has the copy's number; a trial that got the
   * number for something else leaves this one where it is.
   */
  readonly successor?: TrialPlan;

  readonly lastReport?: ReportRecord;
  readonly lastResource?: number;
  /** What it has reported, ascending by resource; points between the rungs are thinned out where there are many. */
  readonly curve?: CurvePoint[];
  readonly metrics?: Record<string, number | string>;
  /** The objective's last value. */
  readonly value?: number;
  /** Lowest loss. */
  readonly bestLoss?: number;

  /** What has been read of its current attempt's log. */
  readonly log?: LogRecord;
  /** Its next attempt begins at this time at the earliest: its last job has been asked to stop and still ends. */
  readonly notBefore?: string;

  /** What the last report was told, if not to go on. */
  readonly decision?: Decision;
  readonly decisionReason?: string;
  /** Reports since it was told to stop or pause. */
  readonly reportsSinceDecision?: number;
  readonly failureClass?: FailureClass;
  readonly message?: string;
}

/** How far the log of an attempt has been read. */
export interface LogRecord {
  readonly attempt: number;
  /** Id of the last line. */
  readonly lastLine: string;
  /** How many lines have shown the objective. */
  readonly objectives: number;
  /** The last resource that a line has shown. */
  readonly resource?: number;
  /** Metrics of lines since the last that showed the objective. */
  readonly metrics: Record<string, number | string>;
}

/** What a trial is to be, before it exists. */
export interface TrialPlan extends Pick<TrialRecord, 'trial' | 'configuration' | 'bracket' | 'parent' | 'replaces'> {
  /** Of its first attempt. */
  readonly target?: number;
  readonly reason?: string;
}

/** A trial's result at a rung, for the trials that are compared with it. It never changes, whatever the trial does later. */
export interface RungRecord extends CurvePoint {
  readonly trial: number;
  readonly bracket: number;
  readonly rung: number;
}

export const ENDED_STATES: readonly TrialState[] = ['COMPLETED', 'STOPPED', 'FAILED'];

export function hasEnded(trial: TrialRecord): boolean {
  return ENDED_STATES.includes(trial.state);
}

export function currentAttempt(trial: TrialRecord): AttemptRecord {
  return trial.attempts[trial.attempts.length - 1];
}
