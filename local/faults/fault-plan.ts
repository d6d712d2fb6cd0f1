import { FAULTS, FAULT_NAMES, faultDefinition } from './fault-catalogue';
import type { FaultName } from './fault-catalogue';

/** A fault that is to happen, and when. */
export interface FaultPlan {
  readonly name: FaultName;
  /** The first matching call, or for a fault of jobs the first matching job, that it strikes; from 1. @default 1 */
  readonly call?: number;
  /** How many it strikes, from that one on; Infinity for all. @default 1 */
  readonly times?: number;
  /** Part of the name of the training job or the Batch job; for ListTrainingJobs of its NameContains. @default - any job */
  readonly job?: string;
  /** Part of the name of the Lambda function. @default - any step */
  readonly step?: string;
  /**
   * Seconds of training after which it strikes the program.
   *
   * @default - at the first line that the program prints, or after 60 seconds of training where it prints none
   */
  readonly afterSeconds?: number;
  /** How long a fault lasts that lasts: a start, what a stale answer is behind, a program that hangs. */
  readonly lastsSeconds?: number;
}

/** Throws an error that names what is wrong with a plan, and what to do. */
export function checkFaultPlan(plan: FaultPlan): void {
  const { name, call = 1, times = 1, job, step, afterSeconds, lastsSeconds } = plan;
  if (!Object.hasOwn(FAULTS, name)) {
    throw new Error(`faults: name is ${JSON.stringify(name)}; use one of ${FAULT_NAMES.join(', ')}.`);
  }
  const wrong = (property: string, value: unknown, fix: string) => {
    throw new Error(`faults: ${property} of ${name} is ${String(value)}; ${fix}.`);
  };
  const { point, whileTraining, lastsSeconds: defaultSeconds } = faultDefinition(name);
  if (!Number.isInteger(call) || call < 1) wrong('call', call, 'give an integer of at least 1');
  if (!(Number.isInteger(times) && times >= 1) && times !== Infinity) {
    wrong('times', times, 'give an integer of at least 1, or Infinity');
  }
  if (job !== undefined && point === 'step') wrong('job', job, 'leave it out: steps are selected by step');
  if (step !== undefined && point !== 'step') wrong('step', step, 'leave it out: only step-... faults have it');
  if (afterSeconds !== undefined) {
    if (!whileTraining) wrong('afterSeconds', afterSeconds, 'leave it out: this fault has its own moment');
    if (!(afterSeconds >= 0)) wrong('afterSeconds', afterSeconds, 'give a number of at least 0');
  }
  if (lastsSeconds !== undefined) {
    if (defaultSeconds === undefined && name !== 'program-hangs') {
      wrong('lastsSeconds', lastsSeconds, 'leave it out: this fault has no length');
    }
    if (!(lastsSeconds > 0)) wrong('lastsSeconds', lastsSeconds, 'give a number above 0');
  }
}

const NUMBERS = ['call', 'times', 'afterSeconds', 'lastsSeconds'];
const TEXTS = ['job', 'step'];

/** Reads `NAME` or `NAME,call=2,times=3,job=TEXT`, as the command line has it. */
export function parseFaultPlan(text: string): FaultPlan {
  const [name, ...parts] = text.split(',');
  const fields = parts.map((part): [string, string | number] => {
    const [field, value = ''] = part.split(/=(.*)/s);
    if (TEXTS.includes(field) && value !== '') return [field, value];
    if (NUMBERS.includes(field) && value !== '') return [field, Number(value)];
    throw new Error(
      `faults: ${JSON.stringify(part)} of ${name} is no field with a value; write it as ${[...NUMBERS, ...TEXTS].join('=..., ')}=...`,
    );
  });
  const plan = { ...Object.fromEntries(fields), name } as unknown as FaultPlan;
  checkFaultPlan(plan);
  return plan;
}
