/** The end of a job, unless the task that waits for it is ended before: then `stop` is called, and the abort's reason thrown. */
export async function waitOrAbort<T>(end: Promise<T>, signal: AbortSignal | undefined, stop: () => void): Promise<T> {
  if (signal === undefined) return end;
  let onAbort!: () => void;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      stop();
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([end, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
