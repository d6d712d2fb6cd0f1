import {
  ObjectiveDefinition,
  OutcomeConstraintDefinition,
  TunerDefinition,
} from '../../../lib/contract/tuner-definition';
import { TrialRecord } from '../store/records';

/** What of a tuner says which trial is better. */
export type Goals = Pick<TunerDefinition, 'objective' | 'additionalObjectives' | 'outcomeConstraints'>;

/** Values of metrics by name; anything but a finite number is as good as missing. */
export type MetricValues = Readonly<Record<string, unknown>>;

/** Search and schedulers minimize; a loss is the value with the sign turned where the objective is maximized. */
export function lossOf(objective: ObjectiveDefinition, value: number): number {
  return objective.direction === 'maximize' ? -value : value;
}

/** All objectives, the primary one first. */
export function objectivesOf({ objective, additionalObjectives }: Goals): ObjectiveDefinition[] {
  return [objective, ...additionalObjectives];
}

/** Every metric that a trial must report, once. */
export function metricNames(goals: Goals): string[] {
  return [...new Set([...objectivesOf(goals), ...goals.outcomeConstraints].map(({ metric }) => metric))];
}

/** One loss for each objective, or undefined if one of them isn't known. */
export function lossesOf(goals: Goals, metrics: MetricValues): number[] | undefined {
  const losses = objectivesOf(goals).map((objective) => {
    const value = finiteValue(metrics, objective.metric);
    return value === undefined ? undefined : lossOf(objective, value);
  });
  return losses.every((loss) => loss !== undefined) ? losses : undefined;
}

/** Worse than any, and a number that the table can hold. */
const UNKNOWN_LOSS = 1e125;

/** One loss for each objective at a report; those that are measured only now and then count as the worst until then. */
export function lossesSoFar(goals: Goals, metrics: MetricValues): number[] {
  return objectivesOf(goals).map((objective) => {
    const value = finiteValue(metrics, objective.metric);
    return value === undefined ? UNKNOWN_LOSS : lossOf(objective, value);
  });
}

/** By how much each outcome constraint is missed; one whose metric isn't known yet counts as met. */
export function violationsSoFar({ outcomeConstraints }: Goals, metrics: MetricValues): number[] {
  return outcomeConstraints.map((constraint) => excessOf(constraint, metrics) ?? 0);
}

/** By how much the metric is outside of the bound; 0 or less where it is within, undefined where it isn't known. */
export function excessOf({ metric, relation, bound }: OutcomeConstraintDefinition, metrics: MetricValues) {
  const value = finiteValue(metrics, metric);
  if (value === undefined) return undefined;
  return relation === 'atMost' ? value - bound : bound - value;
}

/** What the trial is judged by: its last report, with the objective's last finite value. */
export function metricsOf({ objective }: Goals, { metrics, value }: TrialRecord): MetricValues {
  return { ...metrics, ...(value !== undefined && { [objective.metric]: value }) };
}

/** The outcome constraints that the metrics don't meet, as sentences; a metric that isn't known meets none. */
export function unmetConstraints({ outcomeConstraints }: Goals, metrics: MetricValues): string[] {
  return outcomeConstraints
    .filter((constraint) => !((excessOf(constraint, metrics) ?? Infinity) <= 0))
    .map(({ metric, relation, bound }) => {
      const value = finiteValue(metrics, metric);
      const allowed = `it must be ${relation === 'atMost' ? 'at most' : 'at least'} ${bound}`;
      return value === undefined ? `${metric} is not known, ${allowed}` : `${metric} is ${value}, ${allowed}`;
    });
}

function finiteValue(metrics: MetricValues, name: string): number | undefined {
  const value = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
