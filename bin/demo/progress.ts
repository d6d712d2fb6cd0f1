import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import { TrialRecord, hasEnded } from '../../lambda/core/store/records';
import { bestTrial } from '../../lambda/core/study/best-trial';
import { Goals } from '../../lambda/core/study/objective';
import { configurationText, stateText, valueText } from './text';
import { StudyView } from './study-view';

const INTERVAL_MS = 500;

/** Lines below the picture. */
const MAX_TOLD = 5;

const GOALS: Goals = {
  objective: { metric: 'validation_accuracy', direction: 'maximize' },
  additionalObjectives: [],
  outcomeConstraints: [],
};

/** Shows a study while it runs: a live picture in a terminal, else a line for each thing that happens. */
export class Progress {
  private readonly began = Date.now();
  private readonly seen = new Map<number, string>();
  /** What the picture tells beside the trials. */
  private readonly told: string[] = [];

  constructor(
    private readonly view: StudyView,
    private readonly stream: NodeJS.WriteStream,
  ) {}

  /** Shows something else that happened. */
  tell(text: string): void {
    const line = `${this.seconds().padStart(5)} ${text}`;
    this.told.push(line);
    if (!this.stream.isTTY) this.stream.write(`${line}\n`);
  }

  async during<T>(work: Promise<T>): Promise<T> {
    const live = this.stream.isTTY ? createLogUpdate(this.stream, { showCursor: false }) : undefined;
    let running = true;
    const show = async () => {
      const study = await this.view.study();
      const trials = await this.view.trials();
      if (study === undefined) return;
      if (live === undefined) {
        this.log(trials);
      } else {
        live(this.picture(trials, study.tuner.maxTrials));
      }
    };
    const loop = (async () => {
      while (running) {
        await show();
        await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
      }
      await show();
    })();
    try {
      return await work;
    } finally {
      running = false;
      await loop;
      live?.done();
    }
  }

  /** A line for each change of a trial since the last call. */
  private log(trials: TrialRecord[]): void {
    for (const trial of trials) {
      const state = `${trial.state}/${trial.attempts.length}`;
      if (this.seen.get(trial.trial) === state) continue;
      this.seen.set(trial.trial, state);
      const result =
        hasEnded(trial) || trial.state === 'PAUSED'
          ? ` ${valueText(trial)}${trial.message ? ` (${trial.message})` : ''}`
          : reasonForAttempt(trial);
      this.stream.write(
        `${this.seconds().padStart(5)} trial ${String(trial.trial).padStart(2)} ${stateText(trial)}${result}  ${configurationText(trial)}\n`,
      );
    }
  }

  private picture(trials: TrialRecord[], maxTrials: number): string {
    const ended = trials.filter(hasEnded);
    const stopped = ended.filter(({ state }) => state === 'STOPPED').length;
    const failed = ended.filter(({ state }) => state === 'FAILED').length;
    const paused = trials.filter(({ state }) => state === 'PAUSED').length;
    const best = trials.length === 0 ? undefined : bestTrial(GOALS, trials);
    const width = 30;
    const filled = Math.round(((ended.length + paused) / maxTrials) * width);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    const running = trials
      .filter(({ state }) => state === 'RUNNING' || state === 'QUEUED')
      .map(
        (trial) =>
          `  trial ${String(trial.trial).padStart(2)}  ${trial.lastResource === undefined ? 'starting' : `epoch ${trial.lastResource}`}  ` +
          `${valueText(trial)}  ${pc.dim(configurationText(trial))}`,
      );
    return [
      `${bar} ${ended.length + paused}/${maxTrials} trials  ${paused} paused  ${stopped} stopped early  ${failed} failed  ${this.seconds()}`,
      best ? `  best so far: trial ${best.trial} with ${pc.green(valueText(best))}` : '  no result yet',
      ...running,
      ...this.told.slice(-MAX_TOLD).map((line) => pc.yellow(line)),
    ].join('\n');
  }

  private seconds(): string {
    return `${Math.round((Date.now() - this.began) / 1000)} s`;
  }
}

/** What went wrong with the attempt before, where a trial waits for another or has begun it. */
function reasonForAttempt({ state, attempts }: TrialRecord): string {
  if (state === 'QUEUED') {
    const message = attempts.at(-1)?.message;
    return message === undefined ? '' : ` for another attempt (${message})`;
  }
  const before = attempts.at(-2);
  return before?.failureClass === undefined ? '' : ` after ${before.failureClass} (${before.message ?? ''})`;
}
