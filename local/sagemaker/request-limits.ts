import { RealClock } from '../clock';
import type { Clock } from '../clock';
import { ServiceError } from '../service';
import { RequestRate } from './request-rate';

/** Requests a second that the account lets through, by operation. */
export interface RequestRates {
  readonly create?: number;
  readonly stop?: number;
  readonly describe?: number;
  readonly list?: number;
}

const WALL = new RealClock();

/** The account's limits on how often an operation may be called. */
export class RequestLimits {
  private readonly rates: Partial<Record<keyof RequestRates, RequestRate>>;

  constructor(clock: Clock, rates: RequestRates) {
    const began = WALL.now();
    const own = () => clock.now();
    // a virtual clock stands still while a Lambda function works, and its client waits in real time before it tries again.
    const both = clock instanceof RealClock ? own : () => clock.now() + WALL.now() - began;
    const rate = (now: () => number, perSecond: number | undefined) =>
      perSecond === undefined ? undefined : new RequestRate(now, perSecond);
    this.rates = {
      // called by the state machine, which waits on the clock.
      create: rate(own, rates.create),
      stop: rate(both, rates.stop),
      describe: rate(both, rates.describe),
      list: rate(both, rates.list),
    };
  }

  /** Throws ThrottlingException when the request comes too early. */
  take(operation: keyof RequestRates): void {
    if (this.rates[operation]?.take() === false) throw throttled();
  }
}

export function throttled(): ServiceError {
  return new ServiceError('ThrottlingException', 'Rate exceeded');
}
