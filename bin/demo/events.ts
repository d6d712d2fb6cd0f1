import { LocalRuntime } from '../../local/runtime';

interface Listed {
  readonly executions?: { readonly executionArn: string }[];
  readonly mapRuns?: { readonly mapRunArn: string }[];
  readonly events?: { readonly type: string }[];
  readonly nextToken?: string;
}

/** History events of an execution and all its children, for each training job that it started. */
export async function eventsPerTrial(runtime: LocalRuntime, executionArn: string): Promise<number> {
  const executions = [executionArn];
  for (const { mapRuns } of await pages(runtime, 'ListMapRuns', { executionArn })) {
    for (const { mapRunArn } of mapRuns!) {
      for (const { executions: children } of await pages(runtime, 'ListExecutions', { mapRunArn })) {
        executions.push(...children!.map((child) => child.executionArn));
      }
    }
  }
  let events = 0;
  let jobs = 0;
  for (const arn of executions) {
    const input = { executionArn: arn, includeExecutionData: false, maxResults: 1000 };
    for (const { events: found } of await pages(runtime, 'GetExecutionHistory', input)) {
      events += found!.length;
      jobs += found!.filter(({ type }) => type === 'TaskSubmitted').length;
    }
  }
  return jobs === 0 ? 0 : Math.round((events / jobs) * 100) / 100;
}

async function pages(runtime: LocalRuntime, operation: string, input: Record<string, unknown>): Promise<Listed[]> {
  const found: Listed[] = [];
  let nextToken: string | undefined;
  do {
    const page = (await runtime.stepFunctions.handle(operation, {
      ...input,
      ...(nextToken !== undefined && { nextToken }),
    })) as Listed;
    found.push(page);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}
