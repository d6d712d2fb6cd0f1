import { existsSync } from 'node:fs';
import { entryCommand } from '../../../local/sagemaker/job-command';
import { scriptRequest } from './request';
import { serveProcesses } from './serve';

/** What the job's program prints as JSON; undefined where another program ran in its place. */
async function seenBy(Environment: Record<string, string>): Promise<Record<string, string> | undefined> {
  const { service } = serveProcesses([]);
  service.createTrainingJob(
    scriptRequest('job', 'console.log("main " + JSON.stringify(process.env))', { Environment }),
  );
  await service.waitForEnd('job');
  const line = /^main (.*)$/m.exec(service.readLog('job'))?.[1];
  await service.close();
  return line === undefined ? undefined : (JSON.parse(line) as Record<string, string>);
}

const TWIN = { CDK_HPO_PROGRAM: 'train.py', CDK_HPO_LOCAL_PROGRAM: 'train.mjs' };

test("a twin runs in the place of a job's own program", async () => {
  expect(await seenBy(TWIN)).toBeUndefined();
});

test('a worker runs as it is, and is told how to run the twin', async () => {
  const seen = await seenBy({ ...TWIN, CDK_HPO_WORKER_FUNCTION: 'Worker', CDK_HPO_WORKER_COMMAND: '["python3"]' });
  expect(seen).toMatchObject({ CDK_HPO_PROGRAM: 'train.mjs', CDK_HPO_WORKER_FUNCTION: 'Worker' });
  const command = JSON.parse(seen!.CDK_HPO_WORKER_COMMAND) as string[];
  expect(command).toEqual(entryCommand('train.mjs'));
  expect(existsSync(command[1])).toBe(true);
});

test('a worker without a twin keeps its command', async () => {
  const own = { CDK_HPO_PROGRAM: 'train.py', CDK_HPO_WORKER_FUNCTION: 'Worker', CDK_HPO_WORKER_COMMAND: '["python3"]' };
  expect(await seenBy(own)).toMatchObject(own);
});

test('a twin in Python runs by the entry point of Python', () => {
  expect(entryCommand('train.py')).toEqual(['python3', expect.stringMatching(/python_entry\.py$/)]);
});
