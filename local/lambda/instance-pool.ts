import { Instance } from './instance';
import type { InstanceAnswer } from './instance';

/** The instances of one function: warm ones are used again, further invocations wait for one to become free. */
export class InstancePool {
  private readonly idle: Instance[] = [];
  private readonly all = new Set<Instance>();
  private readonly waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  private busy = 0;
  private closed = false;

  constructor(
    private readonly maxInstances: number,
    private readonly start: () => Instance,
  ) {}

  async run(work: (instance: Instance) => Promise<InstanceAnswer>): Promise<InstanceAnswer> {
    await this.takeTurn();
    let instance: Instance | undefined;
    try {
      if (this.closed) throw closedError();
      instance = this.idle.pop();
      while (instance?.dead) {
        this.all.delete(instance);
        instance = this.idle.pop();
      }
      if (instance === undefined) {
        instance = this.start();
        this.all.add(instance);
      }
      return await work(instance);
    } finally {
      if (instance?.dead) this.all.delete(instance);
      else if (instance !== undefined) this.idle.push(instance);
      const next = this.waiting.shift();
      // the turn passes on to the next in the queue, or is given back.
      if (next !== undefined) next.resolve();
      else this.busy--;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { reject } of this.waiting.splice(0)) reject(closedError());
    await Promise.all([...this.all].map((instance) => instance.terminate()));
  }

  private takeTurn(): Promise<void> {
    if (this.closed) return Promise.reject(closedError());
    if (this.busy < this.maxInstances) {
      this.busy++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }
}

function closedError(): Error {
  return new Error('the local Lambda service is closed.');
}
