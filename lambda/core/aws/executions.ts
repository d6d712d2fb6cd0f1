import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { Executions } from '../study/open';
import { CLIENT_SETTINGS } from './client-settings';

export class StepFunctionsExecutions implements Executions {
  private readonly client = new SFNClient(CLIENT_SETTINGS);

  async isRunning(executionArn: string): Promise<boolean> {
    try {
      const { status } = await this.client.send(new DescribeExecutionCommand({ executionArn }));
      return status === 'RUNNING' || status === 'PENDING_REDRIVE';
    } catch (error) {
      // Step Functions forgets executions 90 days after their end.
      if (error instanceof ExecutionDoesNotExist) return false;
      throw error;
    }
  }
}
