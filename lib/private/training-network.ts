import { Annotations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { MAX_SUBNETS } from '../contract/limits';
import { SageMakerTrainingProps } from '../trial-runners/sagemaker-training-props';
import { requireInteger } from './checks';
import { TrainingNetwork } from './training-job-request';

/** As AWS's guide to execution roles lists them for jobs in a VPC, where all stand on all resources. */
const NETWORK_INTERFACE_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:DeleteNetworkInterfacePermission',
  'ec2:DescribeDhcpOptions',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
];

/**
 * The VPC of the training jobs, if they have one.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
 */
export function createTrainingNetwork(
  scope: Construct,
  { vpc, vpcSubnets, securityGroups }: SageMakerTrainingProps,
  grantee: iam.IGrantable,
): TrainingNetwork | undefined {
  if (vpc === undefined) return undefined;
  const subnets = vpc.selectSubnets(vpcSubnets);
  requireInteger('number of subnets in vpcSubnets', subnets.subnetIds.length, 1, MAX_SUBNETS);
  // SageMaker gives its network interfaces no public addresses.
  const closed = new Set([...vpc.isolatedSubnets, ...vpc.publicSubnets].map(({ subnetId }) => subnetId));
  if (subnets.subnetIds.length > 0 && subnets.subnetIds.every((id) => closed.has(id))) {
    Annotations.of(scope).addWarningV2(
      'cdk-hpo:isolatedSubnets',
      'the training jobs run in subnets from which they have no way out: they need an interface endpoint of Lambda, to report, ' +
        'and a gateway endpoint of S3, for their data; without them trials fail or never report',
    );
  }
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({ actions: NETWORK_INTERFACE_ACTIONS, resources: ['*'] }),
  );
  const groups = securityGroups ?? [createSecurityGroup(scope, vpc)];
  return {
    subnetIds: subnets.subnetIds,
    securityGroupIds: groups.map(({ securityGroupId }) => securityGroupId),
    connections: new ec2.Connections({ securityGroups: groups }),
  };
}

function createSecurityGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: 'Training jobs of a tuner' });
  // the instances of one job talk to each other.
  group.connections.allowInternally(ec2.Port.allTraffic(), 'Instances of one training job');
  return group;
}
