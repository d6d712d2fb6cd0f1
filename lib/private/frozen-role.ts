import * as iam from 'aws-cdk-lib/aws-iam';

/** Whether nothing can be added to the role. Such a role pretends that every statement was added. */
export function isFrozen(role: iam.IRole): boolean {
  const { PROPERTY_INJECTION_ID: id } = role.constructor as { PROPERTY_INJECTION_ID?: string };
  return id === 'aws-cdk-lib.aws-iam.ImmutableRole';
}
