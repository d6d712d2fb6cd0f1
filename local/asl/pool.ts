/** Runs `work` for 0 to `count` - 1, in this order, at most `limit` at once. `work` must not reject. */
export async function pool(count: number, limit: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(count, limit) }, worker));
}
