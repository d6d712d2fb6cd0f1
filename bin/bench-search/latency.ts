import { Purpose, Random } from '../../lambda/core/random/random';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { Configuration } from '../../lib/contract/search-space';
import { InitRequest, ProtocolParameter } from '../ask-tell/protocol';
import { toStudy } from '../ask-tell/study';
import { AskTellProcess, Asked } from './ask-tell-process';

export interface LatencyOptions {
  /** Path of the bundled ask/tell program. */
  readonly askTell: string;
  readonly algo: string;
  /** How many trials are told before. */
  readonly trials: number;
  readonly suggestions: number;
  /** With more than 1, the suggestions stay without a result: all of them run at the same time. */
  readonly parallel: number;
}

/** Seven parameters of all kinds, as a network's training has them. */
const PARAMETERS: ProtocolParameter[] = [
  { name: 'learning_rate', type: 'float', low: 1e-5, high: 1e-1, log: true },
  { name: 'momentum', type: 'float', low: 0.5, high: 0.999, reverseLog: true },
  { name: 'dropout', type: 'float', low: 0, high: 0.8 },
  { name: 'units', type: 'int', low: 8, high: 1024, log: true },
  { name: 'layers', type: 'int', low: 1, high: 8 },
  { name: 'batch_size', type: 'ordinal', choices: [16, 32, 64, 128, 256] },
  { name: 'activation', type: 'cat', choices: ['relu', 'gelu', 'tanh', 'elu'] },
];

/** Prints how long ask and tell take together after so many trials, and the program's peak memory. */
export async function printLatency({ askTell, algo, trials, suggestions, parallel }: LatencyOptions): Promise<void> {
  const init: InitRequest = {
    op: 'init',
    algo,
    space: { params: PARAMETERS },
    seed: 1,
    budget: { evals: trials + suggestions, parallel },
  };
  const space = new SearchSpace(toStudy(init).tuner.searchSpace);
  const random = new Random(1, 0, Purpose.SEARCH);
  const known = Array.from({ length: trials }, () => space.decode(random.point(space.dimension)));

  const program = new AskTellProcess(askTell);
  const times: number[] = [];
  try {
    await program.send(init);
    await program.send({ op: 'tell', results: known.map((config) => ({ config, value: lossOf(space, config) })) });
    const cpuBefore = program.cpuTime();
    for (let i = 0; i < suggestions; i++) {
      const { reply, ms } = await program.send<Asked>({ op: 'ask', n: 1 });
      const [suggested] = reply.trials;
      if (suggested === undefined) throw new Error(`the search ended: ${reply.exhausted}`);
      const result = { id: suggested.id, value: lossOf(space, suggested.config) };
      times.push(ms + (parallel > 1 ? 0 : (await program.send({ op: 'tell', results: [result] })).ms));
    }
    const cpu = cpuBefore === undefined ? undefined : (program.cpuTime()! - cpuBefore) / suggestions;
    console.log(
      `${algo}, ${trials} trials before, ${suggestions} suggestions ${parallel > 1 ? 'that all run' : 'one by one'}: ` +
        `first ${rounded(times[0])} ms, median ${rounded(median(times))} ms, maximum ${rounded(Math.max(...times))} ms; ` +
        `mean processor time ${rounded(cpu)} ms; peak memory ${rounded(program.peakMemory())} MB` +
        (program.onOneCore ? '' : ' (not held to one core: there is no taskset)'),
    );
  } finally {
    program.end();
  }
}

/** A bowl with a ripple and an interaction, in the unit cube; each parameter counts less than the one before. */
function lossOf(space: SearchSpace, configuration: Configuration): number {
  const u = space.encode(configuration).map((coordinate) => coordinate ?? 0.5);
  const bowl = u.reduce((sum, x, i) => sum + (x - 0.3 - 0.06 * i) ** 2 / (i + 1), 0);
  return bowl + 0.05 * Math.cos(9 * u[0]) + 0.3 * (u[0] - 0.4) * (u[3] - 0.5);
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

const rounded = (value: number | undefined) => (value === undefined ? 'unknown' : value.toFixed(0));
