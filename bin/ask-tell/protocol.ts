import { Configuration, ParameterValue } from '../../lib/contract/search-space';

/** The messages of the ask/tell program, one JSON object a line; see docs/ask-tell.md. */

export type TrialId = number | string;

export interface ProtocolParameter {
  readonly name: string;
  readonly type: 'float' | 'int' | 'cat' | 'ordinal';
  readonly low?: number;
  readonly high?: number;
  readonly log?: boolean;
  /** Equal factors of 1 - x are equally important: momentum, decay rates. */
  readonly reverseLog?: boolean;
  readonly choices?: ParameterValue[];
  readonly activeIf?: { readonly param: string; readonly in: ParameterValue[] };
}

export interface ProtocolObjective {
  readonly name: string;
  readonly direction?: 'minimize' | 'maximize';
}

/** Exactly one of the bounds. */
export interface ProtocolOutcomeConstraint {
  readonly name: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface SchedulerOptions {
  /** Name of the scheduler; default `multiFidelity` where there is a fidelity. */
  readonly scheduler?: string;
  readonly mode?: 'stop' | 'promote';
  readonly brackets?: number;
  readonly minResource?: number;
  readonly maxResource?: number;
  readonly reductionFactor?: number;
  readonly gracePeriod?: number;
  readonly minimumTrials?: number;
  readonly patience?: number;
  readonly minimumImprovement?: number;
  readonly populationSize?: number;
  readonly interval?: number;
  readonly quantile?: number;
  readonly perturbation?: number;
  readonly resampleProbability?: number;
}

export interface InitRequest {
  readonly op: 'init';
  /** Name of the search algorithm; default `auto`. */
  readonly algo?: string;
  /** Further fields of the algorithm's definition, and the scheduler with those of its own. */
  readonly options?: SchedulerOptions & { sampleSize?: number; pointsPerParameter?: number };
  readonly space: { readonly params: ProtocolParameter[] };
  /** Expressions over the parameters that every configuration must meet. */
  readonly constraints?: string[];
  /** Of a single objective; it has no name. */
  readonly direction?: 'minimize' | 'maximize';
  /** Instead of `direction`: one or several, by name. */
  readonly objectives?: ProtocolObjective[];
  readonly outcomeConstraints?: ProtocolOutcomeConstraint[];
  /** Configurations to try first; what they leave out is drawn at random. */
  readonly initial?: Configuration[];
  readonly seed?: number;
  readonly budget?: { readonly evals?: number; readonly resource?: number; readonly parallel?: number };
  /** What trials report by. `startUp`: what starting or resuming one takes, as so much of it. */
  readonly fidelity?: {
    readonly name: string;
    readonly min: number;
    readonly max: number;
    readonly startUp?: number;
  };
}

export interface TellResult {
  readonly id?: TrialId;
  /** Without an id: a result that wasn't asked for. */
  readonly config?: Record<string, unknown>;
  /** Of the first objective. Anything but a finite number is a failed trial. */
  readonly value?: unknown;
  /** By name of the objective or outcome constraint. */
  readonly values?: Record<string, unknown>;
  readonly step?: number;
  readonly status?: 'done' | 'stopped' | 'paused';
}

export interface ReportRequest {
  readonly op: 'report';
  readonly id: TrialId;
  readonly step: number;
  readonly value?: unknown;
  readonly values?: Record<string, unknown>;
}

export interface AskedTrial {
  /** One that was seen before goes on from its checkpoint. */
  readonly id: TrialId;
  readonly config: Configuration;
  /** It pauses when it has trained up to here. */
  readonly until?: number;
  /** It begins with a copy of this trial's checkpoint. */
  readonly parent?: TrialId;
}

export type Request =
  | InitRequest
  | { readonly op: 'ask'; readonly n?: number }
  | ReportRequest
  | { readonly op: 'tell'; readonly results: TellResult[] }
  | { readonly op: 'bye' };

export type Reply =
  | { readonly ok: true; readonly inject?: boolean; readonly warnings?: string[] }
  /** Fewer than asked for, with the reason, once there is nothing left to try. */
  | { readonly trials: AskedTrial[]; readonly exhausted?: string }
  | { readonly decision: 'continue' | 'stop' | 'pause' }
  | { readonly error: string };
