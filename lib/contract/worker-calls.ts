import { AttemptOutcome, TrainAnswer } from './calls';

/**
 * The calls of a worker: a process that runs trials of a study in slots of its own, on an instance of a training cluster or on
 * any other machine. They are `next` and `record` as the state machine makes them, with the study's run and the time filled in.
 * Each may be made twice.
 */

/** A worker says that it is there. */
export interface JoinRequest {
  readonly call: 'join';
  readonly study: string;
  /** Name of its machine: of a cluster `<training job>/<host>`. A worker that joins replaces an earlier one of its machine. */
  readonly host: string;
  /** Drawn for each join, so that the same join asking again is known. */
  readonly nonce: string;
  readonly slots: number;
}

export interface JoinAnswer {
  readonly worker: number;
  readonly heartbeatSeconds: number;
  /** Without a heartbeat for so long it ends its trials: by then the study gives them to others. */
  readonly fenceSeconds: number;
  readonly command: string[];
  readonly channels: Record<string, string>;
  readonly environment: Record<string, string>;
  readonly hyperparameters: Record<string, string>;
}

export interface EndedAnswer {
  readonly ended: true;
  readonly reason: string;
}

interface SlotRequest {
  readonly study: string;
  readonly worker: number;
  /** From 0, below the number of slots that it joined with. */
  readonly slot: number;
  /** How many answers the slot has had. */
  readonly turn: number;
}

export interface WorkerNextRequest extends SlotRequest {
  readonly call: 'next';
}

export interface WorkerRecordRequest extends SlotRequest {
  readonly call: 'record';
  readonly trial: number;
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  /** The worker is about to end: its slot gets nothing more. */
  readonly leaving?: boolean;
}

export interface HeartbeatRequest {
  readonly call: 'heartbeat';
  readonly study: string;
  readonly worker: number;
  readonly running: { readonly trial: number; readonly attempt: number }[];
}

export interface HeartbeatAnswer {
  /** These are to end. */
  readonly stop: {
    readonly trial: number;
    readonly attempt: number;
    readonly reason: string;
    /** Another attempt may run already, with the same checkpoints. */
    readonly superseded?: boolean;
  }[];
  /** The study is over: no slot needs to ask again. */
  readonly ended: boolean;
  readonly reason: string | null;
}

/** Has the study work out what comes next, while trials run: where an answer says so that gives a trial. */
export interface PrepareRequest {
  readonly call: 'prepare';
  readonly study: string;
  readonly worker: number;
}

export interface PrepareAnswer {
  /** How many suggestions this call has worked out: 0 where another call does. */
  readonly prepared: number;
}

export type WorkerRequest = JoinRequest | WorkerNextRequest | WorkerRecordRequest | HeartbeatRequest | PrepareRequest;

/** Nothing to run yet. */
export interface WorkerWaitAnswer {
  readonly action: 'wait';
  readonly seconds: number;
  readonly turn: number;
  readonly reason: string;
}

/** Nothing to run any more. */
export interface WorkerEndAnswer extends EndedAnswer {
  readonly action: 'none';
}

export type WorkerNextAnswer = TrainAnswer | WorkerWaitAnswer | WorkerEndAnswer;
export type WorkerAnswer = JoinAnswer | EndedAnswer | WorkerNextAnswer | HeartbeatAnswer | PrepareAnswer;
