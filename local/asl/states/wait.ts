import { Frame } from '../frame';
import { parseTimestamp } from '../timestamp';

/** The longest Wait that AWS takes. */
const MAX_SECONDS = 99_999_999;

/** Wait: for Seconds, or until Timestamp. */
export async function runWait(frame: Frame): Promise<void> {
  const { state, level } = frame;
  const { clock } = level.execution.host;
  if (state.Timestamp !== undefined) {
    const text = await frame.evaluate(state.Timestamp, 'Timestamp');
    if (typeof text !== 'string') throw frame.typeError(state.Timestamp, 'Timestamp', 'string', text);
    const until = parseTimestamp(text);
    if (until === undefined) {
      throw frame.evaluationError(
        `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
        'Timestamp',
      );
    }
    if (until > clock.now()) await clock.sleep(until - clock.now(), level.signal);
    return;
  }
  const seconds = (await frame.number(state.Seconds, 'Seconds')) ?? 0;
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_SECONDS) {
    throw frame.evaluationError(
      `The Seconds field must be a whole number between 0 and ${MAX_SECONDS} but was: ${seconds}`,
      'Seconds',
    );
  }
  if (seconds > 0) await clock.sleep(seconds * 1000, level.signal);
}
