import type { BatchRetryStrategy } from '../template/description';
import type { JobAttempt } from './batch-job';

/**
 * Whether a failed attempt is followed by another one. Conditions are looked at in their order and the first that
 * matches decides; an attempt that none matches is retried.
 */
export function isRetried(
  { attempts = 1, evaluateOnExit = [] }: BatchRetryStrategy,
  ended: readonly JobAttempt[],
): boolean {
  const last = ended.at(-1);
  if (last === undefined || ended.length >= attempts) return false;
  const { exitCode, reason } = last.container;
  const decision = evaluateOnExit.find(
    ({ onExitCode, onReason, onStatusReason }) =>
      matches(onExitCode, exitCode === undefined ? '' : String(exitCode)) &&
      matches(onReason, reason ?? '') &&
      matches(onStatusReason, last.statusReason),
  );
  return decision === undefined || decision.action.toUpperCase() === 'RETRY';
}

/** A pattern is the whole text, or its start when it ends with an asterisk; one that is not there matches everything. */
function matches(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
