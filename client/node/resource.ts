import { shown, tellOnce } from './tell';

/** So close to a rung counts as that rung: powers of a factor are not exact. */
const TOLERANCE = 1e-9;
const NUMBER = /^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

/** Up to where the training goes by itself, if it has told us. */
let wanted: number | undefined;

export function checkResource(resource: unknown): void {
  if (typeof resource !== 'number') {
    throw new TypeError(`resource must be a number (epoch, step), got ${shown(resource)}`);
  }
  if (!(resource > 0) || resource === Infinity) {
    throw new RangeError(`resource must be a positive number, got ${resource}: count epochs and steps from 1`);
  }
}

/**
 * Up to which resource (epoch, step) this attempt should train: `byDefault`, or less if the study wants less for now.
 * When less is wanted, the `report` that reaches it ends the attempt, and a later one may go on.
 *
 * @param byDefault what the training comes to by itself, in the unit that it reports; a whole number gives a whole number
 */
export function maxResource(byDefault: number): number {
  if (typeof byDefault !== 'number') {
    throw new TypeError(`the default of maxResource must be a number (epochs, steps), got ${shown(byDefault)}`);
  }
  if (!(byDefault > 0)) {
    throw new RangeError(`the default of maxResource must be a positive number, got ${byDefault}`);
  }
  wanted = byDefault;
  const maximum = attemptMaximum();
  if (maximum === undefined || maximum >= byDefault) {
    return byDefault;
  }
  // the first whole epoch at or beyond a maximum such as 2.5 reaches it.
  return Number.isInteger(byDefault) ? Math.ceil(maximum * (1 - TOLERANCE)) : maximum;
}

/** What the study lets this attempt train up to; undefined: to its end. */
export function attemptMaximum(): number | undefined {
  const text = process.env.CDK_HPO_MAX_RESOURCE;
  if (!text) {
    return undefined;
  }
  const value = NUMBER.test(text) ? Number(text) : NaN;
  if (!(value > 0) || value === Infinity) {
    tellOnce(`CDK_HPO_MAX_RESOURCE must be a positive number, got ${shown(text)}: it is left out`);
    return undefined;
  }
  return value;
}

/**
 * Whether the attempt is over at this resource, though the training would go on.
 *
 * @param mayGoOn whether the study has just said so: then this is the last rung, where a training that asked for the maximum
 *   ends in its own way, with its model
 */
export function reachesMaximum(resource: number, mayGoOn: boolean): boolean {
  const maximum = attemptMaximum();
  if (maximum === undefined || resource < maximum * (1 - TOLERANCE)) return false;
  return wanted === undefined || !(mayGoOn || wanted * (1 - TOLERANCE) <= maximum);
}
