import { StatesError } from '../errors';
import { Frame } from '../frame';

/** Fail: ends its branch with the error and cause given, either of which may be missing. */
export async function runFail(frame: Frame): Promise<never> {
  const error = await text(frame, 'Error');
  const cause = await text(frame, 'Cause');
  throw new StatesError(error, cause);
}

async function text(frame: Frame, field: 'Error' | 'Cause'): Promise<string | undefined> {
  const value = frame.state[field];
  if (value === undefined) return undefined;
  const result = await frame.evaluate(value, field);
  if (typeof result !== 'string') throw frame.typeError(value, field, 'string', result);
  return result;
}
