import * as path from 'node:path';
import Table from 'cli-table3';
import { StudyResult } from '../../lib/contract/calls';
import { TrialRecord } from '../../lambda/core/store/records';
import { Way } from '../digits-ways';
import { parameterText, stateText, valueText } from './text';

type Print = (text: string) => void;

export function printSummary(result: StudyResult, trials: TrialRecord[], way: Way, print: Print): void {
  print('');
  print(trialTable(trials));
  const { total, completed, stoppedEarly, failed } = result.trials;
  print(`${total} trials: ${completed} completed, ${stoppedEarly} stopped early, ${failed} failed. ${result.reason}.`);
  for (const { trial, class: kind, message, advice } of result.failures?.trials ?? []) {
    print(`  trial ${trial} failed (${kind}): ${message}. What to do: ${advice}`);
  }
  for (const note of result.notes ?? []) print(`  Note: ${note}`);
  const { best } = result;
  if (best === null) return;

  print('');
  print(`Best: trial ${best.trial}, ${result.objective.metric} ${best.value}`);
  for (const [name, value] of Object.entries(best.hyperparameters)) print(`  ${name}: ${value}`);
  const first = trials[0];
  // automatic model tuning begins with what it draws.
  if (first?.value !== undefined && way !== 'managed-tuning') {
    const epochs = first.lastResource === undefined ? '' : ` after ${first.lastResource} epochs`;
    print(`The default configuration (trial 1) reached ${first.value}${epochs}.`);
  }
}

export function printHowToSeeMore(result: StudyResult, folder: string, way: Way, print: Print): void {
  const at = (...parts: string[]) => path.relative(process.cwd(), path.join(folder, ...parts));
  print('');
  print('To see more:');
  const jobs = at('state', way === 'batch' ? 'batch-jobs' : 'training-jobs');
  print(`  logs, models and checkpoints of the training jobs   ${jobs} and ${at('state', 's3')}`);
  print(`  each step of the state machine                      ${at('state', 'executions')}`);
  print(`  the CloudFormation template                         ${at('cdk.out', 'CdkHpoDigits.template.json')}`);
  print(
    `  run more trials of this study                       ${demoCommand(way)} --study ${result.study} --trials ${result.trials.total + 12}`,
  );
  const context = way === 'training-jobs' ? '' : ` -c way=${way}`;
  print(`  the same on AWS                                      npx cdk deploy${context} (see README.md)`);
}

/** What to type to run the demo in this way. */
export function demoCommand(way: Way): string {
  return way === 'training-jobs' ? 'npm run demo --' : `npm run demo -- --way ${way}`;
}

function trialTable(trials: TrialRecord[]): string {
  const names = [...new Set(trials.flatMap(({ configuration }) => Object.keys(configuration)))];
  const table = new Table({
    head: ['trial', 'state', 'epochs', 'value', ...names],
    style: { head: [], border: [], compact: true },
    colAligns: ['right', 'left', 'right', 'right', ...names.map(() => 'right' as const)],
  });
  const rank = (trial: TrialRecord) => trial.value ?? -Infinity;
  for (const trial of [...trials].sort((a, b) => rank(b) - rank(a))) {
    table.push([
      trial.trial,
      stateText(trial),
      trial.lastResource ?? '-',
      valueText(trial),
      ...names.map((name) => (name in trial.configuration ? parameterText(trial.configuration[name]) : '-')),
    ]);
  }
  return table.toString();
}
