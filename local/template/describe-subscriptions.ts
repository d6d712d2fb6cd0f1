import type { RuleDescription, RuleTargetDescription, SubscriptionFilterDescription } from './description';
import { isObject } from './json';
import type { StackTemplate, TemplateResource } from './stack-template';
import { TemplateError } from './template-error';

const STEP_FUNCTIONS_SOURCE = 'aws.states';
const DEFAULT_EVENT_BUS = /(^|\/)default$/;

/** A rule, or undefined for one that no event of Step Functions can reach. */
export function describeRule(template: StackTemplate, resource: TemplateResource): RuleDescription | undefined {
  if (isForOtherSources(resource)) return undefined;
  const property = (name: string) => template.property(resource, name);
  const eventPattern = property('EventPattern');
  // a rule without a pattern is a schedule.
  if (!isObject(eventPattern) || !DEFAULT_EVENT_BUS.test(String(property('EventBusName') ?? 'default')))
    return undefined;
  const { name } = template.physicalOf(resource.logicalId);
  const path = template.path('Resources', resource.logicalId, 'Properties');
  return {
    stackName: template.stack.name,
    logicalId: resource.logicalId,
    name,
    path,
    enabled: property('State') !== 'DISABLED',
    eventPattern,
    targets: targetsOf(property('Targets'), `${path}/Targets`),
  };
}

// told from the template as it stands: what a rule for other events refers to need not be known here.
function isForOtherSources({ properties }: TemplateResource): boolean {
  const sources = isObject(properties.EventPattern) ? properties.EventPattern.source : undefined;
  return (
    Array.isArray(sources) &&
    sources.every((source) => typeof source === 'string') &&
    !sources.includes(STEP_FUNCTIONS_SOURCE)
  );
}

function targetsOf(targets: unknown, path: string): RuleTargetDescription[] {
  return (Array.isArray(targets) ? (targets as unknown[]) : []).map((target, index) => {
    if (!isObject(target) || typeof target.Arn !== 'string')
      throw new TemplateError(`${path}/${index}`, 'needs an Arn.');
    return {
      arn: target.Arn,
      ...(target.Input !== undefined && { input: String(target.Input) }),
      ...(target.InputPath !== undefined && { inputPath: String(target.InputPath) }),
      hasInputTransformer: target.InputTransformer !== undefined,
    };
  });
}

export function describeSubscriptionFilter(
  template: StackTemplate,
  resource: TemplateResource,
): SubscriptionFilterDescription {
  return {
    stackName: template.stack.name,
    logicalId: resource.logicalId,
    name: template.physicalOf(resource.logicalId).name,
    path: template.path('Resources', resource.logicalId, 'Properties'),
    logGroupName: String(template.property(resource, 'LogGroupName') ?? ''),
    filterPattern: String(template.property(resource, 'FilterPattern') ?? ''),
    destinationArn: String(template.property(resource, 'DestinationArn') ?? ''),
  };
}
