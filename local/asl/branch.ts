import { Processor } from './definition';
import { Level } from './frame';
import { runState } from './state';

/** Runs states from StartAt to an end and answers the last one's output. */
export async function runBranch(processor: Processor, input: unknown, level: Level): Promise<unknown> {
  let name = processor.StartAt;
  let data = input;
  for (;;) {
    level.signal.throwIfAborted();
    const { output, next } = await runState(name, processor.States[name], data, level);
    if (next === undefined) return output;
    name = next;
    data = output;
  }
}
