import type { Clock } from '../../local/clock';

/** The study that all ways run. */
export interface StudyShape {
  readonly trials: number;
  readonly parallel: number;
  readonly epochs: number;
  /** Trials report after so many epochs, and after their last one. */
  readonly reportEvery: number;
  /** Whether bad trials are stopped. */
  readonly stopsEarly: boolean;
  /** Of a trial that trains to its end, on the average. */
  readonly trialSeconds: number;
  /** Of the cluster; times `parallel` in all. @default 1 */
  readonly trialsPerInstance?: number;
}

/** What the simulated programs of a study have done. */
export interface Trace {
  /** Of all trials together. */
  trainedSeconds: number;
  /** What trials that were stopped early have not trained. */
  untrainedSeconds: number;
  stopped: number;
  /** From when a slot wants to train until it does, over all slots. */
  startingSeconds: number;
}

export interface Training {
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Answers whether the trial goes on. */
  readonly report: (epoch: number, quality: number) => Promise<boolean> | boolean;
}

/** A trial's pace depends on its size: from 0.7 to 1.3 times the average. */
const PACE = { slowest: 1.3, fastest: 0.7 };
const UNITS = { min: 8, max: 256 };

/** Plays a training program: epoch after epoch passes, the curve rises, and the trial stops when it is told to. */
export async function train(shape: StudyShape, trace: Trace, training: Training): Promise<void> {
  const { hyperparameters, clock, signal, report } = training;
  const { epochs } = shape;
  const size = Math.log(Number(hyperparameters.hidden_units) / UNITS.min) / Math.log(UNITS.max / UNITS.min);
  const epochSeconds = (shape.trialSeconds / epochs) * (PACE.fastest + (PACE.slowest - PACE.fastest) * size);
  const began = clock.now();
  let done = 0;
  try {
    while (done < epochs) {
      await clock.sleep(epochSeconds * 1000, signal);
      done++;
      if (done % shape.reportEvery !== 0 && done < epochs) continue;
      if (!(await report(done, qualityAt(hyperparameters, done)))) break;
    }
  } finally {
    trace.trainedSeconds += (clock.now() - began) / 1000;
    if (done < epochs) {
      trace.stopped++;
      trace.untrainedSeconds += (epochs - done) * epochSeconds;
    }
  }
}

/** Best near a learning rate of 0.01; larger networks get farther, and more slowly. */
function qualityAt(hyperparameters: Readonly<Record<string, string>>, epoch: number): number {
  const rate = Math.abs(Math.log10(Number(hyperparameters.learning_rate)) + 2);
  const units = Math.log2(Number(hyperparameters.hidden_units));
  const best = 0.95 - 0.12 * rate ** 1.5 - 0.01 * (8 - units);
  return best - 0.6 / (1 + (epoch * 4) / units);
}
