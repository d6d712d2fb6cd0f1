import { Observation } from '../../lambda/core/search/search-algorithm';
import { adaptConfiguration } from '../../lambda/core/space/adapt-configuration';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { ended, fewNotes } from '../../lambda/core/study/history';
import { metricNames } from '../../lambda/core/study/objective';
import { SearchStudy, suggest } from '../../lambda/core/study/suggest';
import { Configuration } from '../../lib/contract/search-space';
import { InitRequest, Reply, Request, TellResult, TrialId } from './protocol';
import { toStudy } from './study';

/** A study with what has happened in it so far. */
class Session {
  readonly space: SearchSpace;
  /** Names of the values that a result must have, the first objective's first. */
  readonly metrics: string[];
  /** Trials that were asked for; trial n at n - 1. */
  readonly trials: Observation[] = [];
  /** Results that were not asked for. */
  readonly known: Observation[] = [];

  constructor(readonly study: SearchStudy) {
    this.space = new SearchSpace(study.tuner.searchSpace);
    this.metrics = metricNames(study.tuner);
  }

  get history(): Observation[] {
    return [...this.known, ...this.trials];
  }
}

/**
 * Studies behind the ask/tell protocol, one after another. Each ask goes through the very function that the Lambda step
 * calls, with nothing but the history.
 */
export class AskTellSession {
  private session: Session | undefined;

  handle(request: Request): Reply {
    switch (request.op) {
      case 'init':
        return this.init(request);
      case 'ask':
        return this.ask(this.requireSession(), request.n ?? 1);
      case 'report':
        indexOf(this.requireSession(), request.id);
        return { decision: 'continue' };
      case 'tell':
        return this.tell(this.requireSession(), request.results);
      case 'bye':
        return { ok: true };
    }
  }

  private init(request: InitRequest): Reply {
    this.session = new Session(toStudy(request));
    return { ok: true, inject: true };
  }

  private ask(session: Session, n: number): Reply {
    const trials: { id: TrialId; config: Configuration }[] = [];
    for (let i = 0; i < n; i++) {
      const trial = session.trials.length + 1;
      const suggestion = suggest(session.study, trial, session.history);
      if ('exhausted' in suggestion) return { trials, exhausted: suggestion.exhausted };
      session.trials.push({ trial, configuration: suggestion.configuration, status: 'pending' });
      trials.push({ id: trial, config: suggestion.configuration });
    }
    return { trials };
  }

  /** All or nothing: the ids are looked at before anything is taken. */
  private tell(session: Session, results: TellResult[]): Reply {
    const places = results.map(({ id, config }, i) => {
      if ((id === undefined) === (config === undefined)) {
        throw new Error(`results[${i}] must have either an id or, for one that wasn't asked for, a config`);
      }
      return id === undefined ? undefined : indexOf(session, id);
    });
    const warnings = results.flatMap((result, i) => {
      const place = places[i];
      const metrics = metricsOf(session, result);
      if (place === undefined) return inject(session, result.config!, metrics, `results[${i}]`);
      const { trial, configuration } = session.trials[place];
      session.trials[place] = ended(session.study.tuner, trial, configuration, metrics);
      return missingMetrics(session, metrics, `results[${i}]`);
    });
    return warnings.length === 0 ? { ok: true } : { ok: true, warnings: fewNotes(warnings) };
  }

  private requireSession(): Session {
    if (this.session === undefined) throw new Error('the first request must be {"op":"init", ...}');
    return this.session;
  }
}

function indexOf({ trials }: Session, id: TrialId): number {
  const index = Number(id) - 1;
  if (trials[index] === undefined) throw new Error(`there is no trial with id ${JSON.stringify(id)}`);
  return index;
}

function metricsOf({ metrics: [first] }: Session, { value, values }: TellResult): Record<string, unknown> {
  return { ...(value !== undefined && { [first]: value }), ...values };
}

/** A name that is misspelt would make every trial a failed one. */
function missingMetrics({ metrics }: Session, values: Record<string, unknown>, what: string): string[] {
  const missing = metrics.filter((name) => !Object.hasOwn(values, name));
  return missing.length === 0 ? [] : [`${what} has no value of ${missing.join(', ')}`];
}

/** A result that wasn't asked for belongs to no trial. */
function inject(
  session: Session,
  config: Record<string, unknown>,
  metrics: Record<string, unknown>,
  what: string,
): string[] {
  const { configuration, notes } = adaptConfiguration(session.space, config);
  const warnings = notes.map((note) => `${what} was ${note}`);
  if (configuration === undefined) return warnings;
  session.known.push(ended(session.study.tuner, 0, configuration, metrics));
  return [...warnings, ...missingMetrics(session, metrics, what)];
}
