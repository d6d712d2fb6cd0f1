import { Configuration } from '../../../lib/contract/search-space';
import { ItemTable } from './item-table';
import { SUGGESTIONS_KEY } from './keys';
import { putItem } from './put-item';
import { Versioned } from './records';

/** Configuration of a trial that doesn't exist yet. */
export interface PreparedSuggestion {
  readonly trial: number;
  readonly configuration: Configuration;
}

/** What the search has worked out before anybody asks. */
export interface SuggestionsRecord extends Versioned {
  /** The study's run: with another one its tuner may have changed. */
  readonly run: number;
  /** In order of their numbers, which have no gaps. */
  readonly suggestions: readonly PreparedSuggestion[];
  /** Who works out more of them; nobody else does until then. */
  readonly preparing?: { readonly by: string; readonly until: string };
}

/** Suggestions of a study that wait for their trials. */
export class SuggestionStore {
  constructor(private readonly table: ItemTable) {}

  async get(study: string): Promise<SuggestionsRecord | undefined> {
    return (await this.table.get(study, SUGGESTIONS_KEY)) as SuggestionsRecord | undefined;
  }

  /** @param change undefined leaves it as it is */
  async change(
    study: string,
    change: (before: SuggestionsRecord | undefined) => Omit<SuggestionsRecord, 'version'> | undefined,
  ): Promise<void> {
    return putItem<SuggestionsRecord>(this.table, study, SUGGESTIONS_KEY, change);
  }
}
