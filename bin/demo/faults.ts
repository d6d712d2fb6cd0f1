import { FAULT_NAMES, FaultPlan, FaultPoint, FaultStrike, faultDefinition } from '../../local/faults';

/** Lengths that would keep the demo waiting for half an hour. */
const DEMO_SECONDS: Partial<Record<FaultPlan['name'], number>> = {
  'slow-start': 15,
  'program-hangs': 20,
  'end-seen-late': 10,
};

/** The names of all faults, with what they do. */
export function faultTable(): string {
  const width = Math.max(...FAULT_NAMES.map((name) => name.length));
  const lines = FAULT_NAMES.map((name) => `${name.padEnd(width)}  ${faultDefinition(name).description}`);
  return [
    ...lines,
    '',
    'After the name, with commas: call=N, the first matching call or job, from 1; times=N, how many; job=TEXT, part of',
    "the training job's name; step=TEXT, part of the Lambda function's name; afterSeconds=N, when it strikes a program that",
    'runs; lastsSeconds=N, how long it lasts. Such as: --fault step-crashed,step=RecordTrial,call=2',
  ].join('\n');
}

/** A fault that lasts, in a length that fits the demo; what the command line says goes first. */
export function sizedForDemo(plan: FaultPlan): FaultPlan {
  const lastsSeconds = plan.lastsSeconds ?? DEMO_SECONDS[plan.name];
  return lastsSeconds === undefined ? plan : { ...plan, lastsSeconds };
}

export function strikeText({ name, subject, description }: FaultStrike): string {
  const where = subject.step ?? subject.job;
  return `fault ${name}${where ? ` (${where})` : ''}: ${description}`;
}

export function printUnused(plans: readonly FaultPlan[], print: (text: string) => void): void {
  for (const { name } of plans) {
    const { needs, point } = faultDefinition(name);
    const reason = (needs && NEEDS[needs]) ?? POINTS[point] ?? 'the study came to no such call or job';
    print(`The fault ${name} did not happen: ${reason}.`);
  }
}

const NEEDS = {
  managedSpot: 'none of its training jobs ran on managed spot',
  checkpoints: 'none of its training jobs kept checkpoints',
};

const POINTS: Partial<Record<FaultPoint, string>> = {
  'task-failed': 'none of its training jobs failed; add --fault program-error',
  'task-stopped': 'none of its training jobs ended Stopped; add --fault stopped-by-person',
  stop: 'nothing had to be stopped from outside',
  describe: 'nothing had to be looked up',
  list: 'nothing had to be looked up',
};
