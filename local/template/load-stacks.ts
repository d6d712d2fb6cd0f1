import { readAssets } from './asset-lookup';
import { readCloudAssembly } from './cloud-assembly';
import { asyncRetriesOf, describeFunction, describeStateMachine, describeTable } from './describe-resources';
import { describeComputeEnvironment, describeJobDefinition, describeJobQueue } from './describe-batch';
import { describeRule, describeSubscriptionFilter } from './describe-subscriptions';
import type {
  AppDescription,
  BucketDescription,
  ComputeEnvironmentDescription,
  FunctionDescription,
  JobDefinitionDescription,
  JobQueueDescription,
  RuleDescription,
  StateMachineDescription,
  SubscriptionFilterDescription,
  TableDescription,
} from './description';
import { StackTemplate } from './stack-template';

/** Reads the folder that `cdk synth` wrote and describes what in it the local runtime can run. */
export function loadStacks(cdkOutFolder: string): AppDescription {
  const assembly = readCloudAssembly(cdkOutFolder);
  const assets = readAssets(assembly.folders);
  const findExport = (name: string): unknown => {
    for (const template of templates) {
      const value = template.exported(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const templates = assembly.stacks.map(({ stack, template }) => new StackTemplate(stack, template, findExport));

  const stateMachines: StateMachineDescription[] = [];
  const functions: FunctionDescription[] = [];
  const tables: TableDescription[] = [];
  const buckets: BucketDescription[] = [];
  const rules: RuleDescription[] = [];
  const subscriptionFilters: SubscriptionFilterDescription[] = [];
  const jobQueues: JobQueueDescription[] = [];
  const computeEnvironments: ComputeEnvironmentDescription[] = [];
  const jobDefinitions: JobDefinitionDescription[] = [];
  const asyncRetries = new Map<string, number>();
  for (const template of templates) {
    for (const resource of template.resources()) {
      switch (resource.type) {
        case 'AWS::StepFunctions::StateMachine':
          stateMachines.push(describeStateMachine(template, resource, assets));
          break;
        case 'AWS::Lambda::Function':
          functions.push(describeFunction(template, resource, assets));
          break;
        case 'AWS::DynamoDB::Table':
        case 'AWS::DynamoDB::GlobalTable':
          tables.push(describeTable(template, resource));
          break;
        case 'AWS::S3::Bucket': {
          const { name, attributes } = template.physicalOf(resource.logicalId);
          buckets.push({ stackName: template.stack.name, logicalId: resource.logicalId, name, arn: attributes.Arn });
          break;
        }
        case 'AWS::Lambda::EventInvokeConfig':
          asyncRetriesOf(template, resource, asyncRetries);
          break;
        case 'AWS::Events::Rule': {
          const rule = describeRule(template, resource);
          if (rule !== undefined) rules.push(rule);
          break;
        }
        case 'AWS::Logs::SubscriptionFilter':
          subscriptionFilters.push(describeSubscriptionFilter(template, resource));
          break;
        case 'AWS::Batch::JobQueue':
          jobQueues.push(describeJobQueue(template, resource));
          break;
        case 'AWS::Batch::ComputeEnvironment':
          computeEnvironments.push(describeComputeEnvironment(template, resource));
          break;
        case 'AWS::Batch::JobDefinition':
          jobDefinitions.push(describeJobDefinition(template, resource));
          break;
      }
    }
  }
  return {
    stacks: templates.map(({ stack }) => stack),
    stateMachines,
    functions: functions.map((description) => {
      const asyncRetryAttempts = asyncRetries.get(description.name);
      return asyncRetryAttempts === undefined ? description : { ...description, asyncRetryAttempts };
    }),
    tables,
    buckets,
    rules,
    subscriptionFilters,
    jobQueues,
    computeEnvironments,
    jobDefinitions,
    outputs: outputsOf(templates),
    assets,
  };
}

function outputsOf(templates: readonly StackTemplate[]): Record<string, string> {
  const all = templates.flatMap((template) =>
    Object.entries(template.outputs()).map(([name, value]) => ({ stack: template.stack.name, name, value })),
  );
  const outputs: Record<string, string> = {};
  for (const { stack, name, value } of all) {
    const shared = all.some((other) => other.name === name && other.stack !== stack);
    outputs[shared ? `${stack}.${name}` : name] = value;
  }
  return outputs;
}
