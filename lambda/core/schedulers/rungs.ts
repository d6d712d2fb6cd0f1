import { RungsDefinition } from '../../../lib/contract/tuner-definition';

/** So close to a rung counts as that rung: powers of a factor aren't exact. */
const TOLERANCE = 1e-9;

/** The rungs r, r·η, r·η², ... below the maximum resource, and it itself, ascending. */
export function rungLevels({ minResource, maxResource, reductionFactor }: RungsDefinition): number[] {
  const levels: number[] = [];
  for (let level = minResource; level < maxResource * (1 - TOLERANCE); level *= reductionFactor) levels.push(level);
  return [...levels, maxResource];
}

/** The highest rung between two resources, the upper one included. */
export function rungBetween(levels: readonly number[], after: number, upTo: number): number | undefined {
  return levels.filter((level) => level > after && level <= upTo * (1 + TOLERANCE)).at(-1);
}
