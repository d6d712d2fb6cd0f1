import { createScheduler } from '../../lambda/core/schedulers/create-scheduler';
import { observationsAt } from '../../lambda/core/schedulers/fidelity-history';
import { NextStep, ScheduledTrial, Scheduler } from '../../lambda/core/schedulers/scheduler';
import { Observation } from '../../lambda/core/search/search-algorithm';
import { adaptConfiguration } from '../../lambda/core/space/adapt-configuration';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { ended, fewNotes } from '../../lambda/core/study/history';
import { lossesOf, metricNames } from '../../lambda/core/study/objective';
import { maxResourceOf } from '../../lambda/core/study/scheduled-trials';
import { suggest } from '../../lambda/core/study/suggest';
import { Configuration } from '../../lib/contract/search-space';
import { AskedTrial, InitRequest, Reply, ReportRequest, Request, TellResult, TrialId } from './protocol';
import { AskTellStudy, toStudy } from './study';
import { Trial } from './trial';

/** A study with what has happened in it so far. */
class Session {
  readonly space: SearchSpace;
  readonly scheduler: Scheduler;
  /** Names of the values that a result must have, the first objective's first. */
  readonly metrics: string[];
  /** Trials that were asked for; trial n at n - 1. */
  readonly trials: Trial[] = [];
  /** Results that were not asked for. */
  readonly known: Observation[] = [];

  constructor(readonly study: AskTellStudy) {
    this.space = new SearchSpace(study.tuner.searchSpace, study.tuner.parameterConstraints);
    this.scheduler = createScheduler(study.scheduler);
    this.metrics = metricNames(study.tuner);
  }

  get history(): Observation[] {
    const { study, trials, space } = this;
    return [
      ...this.known,
      // the Lambda's rule, see historyOf.
      ...(maxResourceOf(study.scheduler) === undefined
        ? trials.map((trial) => trial.toObservation(study.tuner))
        : observationsAt(
            trials.map((trial) => trial.toScheduled()),
            space.dimension,
          )),
    ];
  }

  /** Whoever asks can't wait: if the scheduler would, the step that it takes without the trials that still run. */
  nextStep(): NextStep {
    const trials = this.trials.map((trial) => trial.toScheduled());
    const step = this.nextAfter(trials);
    return step.action === 'wait'
      ? this.nextAfter(
          trials.map((trial) => (trial.state === 'running' ? { ...trial, state: 'ended', failed: true } : trial)),
        )
      : step;
  }

  private nextAfter(trials: readonly ScheduledTrial[]): NextStep {
    const { tuner, seed, maxTrials, startUp } = this.study;
    return this.scheduler.next({
      space: this.space,
      seed,
      trials,
      objectives: 1 + tuner.additionalObjectives.length,
      maxTrials,
      maxParallelTrials: tuner.maxParallelTrials,
      startUp,
    });
  }
}

/**
 * Studies behind the ask/tell protocol, one after another. Each ask goes through the very functions that the Lambda step
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
        return this.report(this.requireSession(), request);
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
    const asked: AskedTrial[] = [];
    for (let i = 0; i < n; i++) {
      const trial = askOne(session);
      if (typeof trial === 'string') return { trials: asked, exhausted: trial };
      const { trial: id, configuration: config, target: until, parent } = trial;
      asked.push({ id, config, ...(until !== undefined && { until }), ...(parent !== undefined && { parent }) });
    }
    return { trials: asked };
  }

  private report(session: Session, request: ReportRequest): Reply {
    const trial = session.trials[indexOf(session, request.id)];
    const { step } = request;
    if (trial.state !== 'running') throw new Error(`trial ${trial.trial} isn't running: ask for it first`);
    if (step <= trial.resource)
      throw new Error(`step must grow from report to report, got ${step} after ${trial.resource}`);
    trial.decision = decide(session, trial, step, metricsOf(session, request));
    return { decision: trial.decision };
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
      const trial = session.trials[place];
      close(session, trial, result, metrics);
      return missingMetrics(session, trial.metrics, `results[${i}]`);
    });
    return warnings.length === 0 ? { ok: true } : { ok: true, warnings: fewNotes(warnings) };
  }

  private requireSession(): Session {
    if (this.session === undefined) throw new Error('the first request must be {"op":"init", ...}');
    return this.session;
  }
}

/** What a free worker does next, or why there is nothing. */
function askOne(session: Session): Trial | string {
  const step = session.nextStep();
  switch (step.action) {
    case 'resume': {
      const trial = session.trials[step.trial - 1];
      trial.state = 'running';
      trial.decision = 'continue';
      trial.target = step.target;
      return trial;
    }
    case 'branch':
      session.trials[step.replaces - 1].state = 'ended';
      return add(session, step.configuration, 0, step.target, step);
    case 'start':
      return start(session, step);
    // whoever asks has a free worker now: a further trial is better than nothing.
    case 'wait':
    case 'none':
      return start(session, {});
  }
}

function start(
  session: Session,
  { configuration, bracket = 0, target }: { configuration?: Configuration; bracket?: number; target?: number },
): Trial | string {
  if (configuration !== undefined) return add(session, configuration, bracket, target);
  const suggestion = suggest(session.study, session.trials.length + 1, session.history);
  return 'exhausted' in suggestion ? suggestion.exhausted : add(session, suggestion.configuration, bracket, target);
}

function add(
  session: Session,
  configuration: Configuration,
  bracket: number,
  target?: number,
  { parent, replaces }: { readonly parent?: number; readonly replaces?: number } = {},
): Trial {
  const trial = new Trial(session.trials.length + 1, configuration, bracket, target, parent, replaces);
  session.trials.push(trial);
  return trial;
}

function decide(session: Session, trial: Trial, resource: number, metrics: Record<string, unknown>) {
  const { scheduler, study, trials } = session;
  const report = trial.report(study.tuner, scheduler, resource, metrics);
  const { rung, losses } = report.point;
  if (!losses.every(Number.isFinite)) return 'stop';
  const peers =
    rung === undefined || !scheduler.comparesAtRungs
      ? []
      : trials.flatMap((other) => (other === trial ? [] : (other.peerAt(rung) ?? [])));
  return scheduler.decide(report, peers).decision;
}

/** The end of an attempt: the trial waits, or has ended. */
function close(session: Session, trial: Trial, { step, status }: TellResult, metrics: Record<string, unknown>): void {
  if (step !== undefined && step > trial.resource && session.study.scheduler.name !== 'none') {
    trial.decision = decide(session, trial, step, metrics);
  }
  trial.metrics = { ...trial.reported, ...metrics };
  trial.failed = lossesOf(session.study.tuner, trial.metrics) === undefined;
  const waits = status === 'paused' || (status === undefined && trial.decision === 'pause');
  trial.state = waits && !trial.failed ? 'paused' : 'ended';
}

function indexOf({ trials }: Session, id: TrialId): number {
  const index = Number(id) - 1;
  if (trials[index] === undefined) throw new Error(`there is no trial with id ${JSON.stringify(id)}`);
  return index;
}

function metricsOf(
  { metrics: [first] }: Session,
  { value, values }: Pick<TellResult, 'value' | 'values'>,
): Record<string, unknown> {
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
