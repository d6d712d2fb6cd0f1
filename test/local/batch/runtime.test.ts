import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { BatchClient, DescribeJobsCommand } from '@aws-sdk/client-batch';
import { LocalRuntime } from '../../../local/runtime';
import { temporaryFolder } from './serve';

/** An app whose state machine submits one job, the command of which is given in its input. */
function synthesized(): string {
  const folder = temporaryFolder();
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Train',
    States: {
      Train: {
        Type: 'Task',
        Resource: 'arn:aws:states:::batch:submitJob.sync',
        Arguments: {
          JobName: 'digits',
          JobQueue: '${Queue}',
          JobDefinition: '${Definition}',
          ContainerOverrides: { Command: '{% $states.input.command %}' },
        },
        Output: { status: '{% $states.result.Status %}', id: '{% $states.result.JobId %}' },
        Catch: [
          { ErrorEquals: ['States.TaskFailed'], Next: 'Failed', Output: '{% $parse($states.errorOutput.Cause) %}' },
        ],
        End: true,
      },
      Failed: { Type: 'Pass', Output: { code: '{% $states.input.Container.ExitCode %}' }, End: true },
    },
  };
  const Resources = {
    Machines: {
      Type: 'AWS::Batch::ComputeEnvironment',
      Properties: { Type: 'MANAGED', ComputeResources: { Type: 'SPOT', MaxvCpus: 4, InstanceTypes: ['m5.xlarge'] } },
    },
    Queue: {
      Type: 'AWS::Batch::JobQueue',
      Properties: { ComputeEnvironmentOrder: [{ Order: 1, ComputeEnvironment: { Ref: 'Machines' } }] },
    },
    Definition: {
      Type: 'AWS::Batch::JobDefinition',
      Properties: { Type: 'container', ContainerProperties: { Image: 'image', Vcpus: 1, Memory: 512 } },
    },
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        DefinitionString: JSON.stringify(definition),
        DefinitionSubstitutions: { Queue: { Ref: 'Queue' }, Definition: { Ref: 'Definition' } },
      },
    },
  };
  const artifact = {
    type: 'aws:cloudformation:stack',
    environment: 'aws://unknown-account/unknown-region',
    properties: { templateFile: 'Hpo.template.json' },
  };
  writeFileSync(join(folder, 'Hpo.template.json'), JSON.stringify({ Resources }));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts: { Hpo: artifact } }));
  return folder;
}

test('a state machine of an app runs Batch jobs as processes, which reach Batch themselves', async () => {
  const lines: string[] = [];
  const runtime = await LocalRuntime.start({
    assembly: synthesized(),
    folder: temporaryFolder(),
    inMemory: true,
    batch: { onLine: (_job, line) => lines.push(line) },
  });
  const connection = {
    endpoint: runtime.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const sfn = new SFNClient(connection);
  const run = async (script: string): Promise<unknown> => {
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({
        stateMachineArn: runtime.app.stateMachines[0].arn,
        input: JSON.stringify({ command: ['node', '-e', script] }),
      }),
    );
    for (;;) {
      const { status, output, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'SUCCEEDED') return JSON.parse(output!);
      if (status !== 'RUNNING') throw new Error(`${status}: ${cause}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const ask = `
    const body = JSON.stringify({ jobs: [process.env.AWS_BATCH_JOB_ID] });
    fetch(process.env.AWS_ENDPOINT_URL_BATCH + '/v1/describejobs', { method: 'POST', body })
      .then((answer) => answer.json())
      .then(({ jobs }) => console.log(jobs[0].status));`;
  const { status, id } = (await run(ask)) as { status: string; id: string };
  expect(status).toBe('SUCCEEDED');
  expect(lines).toEqual(['RUNNING']);
  const batch = new BatchClient(connection);
  const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [id] }));
  expect(jobs).toMatchObject([{ jobName: 'digits', status: 'SUCCEEDED' }]);
  expect(await run('process.exit(3)')).toEqual({ code: 3 });
  sfn.destroy();
  batch.destroy();
  await runtime.close();
});
