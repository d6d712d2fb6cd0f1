import { JoinAnswer, WorkerNextAnswer, EndedAnswer, HeartbeatAnswer } from '../../lib/contract/worker-calls';
import type { TrainAnswer } from '../../lib/contract/calls';
import type { Clock } from '../../local/clock';
import type { LaunchedJob } from '../../local/sagemaker/job-launcher';

export interface SimulatedWorkersOptions {
  readonly job: LaunchedJob;
  readonly clock: Clock;
  /** Aborted when the job is stopped. */
  readonly signal: AbortSignal;
  /** Calls the app's worker function. */
  readonly call: (request: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** Runs one attempt to its end. */
  readonly run: (attempt: TrainAnswer, signal: AbortSignal) => Promise<void>;
}

/** Plays the workers of a training cluster, on all hosts of its job. Resolves when the study needs none of them any more. */
export async function simulateWorkers(options: SimulatedWorkersOptions): Promise<void> {
  const hosts = options.job.request.ResourceConfig.InstanceCount!;
  await Promise.all(Array.from({ length: hosts }, (_, host) => new SimulatedWorker(options, host + 1).run()));
}

/** One host: its slots ask, train and record; beside them it says that it is there. */
class SimulatedWorker {
  private readonly running = new Map<string, { readonly trial: number; readonly attempt: number; stop(): void }>();
  private readonly study: string;
  private readonly slots: number;
  private worker = 0;

  constructor(
    private readonly options: SimulatedWorkersOptions,
    private readonly host: number,
  ) {
    const { CDK_HPO_WORKER_STUDY, CDK_HPO_WORKER_SLOTS } = options.job.request.Environment!;
    this.study = CDK_HPO_WORKER_STUDY;
    this.slots = Number(CDK_HPO_WORKER_SLOTS);
  }

  async run(): Promise<void> {
    const { job, signal } = this.options;
    const joined = await this.call<JoinAnswer | EndedAnswer>({
      call: 'join',
      host: `${job.name}/algo-${this.host}`,
      nonce: `algo-${this.host}`,
      slots: this.slots,
    });
    if ('ended' in joined) return;
    this.worker = joined.worker;
    const over = new AbortController();
    const beats = this.beat(joined.heartbeatSeconds, AbortSignal.any([signal, over.signal]));
    try {
      await Promise.all(Array.from({ length: this.slots }, (_, slot) => this.runSlot(slot)));
    } finally {
      over.abort(new Error('all slots have ended'));
      await beats;
    }
  }

  private async runSlot(slot: number): Promise<void> {
    const { clock, signal } = this.options;
    let turn = 0;
    let answer = await this.ask({ call: 'next', slot, turn });
    while (answer.action !== 'none') {
      turn++;
      if (answer.action === 'wait') {
        await clock.sleep(answer.seconds * 1000, signal);
        answer = await this.ask({ call: 'next', slot, turn });
      } else {
        const { trial, attempt } = answer;
        const outcome = await this.train(answer);
        answer = await this.ask({ call: 'record', slot, turn, trial, attempt, outcome });
      }
    }
  }

  private async train(answer: TrainAnswer): Promise<object> {
    const { clock, signal, run } = this.options;
    const { trial, attempt } = answer;
    const stopped = new AbortController();
    const began = clock.now();
    const key = `${trial}/${attempt}`;
    this.running.set(key, { trial, attempt, stop: () => stopped.abort(new Error('SIGTERM')) });
    try {
      await run(answer, AbortSignal.any([signal, stopped.signal]));
    } catch (error) {
      if (!stopped.signal.aborted) throw error;
    } finally {
      this.running.delete(key);
    }
    const status = stopped.signal.aborted ? 'Stopped' : 'Completed';
    return { status, secondaryStatus: status, trainingSeconds: (clock.now() - began) / 1000 };
  }

  private async beat(seconds: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    for (;;) {
      try {
        await clock.sleep(seconds * 1000, signal);
      } catch {
        return;
      }
      const running = [...this.running.values()].map(({ trial, attempt }) => ({ trial, attempt }));
      const { stop } = await this.call<HeartbeatAnswer>({ call: 'heartbeat', worker: this.worker, running });
      for (const { trial, attempt } of stop) this.running.get(`${trial}/${attempt}`)?.stop();
    }
  }

  private ask(request: Readonly<Record<string, unknown>>): Promise<WorkerNextAnswer> {
    return this.call({ ...request, worker: this.worker });
  }

  private call<Answer>(request: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.options.call({ ...request, study: this.study }) as Promise<Answer>;
  }
}
