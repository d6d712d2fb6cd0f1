import { ServiceError } from '../service';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

/** One page; the token names the last item of the page before, so that items which come meanwhile shift nothing. */
export function page<T>(
  items: readonly T[],
  key: (item: T) => string,
  size: number,
  token: string | undefined,
): Page<T> {
  let from = 0;
  if (token !== undefined) {
    const last = Buffer.from(token, 'base64url').toString('utf8');
    from = items.findIndex((item) => key(item) === last) + 1;
    if (from === 0) throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
  const shown = items.slice(from, from + size);
  if (from + size >= items.length) return { items: shown };
  return { items: shown, nextToken: Buffer.from(key(shown[shown.length - 1]), 'utf8').toString('base64url') };
}
