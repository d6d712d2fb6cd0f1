import { faultDefinition } from './fault-catalogue';
import type { FaultName, FaultPoint } from './fault-catalogue';
import { checkFaultPlan } from './fault-plan';
import type { FaultPlan } from './fault-plan';

/** What a call or a job is, as far as plans select by it. */
export interface FaultSubject {
  /** Name of the training job or the Batch job. */
  readonly job?: string;
  /** Name of the Lambda function. */
  readonly step?: string;
  readonly managedSpot?: boolean;
  readonly checkpoints?: boolean;
}

/** A fault that strikes now. */
export interface DueFault {
  readonly name: FaultName;
  readonly afterSeconds?: number;
  readonly lastsSeconds?: number;
  /** Says that it strikes: at once for most, at its moment for one of a running program. */
  readonly announce: () => void;
}

/** Told when a fault strikes. */
export interface FaultStrike {
  readonly name: FaultName;
  readonly description: string;
  readonly subject: FaultSubject;
}

interface Counted {
  readonly plan: FaultPlan;
  seen: number;
  struck: number;
}

/** Decides by counting which calls and jobs the planned faults strike: the same calls in the same order, the same faults. */
export class FaultInjector {
  private readonly planned: readonly Counted[];

  constructor(
    plans: readonly FaultPlan[] = [],
    private readonly onStrike?: (strike: FaultStrike) => void,
  ) {
    plans.forEach(checkFaultPlan);
    this.planned = plans.map((plan) => ({ plan, seen: 0, struck: 0 }));
  }

  /** The fault of a call. When several are due, the others wait for the next call that matches. */
  next(point: FaultPoint, subject: FaultSubject): DueFault | undefined {
    return this.strike(this.due(point, subject).slice(0, 1), subject)[0];
  }

  /** All faults of a job. */
  all(point: FaultPoint, subject: FaultSubject): DueFault[] {
    return this.strike(this.due(point, subject), subject);
  }

  /** The plans that have not struck at all. */
  unused(): FaultPlan[] {
    return this.planned.filter(({ struck }) => struck === 0).map(({ plan }) => plan);
  }

  private due(point: FaultPoint, subject: FaultSubject): Counted[] {
    const matching = this.planned.filter(({ plan }) => matches(plan, point, subject));
    for (const counted of matching) counted.seen++;
    return matching.filter(({ plan, seen, struck }) => seen >= (plan.call ?? 1) && struck < (plan.times ?? 1));
  }

  private strike(due: readonly Counted[], subject: FaultSubject): DueFault[] {
    return due.map((counted) => {
      counted.struck++;
      const { name, afterSeconds, lastsSeconds } = counted.plan;
      const definition = faultDefinition(name);
      const announce = () => this.onStrike?.({ name, description: definition.description, subject });
      if (!definition.whileTraining) announce();
      return { name, afterSeconds, lastsSeconds: lastsSeconds ?? definition.lastsSeconds, announce };
    });
  }
}

function matches({ name, job, step }: FaultPlan, point: FaultPoint, subject: FaultSubject): boolean {
  const definition = faultDefinition(name);
  return (
    definition.point === point &&
    (job === undefined || (subject.job ?? '').includes(job)) &&
    (step === undefined || (subject.step ?? '').includes(step)) &&
    (definition.needs === undefined || subject[definition.needs] === true)
  );
}
