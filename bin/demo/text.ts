import { TrialRecord } from '../../lambda/core/store/records';

const STATES: Record<TrialRecord['state'], string> = {
  QUEUED: 'waits',
  RUNNING: 'started',
  PAUSED: 'paused',
  COMPLETED: 'completed',
  STOPPED: 'stopped early',
  FAILED: 'failed',
};

export function stateText({ state, attempts }: TrialRecord): string {
  return state === 'RUNNING' && attempts.length > 1 ? `goes on (attempt ${attempts.length})` : STATES[state];
}

export function valueText({ value }: TrialRecord): string {
  return value === undefined ? '-' : value.toFixed(4);
}

export function configurationText({ configuration }: TrialRecord): string {
  return Object.entries(configuration)
    .map(([name, value]) => `${name}=${parameterText(value)}`)
    .join(' ');
}

export function parameterText(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(3))) : String(value);
}
