import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SageMakerService } from '../../../../local/sagemaker';
import { MINUTE, serveSimulated } from '../serve';
import { PRINTS_X, tuningRequest } from './tuning-request';

let folder: string;
const services: SageMakerService[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-tuning-'));
});

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function serve() {
  const served = serveSimulated({ program: PRINTS_X, folder });
  services.push(served.service);
  // each clock begins at the same time: a later runtime has a later one.
  await served.clock.sleep(services.length * 60 * MINUTE);
  return served;
}

const stateFile = () => join(folder, '.tuning-jobs', 't.json');

test('an ended tuning job is known to a later runtime, and may be the parent of a warm start', async () => {
  const first = (await serve()).service;
  first.tuning.create(tuningRequest('t'));
  const ended = await first.tuning.waitForEnd('t');
  await first.close();

  const { tuning } = (await serve()).service;
  expect(tuning.describe('t')).toEqual(ended);
  tuning.create(
    tuningRequest('u', {
      config: { Strategy: 'Bayesian' },
      request: {
        WarmStartConfig: {
          WarmStartType: 'IdenticalDataAndAlgorithm',
          ParentHyperParameterTuningJobs: [{ HyperParameterTuningJobName: 't' }],
        },
      },
    }),
  );
  expect(await tuning.waitForEnd('u')).toHaveProperty('OverallBestTrainingJob');
});

test('what a killed runtime left has failed, with the training jobs that it had', async () => {
  const { service, clock } = await serve();
  service.tuning.create(tuningRequest('t'));
  await clock.sleep(20 * MINUTE);
  const left = readFileSync(stateFile(), 'utf8');
  await service.close();
  // as a kill leaves it: nobody has settled anything.
  writeFileSync(stateFile(), left);

  const { tuning } = (await serve()).service;
  const job = tuning.describe('t');
  expect(job).toMatchObject({
    HyperParameterTuningJobStatus: 'Failed',
    TrainingJobStatusCounters: { Completed: 2, RetryableError: 2, InProgress: 0 },
    BestTrainingJob: { ObjectiveStatus: 'Succeeded' },
  });
  expect(job.FailureReason).toMatch(/the local runtime ended/);
  expect(await tuning.waitForEnd('t')).toEqual(job);
});

test('a state that is cut short is named with what to do', async () => {
  await (await serve()).service.close();
  writeFileSync(stateFile(), '{"name":');
  await expect(serve()).rejects.toThrow(/tuning job state .*t\.json can't be read: .*Delete it/);
});
