import { Frame } from './frame';
import { byteLength } from './json';

/** Groups items as ItemBatcher says; without one, each item stands alone. */
export async function batchItems(frame: Frame, items: unknown[]): Promise<unknown[]> {
  const batcher = frame.state.ItemBatcher;
  if (batcher === undefined) return items;
  const most = (await frame.number(batcher.MaxItemsPerBatch, 'ItemBatcher/MaxItemsPerBatch')) ?? Infinity;
  const bytes = (await frame.number(batcher.MaxInputBytesPerBatch, 'ItemBatcher/MaxInputBytesPerBatch')) ?? Infinity;
  const shared =
    batcher.BatchInput === undefined
      ? {}
      : { BatchInput: await frame.evaluate(batcher.BatchInput, 'ItemBatcher/BatchInput') };
  const batches: unknown[][] = [];
  let size = 0;
  const overhead = byteLength(JSON.stringify({ ...shared, Items: [] }));
  for (const item of items) {
    const length = byteLength(JSON.stringify(item)) + 1;
    const current = batches.at(-1);
    if (current === undefined || current.length >= most || size + length > bytes) {
      batches.push([item]);
      size = overhead + length;
    } else {
      current.push(item);
      size += length;
    }
  }
  return batches.map((batch) => ({ ...shared, Items: batch }));
}
