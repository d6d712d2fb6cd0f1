import { Configuration } from '../../../lib/contract/search-space';
import { SearchContext, Suggestion } from './search-algorithm';

/**
 * The first configuration drawn that no trial has had and that the constraints allow. When there is none in so many
 * attempts, the last one drawn: whoever asks has to replace it.
 *
 * @param draw is told how many were drawn before
 */
export function firstNew(
  { space, history }: SearchContext,
  attempts: number,
  draw: (attempt: number) => Configuration,
): Suggestion {
  // the first difference settles it, so this is far cheaper than the keys of a long history.
  const isTaken = (one: Configuration) =>
    history.some(({ configuration: other }) => space.parameters.every(({ name }) => one[name] === other[name]));
  let configuration = draw(0);
  for (let attempt = 1; attempt < attempts; attempt++) {
    if (!isTaken(configuration) && space.isAllowed(configuration)) break;
    configuration = draw(attempt);
  }
  return { configuration };
}
