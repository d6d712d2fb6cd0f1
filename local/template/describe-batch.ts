import type {
  BatchContainerDescription,
  BatchEvaluateOnExit,
  BatchKeyValue,
  BatchResourceRequirement,
  BatchRetryStrategy,
  ComputeEnvironmentDescription,
  JobDefinitionDescription,
  JobQueueDescription,
} from './description';
import { NO_VALUE } from './intrinsics';
import { isObject } from './json';
import type { JsonObject } from './json';
import type { StackTemplate, TemplateResource } from './stack-template';

const CONTAINER_FIELDS =
  'Image Command Environment ResourceRequirements Vcpus Memory JobRoleArn ExecutionRoleArn'.split(' ');

export function describeJobQueue(template: StackTemplate, resource: TemplateResource): JobQueueDescription {
  const property = (name: string) => template.property(resource, name);
  const order = objectsOf(property('ComputeEnvironmentOrder')).map((entry) => ({
    order: Number(entry.Order ?? 0),
    environment: String(entry.ComputeEnvironment),
  }));
  const limits = objectsOf(property('JobStateTimeLimitActions')).map(({ Reason, MaxTimeSeconds }) => ({
    reason: String(Reason),
    maxTimeSeconds: Number(MaxTimeSeconds),
  }));
  return {
    ...identityOf(template, resource),
    priority: Number(property('Priority') ?? 0),
    enabled: property('State') !== 'DISABLED',
    computeEnvironments: order.sort((a, b) => a.order - b.order).map(({ environment }) => environment),
    ...(limits.length > 0 && { stateTimeLimits: limits }),
  };
}

export function describeComputeEnvironment(
  template: StackTemplate,
  resource: TemplateResource,
): ComputeEnvironmentDescription {
  const property = (name: string) => template.property(resource, name);
  // the subnets and roles of the instances are not asked for: they may come from outside of the app.
  const resources = fieldsOf(template, resource, 'ComputeResources', ['Type', 'MinvCpus', 'MaxvCpus', 'InstanceTypes']);
  // instances of an unmanaged environment are somebody's own: they are taken to be there.
  const maxVcpus = resources?.MaxvCpus ?? property('UnmanagedvCpus') ?? Infinity;
  return {
    ...identityOf(template, resource),
    resources: (resources?.Type ?? 'EC2') as ComputeEnvironmentDescription['resources'],
    minVcpus: Number(resources?.MinvCpus ?? 0),
    // a disabled environment takes no job.
    maxVcpus: property('State') === 'DISABLED' ? 0 : Number(maxVcpus),
    instanceTypes: textsOf(resources?.InstanceTypes),
  };
}

export function describeJobDefinition(template: StackTemplate, resource: TemplateResource): JobDefinitionDescription {
  const property = (name: string) => template.property(resource, name);
  const container = fieldsOf(template, resource, 'ContainerProperties', CONTAINER_FIELDS);
  const timeout = property('Timeout');
  const seconds = isObject(timeout) ? timeout.AttemptDurationSeconds : undefined;
  const retryStrategy = retryStrategyOf(property('RetryStrategy'));
  return {
    ...identityOf(template, resource),
    ...(container !== undefined && property('Type') !== 'multinode'
      ? { container: containerOf(container) }
      : // a definition that can't run here is no error before somebody submits a job of it.
        {
          problem: `${template.path('Resources', resource.logicalId, 'Properties')}: only jobs of one container (Type container with ContainerProperties) run locally.`,
        }),
    ...(retryStrategy && { retryStrategy }),
    ...(seconds !== undefined && { attemptDurationSeconds: Number(seconds) }),
  };
}

function identityOf(template: StackTemplate, resource: TemplateResource) {
  const { name, ref: arn } = template.physicalOf(resource.logicalId);
  return { stackName: template.stack.name, logicalId: resource.logicalId, name, arn };
}

/** Some fields of a property, without intrinsic functions; undefined when the property is not there. */
function fieldsOf(
  template: StackTemplate,
  resource: TemplateResource,
  name: string,
  fields: readonly string[],
): JsonObject | undefined {
  const raw = resource.properties[name];
  const isFunction = isObject(raw) && Object.keys(raw).some((key) => key === 'Ref' || key.startsWith('Fn::'));
  const given = isFunction ? template.property(resource, name) : raw;
  if (!isObject(given)) return undefined;
  const path = template.path('Resources', resource.logicalId, 'Properties', name);
  const resolved = fields.map((field) => [field, template.resolve(given[field], `${path}/${field}`)] as const);
  return Object.fromEntries(resolved.filter(([, value]) => value !== undefined && value !== NO_VALUE));
}

function containerOf(container: JsonObject): BatchContainerDescription {
  const { JobRoleArn, ExecutionRoleArn } = container;
  return {
    image: String(container.Image ?? ''),
    command: textsOf(container.Command),
    environment: objectsOf(container.Environment).map(keyValueOf),
    resourceRequirements: requirementsOf(container),
    ...(JobRoleArn !== undefined && { jobRoleArn: String(JobRoleArn) }),
    ...(ExecutionRoleArn !== undefined && { executionRoleArn: String(ExecutionRoleArn) }),
  };
}

// Vcpus and Memory are the older words for the same.
function requirementsOf(container: JsonObject): BatchResourceRequirement[] {
  const requirements = new Map<string, string>();
  if (container.Vcpus !== undefined) requirements.set('VCPU', String(container.Vcpus));
  if (container.Memory !== undefined) requirements.set('MEMORY', String(container.Memory));
  for (const { Type, Value } of objectsOf(container.ResourceRequirements))
    requirements.set(String(Type), String(Value));
  return [...requirements].map(([type, value]) => ({ type, value }));
}

function retryStrategyOf(value: unknown): BatchRetryStrategy | undefined {
  if (!isObject(value)) return undefined;
  return {
    ...(value.Attempts !== undefined && { attempts: Number(value.Attempts) }),
    ...(value.EvaluateOnExit !== undefined && {
      evaluateOnExit: objectsOf(value.EvaluateOnExit).map(evaluateOnExitOf),
    }),
  };
}

function evaluateOnExitOf({ Action, OnExitCode, OnReason, OnStatusReason }: JsonObject): BatchEvaluateOnExit {
  return {
    action: String(Action),
    ...(OnExitCode !== undefined && { onExitCode: String(OnExitCode) }),
    ...(OnReason !== undefined && { onReason: String(OnReason) }),
    ...(OnStatusReason !== undefined && { onStatusReason: String(OnStatusReason) }),
  };
}

function keyValueOf({ Name, Value }: JsonObject): BatchKeyValue {
  return { name: String(Name), value: String(Value ?? '') };
}

function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
