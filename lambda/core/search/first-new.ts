import { Configuration } from '../../../lib/contract/search-space';
import { isNew } from './newness';
import { SearchContext, Suggestion } from './search-algorithm';

/**
 * The first configuration drawn that no trial has had and that the constraints allow. When there is none in so many
 * attempts, the last one drawn: whoever asks has to replace it.
 *
 * @param draw is told how many were drawn before
 */
export function firstNew(
  context: SearchContext,
  attempts: number,
  draw: (attempt: number) => Configuration,
): Suggestion {
  let configuration = draw(0);
  for (let attempt = 1; attempt < attempts; attempt++) {
    if (isNew(context, configuration)) break;
    configuration = draw(attempt);
  }
  return { configuration };
}
