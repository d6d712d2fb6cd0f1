import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { StudyResult } from '../../lib/contract/calls';
import { TrialRecord, hasEnded } from '../../lambda/core/store/records';
import { synthesizeSmallStudy, temporaryFolder } from './small-study';

const KILLS = 10;
const TRIALS = 14;

interface Finding {
  readonly start?: TrialRecord[];
  readonly end?: TrialRecord[];
  readonly status?: string;
  readonly cause?: string;
  readonly result?: StudyResult;
}

/** Appends a line whenever a trial has trained to its end. */
const PROGRAM = (log: string) => `
import { appendFileSync } from 'node:fs';
import { hyperparameters, report } from './cdk-hpo.mjs';
const { learning_rate } = hyperparameters();
for (let epoch = 1; epoch <= 5; epoch++) {
  await new Promise((resolve) => setTimeout(resolve, 250));
  await report(epoch, { quality: learning_rate + epoch });
}
appendFileSync(${JSON.stringify(log)}, process.env.CDK_HPO_TRIAL + '\\n');
`;

/** Runs the driver; with a time, kills it that many milliseconds after the study has begun. */
async function run(folder: string, killAfter?: number): Promise<Finding[]> {
  const driver = path.join(__dirname, 'resume-driver.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', driver, folder], {
    cwd: path.join(__dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    if (output === '' && killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  if (killAfter === undefined && errors !== '') console.error(errors);
  return output
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Finding);
}

test(`a study that is killed at ${KILLS} random moments loses no trial, and runs and counts none twice`, async () => {
  // GIVEN
  const folder = temporaryFolder();
  const log = path.join(folder, 'finished.log');
  synthesizeSmallStudy({ program: PROGRAM(log), tuner: { maxTrials: TRIALS, maxParallelTrials: 4 } }, folder);

  // WHEN
  const before: TrialRecord[][] = [];
  const moments: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    moments.push(Math.round(Math.random() * 3500));
    const [first] = await run(folder, moments[kill]);
    before.push(first?.start ?? []);
  }
  const [found, last] = await run(folder);
  before.push(found.start!);

  // THEN
  const context = `killed after ${moments.join(', ')} ms`;
  expect([context, last.status, last.cause]).toEqual([context, 'SUCCEEDED', undefined]);
  expect(last.result!.trials).toEqual({ total: TRIALS, completed: TRIALS, stoppedEarly: 0, failed: 0, unfinished: 0 });
  const trials = last.end!;
  expect(trials.map(({ trial }) => trial)).toEqual(Array.from({ length: TRIALS }, (_, i) => i + 1));
  for (const seen of before) {
    for (const trial of seen.filter(hasEnded)) {
      // what had ended is untouched: not run again, not even written again.
      expect([context, trials[trial.trial - 1]]).toEqual([context, trial]);
    }
  }
  for (const { attempts } of trials) {
    expect(attempts.filter(({ outcome }) => outcome?.status === 'Completed')).toHaveLength(1);
  }
  expect(existsSync(log)).toBe(true);
  expect(new Set(readFileSync(log, 'utf8').trim().split('\n')).size).toBe(TRIALS);
}, 180_000);
