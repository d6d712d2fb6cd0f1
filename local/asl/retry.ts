import { Retrier } from './definition';
import { StatesError, matches } from './errors';

export interface RetryDecision {
  readonly index: number;
  /** Seconds to wait, before jitter. */
  readonly seconds: number;
  /** False when the retrier that names the error has used up its attempts. */
  readonly retries: boolean;
  readonly jitter: boolean;
}

/** The retrier that names the error and what it says after `attempts` retries of its own; undefined where none does. */
export function decideRetry(
  retriers: readonly Retrier[] | undefined,
  error: StatesError,
  attempts: (index: number) => number,
): RetryDecision | undefined {
  const index = retriers?.findIndex((retrier) => matches(retrier.ErrorEquals, error)) ?? -1;
  if (index < 0) return undefined;
  const retrier = retriers![index];
  const made = attempts(index);
  const seconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** made;
  return {
    index,
    seconds: Math.min(seconds, retrier.MaxDelaySeconds ?? Infinity),
    retries: made < (retrier.MaxAttempts ?? 3),
    jitter: retrier.JitterStrategy === 'FULL',
  };
}
