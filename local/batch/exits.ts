/** What Batch says of the ends of containers and jobs. */
export const ENDED_REASON = 'Essential container in task exited';
export const NOT_STARTED_REASON = 'Task failed to start';
export const TIMEOUT_REASON = 'Job attempt duration exceeded timeout';
export const OUT_OF_MEMORY_REASON = 'OutOfMemoryError: Container killed due to memory usage';
export const MAX_OVERRIDES = 8192;
export const OVERRIDES_REASON = `Container Overrides length must be at most ${MAX_OVERRIDES}`;

/** Begins as the loss of a host does, which it is for the job: what retries that one retries this one. */
export const RUNTIME_ENDED_REASON =
  'Host EC2 (instance i-local) terminated. The local runtime ended while this job ran.';

export const SIGTERM_EXIT = 143;
export const SIGKILL_EXIT = 137;
