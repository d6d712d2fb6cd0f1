import { Purpose, Random } from '../../lambda/core/random/random';
import { Configuration } from '../../lib/contract/search-space';
import { InitRequest, ProtocolParameter } from '../ask-tell/protocol';
import { AskTellProcess, Asked } from './ask-tell-process';

const TRIALS = 100;

interface NoisyProblem {
  readonly name: string;
  readonly params: ProtocolParameter[];
  /** The loss without noise; the least is 0. */
  readonly loss: (configuration: Configuration) => number;
}

const PROBLEMS: NoisyProblem[] = [
  {
    name: 'bowl of 4 continuous parameters',
    params: ['x0', 'x1', 'x2', 'x3'].map((name) => ({ name, type: 'float', low: 0, high: 1 })),
    loss: (c) => 1.5 * (+c.x0 - 0.3) ** 2 + (+c.x1 - 0.4) ** 2 + (+c.x2 - 0.5) ** 2 + (+c.x3 - 0.6) ** 2,
  },
  {
    name: 'bowl of 5 mixed parameters',
    params: [
      { name: 'a', type: 'float', low: 1e-5, high: 1, log: true },
      { name: 'b', type: 'float', low: 0, high: 1 },
      { name: 'n', type: 'int', low: 1, high: 20 },
      { name: 'o', type: 'ordinal', choices: [16, 32, 64, 128] },
      { name: 'c', type: 'cat', choices: ['u', 'v', 'w'] },
    ],
    loss: (c) =>
      2 * ((Math.log10(+c.a) + 2.5) / 5) ** 2 +
      (+c.b - 0.7) ** 2 +
      ((+c.n - 6) / 20) ** 2 +
      0.05 * Math.abs([16, 32, 64, 128].indexOf(+c.o) - 2) +
      { u: 0.1, v: 0, w: 0.25 }[c.c as 'u' | 'v' | 'w'],
  },
];

/** Prints what the trial that looks best after 100 noisy results is really worth. */
export async function printNoise(askTell: string, algo: string, seeds: number): Promise<void> {
  for (const deviation of [0.05, 0.1]) {
    for (const problem of PROBLEMS) {
      const losses: number[] = [];
      for (let seed = 0; seed < seeds; seed++)
        losses.push(await lossOfApparentBest(askTell, algo, problem, deviation, seed));
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / seeds;
      const squares = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
      const error = seeds === 1 ? 'unknown' : Math.sqrt(squares / (seeds * (seeds - 1))).toFixed(4);
      console.log(
        `${algo}, ${problem.name}, noise ${deviation}, ${seeds} seeds: mean ${mean.toFixed(4)}, standard error ${error}`,
      );
    }
  }
}

async function lossOfApparentBest(
  askTell: string,
  algo: string,
  { params, loss }: NoisyProblem,
  deviation: number,
  seed: number,
): Promise<number> {
  const program = new AskTellProcess(askTell);
  const random = new Random(seed, 0, Purpose.SEARCH);
  let best = { seen: Infinity, real: Infinity };
  try {
    const init: InitRequest = { op: 'init', algo, space: { params }, seed, budget: { evals: TRIALS, parallel: 1 } };
    await program.send(init);
    for (let i = 0; i < TRIALS; i++) {
      const { reply } = await program.send<Asked>({ op: 'ask', n: 1 });
      const [{ id, config }] = reply.trials;
      const real = loss(config);
      const seen = real + deviation * random.normal();
      if (seen < best.seen) best = { seen, real };
      await program.send({ op: 'tell', results: [{ id, value: seen }] });
    }
  } finally {
    program.end();
  }
  return best.real;
}
