import * as fc from 'fast-check';
import { TRAINING_JOB_NAME_PATTERN } from '../../../../lib/contract/limits';
import { StudyRecord } from '../../../../lambda/core/store/records';
import { jobNameOf, jobNameStart, parseJobName } from '../../../../lambda/core/study/job-name';
import { TUNER } from '../../../support/lambda-study';

const count = (max: number) => fc.integer({ min: 0, max });

test('a job’s name tells the study, the trial and the attempt, whatever they are called', () => {
  const study = fc.record({
    name: fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z_-]{0,79}$/),
    id: fc.uuid(),
    prefix: fc.stringMatching(/^[a-z0-9](-*[a-z0-9]){0,8}$/),
  });
  fc.assert(
    fc.property(
      study,
      count(100_000),
      count(5000),
      count(8),
      count(9),
      ({ name, id, prefix }, trial, attempt, retries, redrives) => {
        const tuner = { ...TUNER, compute: { ...TUNER.compute, jobNamePrefix: prefix } };
        const record = { study: name, id, tuner } as StudyRecord;
        const jobName = `${jobNameOf(record, trial, attempt)}-${retries}-${redrives}`;
        expect(parseJobName(jobName)).toEqual({ start: jobNameStart(record), trial, attempt });
        expect(jobName).toMatch(TRAINING_JOB_NAME_PATTERN);
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([
  'somebody-elses-job',
  'pytorch-training-2026-01-31-12-00-00-000',
  'tuner-digits-abc12-1-1-0-0',
  'tuner-digits-ABC123-1-1-0-0',
  'tuner-digits-abc123-1-1-0',
  'tuner-digits-abc123-1-1-0-0-x',
  'abc123-1-1-0-0',
  '',
])('a name that is none of ours tells nothing: %j', (name) => {
  expect(parseJobName(name)).toBeUndefined();
});
