import { Observation, Suggestion } from '../../lambda/core/search/search-algorithm';
import { SearchStudy, suggest } from '../../lambda/core/study/suggest';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { Configuration } from '../../lib/contract/search-space';
import { InitRequest, Reply, Request, TellResult, TrialId } from './protocol';
import { toStudy } from './study';

/**
 * One study behind the ask/tell protocol. Each ask goes through the very function that the Lambda step calls, with
 * nothing but the history.
 */
export class AskTellSession {
  private study: SearchStudy | undefined;
  private direction: 'minimize' | 'maximize' = 'minimize';
  private history: Observation[] = [];

  handle(request: Request): Reply {
    switch (request.op) {
      case 'init':
        return this.init(request);
      case 'ask':
        return { trials: Array.from({ length: request.n }, () => this.ask()) };
      case 'report':
        this.find(request.id);
        return { decision: 'continue' };
      case 'tell':
        request.results.forEach((result) => this.tell(result));
        return { ok: true };
      case 'bye':
        return { ok: true };
    }
  }

  private init(request: InitRequest): Reply {
    this.study = toStudy(request);
    this.direction = request.direction ?? 'minimize';
    this.history = [];
    return { ok: true, inject: true };
  }

  private ask(): { id: TrialId; config: Configuration } {
    const study = this.requireStudy();
    const trial = this.history.length + 1;
    const suggestion: Suggestion = suggest(study, trial, this.history);
    if ('exhausted' in suggestion) throw new Error(suggestion.exhausted);
    this.history.push({ trial, configuration: suggestion.configuration, status: 'pending' });
    return { id: trial, config: suggestion.configuration };
  }

  private tell(result: TellResult): void {
    const index = result.id === undefined ? this.inject(result.config) : this.find(result.id);
    const { trial, configuration } = this.history[index];
    const value = typeof result.value === 'number' ? result.value : NaN;
    this.history[index] = Number.isFinite(value)
      ? { trial, configuration, status: 'finished', losses: [this.direction === 'maximize' ? -value : value] }
      : { trial, configuration, status: 'failed' };
  }

  /** A result of a configuration that wasn't asked for. */
  private inject(configuration: Configuration | undefined): number {
    const space = new SearchSpace(this.requireStudy().tuner.searchSpace);
    if (configuration === undefined) throw new Error('a result needs an id, or a config of its own');
    const problems = space.problems(configuration);
    if (problems.length > 0) throw new Error(`config: ${problems.join('; ')}`);
    this.history.push({ trial: this.history.length + 1, configuration, status: 'pending' });
    return this.history.length - 1;
  }

  private find(id: TrialId): number {
    const index = Number(id) - 1;
    if (this.history[index] === undefined) throw new Error(`there is no trial with id ${JSON.stringify(id)}`);
    return index;
  }

  private requireStudy(): SearchStudy {
    if (this.study === undefined) throw new Error('the first request must be {"op":"init", ...}');
    return this.study;
  }
}
