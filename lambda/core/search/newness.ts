import { Configuration } from '../../../lib/contract/search-space';
import { SearchContext } from './search-algorithm';

interface Known extends Pick<SearchContext, 'space'> {
  /** Trials or observations: what counts is what they tried. */
  readonly history: readonly { readonly configuration: Configuration }[];
}

/**
 * Whether no trial has had a configuration and the constraints allow it. For a few questions: the first difference settles
 * a comparison, so this is far cheaper than the keys of a long history.
 */
export function isNew({ space, history }: Known, configuration: Configuration): boolean {
  return (
    !history.some(({ configuration: other }) =>
      space.parameters.every(({ name }) => configuration[name] === other[name]),
    ) && space.isAllowed(configuration)
  );
}

/** The same for many questions. */
export function newnessTest({ space, history }: Known): (configuration: Configuration) => boolean {
  const taken = new Set(history.map(({ configuration }) => space.key(configuration)));
  return (configuration) => !taken.has(space.key(configuration)) && space.isAllowed(configuration);
}
