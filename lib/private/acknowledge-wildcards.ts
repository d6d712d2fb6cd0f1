import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Where AWS has nothing finer, or a name isn't known before it exists: the resource, and why it stands in a policy. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /^\*$/,
    'Actions without resources: X-Ray, delivery of logs, sagemaker:ListTags, ListTrainingJobs and ListHyperParameterTuningJobs, ' +
      'batch:ListJobs and DescribeJobs, servicequotas:List*, the ECR login, ' +
      'network interfaces, and cloudwatch:PutMetricData, which is limited to a namespace',
  ],
  [
    /:log-group:\/aws\/sagemaker\/TrainingJobs:log-stream:\*$/,
    'Log streams of training jobs have the names of their instances',
  ],
  [
    /:training-job\/hpo-[0-9a-z]{8}-\*$/,
    'Training jobs get their names when a trial starts; all begin with this prefix',
  ],
  [
    /:hyper-parameter-tuning-job\/hpo-[0-9a-z]{8}-\*$/,
    'Tuning jobs get their names when a round starts; all begin with this prefix',
  ],
  [/:batch:.*:job-definition\/.*:\*$/, 'A study that runs during a deployment goes on with an earlier revision'],
  [/:batch:.*:job\/\*$/, 'Jobs of AWS Batch get their ids from it, when they are submitted'],
  [/\/[^:]*\*$/, 'Objects below a prefix get their names when a trial runs'],
  [/\.Arn>:\*$/, 'Versions of a function of the tuner, as the CDK grants invocation'],
  [/:execution:.*:\*$/, 'Executions of the state machine get their names when they start'],
];

const RULE = 'AwsSolutions-IAM5';

/**
 * Tells cdk-nag why each wildcard of the tuner's own policies is there. Those of other policies, and of resources that the
 * list doesn't know, stay findings.
 */
export function acknowledgeWildcards(scope: Construct): void {
  for (const node of scope.node.findAll()) {
    if (!(node instanceof iam.CfnPolicy)) continue;
    const document = Stack.of(node).resolve(node.policyDocument) as { Statement?: { Resource?: unknown }[] };
    const resources = (document.Statement ?? []).flatMap(({ Resource }) => Resource ?? []).map(flat);
    for (const resource of new Set(resources.filter((name) => name.includes('*')))) {
      const reason = REASONS.find(([pattern]) => pattern.test(resource))?.[1];
      if (reason !== undefined) Validations.of(node).acknowledge({ id: `${RULE}[Resource::${resource}]`, reason });
    }
  }
}

/** A resource as cdk-nag writes it: references in angle brackets. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value.replace(/\$\{/g, '<').replace(/\}/g, '>');
  const [[name, argument] = ['', undefined]] = Object.entries(value ?? {});
  switch (name) {
    case 'Ref':
      return `<${flat(argument)}>`;
    case 'Fn::GetAtt':
      return `<${(argument as unknown[]).map(flat).join('.')}>`;
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(flat).join(separator);
    }
    case 'Fn::Sub':
    case 'Fn::ImportValue':
      return flat(argument);
    default:
      return JSON.stringify(value);
  }
}
