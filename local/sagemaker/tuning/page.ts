import { validationError } from '../validate-request';

const DEFAULT_PAGE = 10;

/** One page of a list; a page's token is the number of entries before it. */
export function page<T>(operation: string, all: readonly T[], { NextToken, MaxResults }: Record<string, unknown>) {
  const start = NextToken === undefined ? 0 : Number(NextToken);
  if (!Number.isSafeInteger(start) || start < 0) {
    throw validationError(`NextToken ${JSON.stringify(NextToken)} is not one that ${operation} answered.`);
  }
  const end = start + ((MaxResults as number | undefined) ?? DEFAULT_PAGE);
  return { entries: all.slice(start, end), next: end < all.length ? { NextToken: String(end) } : {} };
}

/** Sorts by a key, and by a name where keys are the same. */
export function sorted<T>(
  all: readonly T[],
  { SortOrder }: Record<string, unknown>,
  key: (entry: T) => string | number,
  name: (entry: T) => string,
): T[] {
  const direction = SortOrder === 'Descending' ? -1 : 1;
  const compare = <K extends string | number>(a: K, b: K) => (a === b ? 0 : a < b ? -direction : direction);
  return [...all].sort((left, right) => compare(key(left), key(right)) || compare(name(left), name(right)));
}
