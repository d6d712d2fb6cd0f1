import { setMaxListeners } from 'node:events';

/** A controller whose signal many tasks may follow: more listeners than Node's limit are no leak here. */
export function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** An abort controller that follows another signal until released. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  /** Stops following, so that a long execution doesn't collect listeners. */
  release(): void;
}

export function linkAbort(parent: AbortSignal): LinkedAbort {
  const controller = newController();
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent.removeEventListener('abort', follow),
  };
}
