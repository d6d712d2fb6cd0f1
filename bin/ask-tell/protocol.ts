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

export interface InitRequest {
  readonly op: 'init';
  /** Name of the search algorithm; default `auto`. */
  readonly algo?: string;
  /** Further fields of the algorithm's definition. */
  readonly options?: Record<string, unknown>;
  readonly space: { readonly params: ProtocolParameter[] };
  readonly direction?: 'minimize' | 'maximize';
  readonly seed?: number;
  readonly budget?: { readonly evals?: number; readonly resource?: number; readonly parallel?: number };
  readonly fidelity?: { readonly name: string; readonly min: number; readonly max: number };
}

export interface TellResult {
  readonly id?: TrialId;
  readonly config?: Configuration;
  /** Anything but a finite number is a failed trial. */
  readonly value: number | string | null;
  readonly step?: number;
  readonly status?: 'done' | 'stopped' | 'paused';
}

export type Request =
  | InitRequest
  | { readonly op: 'ask'; readonly n: number }
  | { readonly op: 'report'; readonly id: TrialId; readonly step: number; readonly value: number | string | null }
  | { readonly op: 'tell'; readonly results: TellResult[] }
  | { readonly op: 'bye' };

export type Reply =
  | { readonly ok: true; readonly inject?: boolean }
  | { readonly trials: { readonly id: TrialId; readonly config: Configuration }[] }
  | { readonly decision: 'continue' | 'stop' | 'pause' }
  | { readonly error: string };
