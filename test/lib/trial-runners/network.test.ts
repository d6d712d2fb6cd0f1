import { Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { SageMakerTrainingProps } from '../../../lib';
import {
  checkedTrainingRequest,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  templateOf,
  trainingRequestOf,
} from '../../support/lib-stack';

function vpcOf(stack: Stack): ec2.Vpc {
  return new ec2.Vpc(stack, 'Vpc', { natGateways: 1, maxAzs: 2 });
}

function group(stack: Stack, id: string): ec2.ISecurityGroup {
  return ec2.SecurityGroup.fromSecurityGroupId(stack, id, `sg-${id}`);
}

function warnings(stack: Stack, id: string): number {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(`\\[ack: ${id}\\]`)).length;
}

const SECURITY_GROUP = 'Tuner/TrialRunner/SecurityGroup';

test('jobs run in no VPC unless one is given', () => {
  const template = templateOf({});
  expect(trainingRequestOf(template)).not.toHaveProperty('VpcConfig');
  expect(template.ofType('AWS::EC2::SecurityGroup')).toEqual({});
});

test('jobs run in the private subnets of their VPC, in a security group of their own', () => {
  const template = templateOf((stack) => ({ vpc: vpcOf(stack) }));
  expect(trainingRequestOf(template).VpcConfig).toEqual({
    SecurityGroupIds: [`\${${SECURITY_GROUP}.GroupId}`],
    Subnets: ['${Vpc/PrivateSubnet1/Subnet}', '${Vpc/PrivateSubnet2/Subnet}'],
  });
  expect(template.properties(SECURITY_GROUP)).toEqual({
    GroupDescription: 'Training jobs of a tuner',
    SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', Description: expect.any(String), IpProtocol: '-1' }],
    VpcId: '${Vpc}',
  });
});

test('the instances of one job may say anything to each other', () => {
  const template = templateOf((stack) => ({ vpc: vpcOf(stack) }));
  expect(Object.values(template.ofType('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties)).toEqual([
    {
      Description: 'Instances of one training job',
      GroupId: `\${${SECURITY_GROUP}.GroupId}`,
      IpProtocol: '-1',
      SourceSecurityGroupId: `\${${SECURITY_GROUP}.GroupId}`,
    },
  ]);
});

test('jobs may have security groups and subnets that are given, and no other group is made', () => {
  const template = templateOf((stack) => ({
    vpc: vpcOf(stack),
    vpcSubnets: {
      subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS,
      onePerAz: true,
      availabilityZones: [availabilityZone(stack)],
    },
    securityGroups: [group(stack, 'a'), group(stack, 'b')],
  }));
  expect(trainingRequestOf(template).VpcConfig).toEqual({
    SecurityGroupIds: ['sg-a', 'sg-b'],
    Subnets: ['${Vpc/PrivateSubnet1/Subnet}'],
  });
  expect(template.ofType('AWS::EC2::SecurityGroup')).toEqual({});
});

function availabilityZone(stack: Stack): string {
  return stack.availabilityZones[0]!;
}

describe('limits', () => {
  const runner = (stack: Stack, props: Partial<SageMakerTrainingProps>) =>
    newTuner(stack, { trialRunner: sageMakerTraining(props) });

  test.each<[string, (stack: Stack) => Partial<SageMakerTrainingProps>]>([
    ['vpcSubnets', () => ({ vpcSubnets: {} })],
    ['securityGroups', (stack) => ({ securityGroups: [group(stack, 'a')] })],
  ])('%s belong to a VPC', (name, props) => {
    const stack = newStack();
    expect(() => sageMakerTraining(props(stack))).toThrow(
      `${name} must not be given without vpc; give the VPC that they belong to`,
    );
  });

  test.each([1, 5])('%p security groups are fine', (count) => {
    const { VpcConfig } = checkedTrainingRequest((stack) => ({
      vpc: vpcOf(stack),
      securityGroups: Array.from({ length: count }, (_, i) => group(stack, `g${i}`)),
    }));
    expect((VpcConfig as { SecurityGroupIds: string[] }).SecurityGroupIds).toHaveLength(count);
  });

  test.each([0, 6])('%p security groups are refused', (count) => {
    const stack = newStack();
    const securityGroups = Array.from({ length: count }, (_, i) => group(stack, `g${i}`));
    expect(() => sageMakerTraining({ vpc: vpcOf(stack), securityGroups })).toThrow(
      `number of securityGroups must be an integer from 1 to 5, got ${count}`,
    );
  });

  function subnets(stack: Stack, count: number): Partial<SageMakerTrainingProps> {
    const ids = Array.from({ length: count }, (_, i) => `subnet-${i}`);
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] });
    return {
      vpc,
      vpcSubnets: { subnets: ids.map((id) => ec2.Subnet.fromSubnetAttributes(stack, id, { subnetId: id })) },
    };
  }

  test('16 subnets are fine', () => {
    const { VpcConfig } = checkedTrainingRequest((stack) => subnets(stack, 16));
    expect((VpcConfig as { Subnets: string[] }).Subnets).toHaveLength(16);
  });

  test('17 subnets are refused', () => {
    const stack = newStack();
    expect(() => runner(stack, subnets(stack, 17))).toThrow(
      'number of subnets in vpcSubnets must be an integer from 1 to 16, got 17',
    );
  });
});

test('takes ids that are only known later', () => {
  const request = checkedTrainingRequest((stack) => ({
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: Lazy.string({ produce: () => 'vpc-1' }),
      availabilityZones: ['a'],
      privateSubnetIds: [Lazy.string({ produce: () => 'subnet-1' })],
    }),
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', Lazy.string({ produce: () => 'sg-1' }))],
  }));
  expect(request.VpcConfig).toEqual({ SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] });
});

describe('a warning', () => {
  function isolatedVpc(stack: Stack): ec2.Vpc {
    const subnetConfiguration = [
      { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC },
    ];
    return new ec2.Vpc(stack, 'Vpc', { subnetConfiguration, maxAzs: 1 });
  }

  test.each<[ec2.SubnetType, number]>([
    [ec2.SubnetType.PRIVATE_ISOLATED, 1],
    [ec2.SubnetType.PRIVATE_WITH_EGRESS, 0],
  ])('tells of subnets without a way out: in those of type %s there are %p', (subnetType, count) => {
    const stack = newStack();
    newTuner(stack, { trialRunner: sageMakerTraining({ vpc: isolatedVpc(stack), vpcSubnets: { subnetType } }) });
    expect(warnings(stack, 'cdk-hpo:isolatedSubnets')).toBe(count);
  });

  test('says what jobs need in subnets without a way out', () => {
    const stack = newStack();
    const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    newTuner(stack, { trialRunner: sageMakerTraining({ vpc: isolatedVpc(stack), vpcSubnets }) });
    const text = 'an interface endpoint of Lambda, to report, and a gateway endpoint of S3';
    Annotations.fromStack(stack).hasWarning('/Stack/Tuner/TrialRunner', Match.stringLikeRegexp(text));
  });

  test.each<[boolean | undefined, number]>([
    [undefined, 0],
    [false, 0],
    [true, 1],
  ])('tells of isolated containers, which cannot report: with networkIsolation %p there are %p', (isolated, count) => {
    const stack = newStack();
    newTuner(stack, { trialRunner: sageMakerTraining({ networkIsolation: isolated }) });
    expect(warnings(stack, 'cdk-hpo:networkIsolation')).toBe(count);
    const request = trainingRequestOf(new ReadableTemplate(stack));
    expect(request.EnableNetworkIsolation).toBe(isolated ? true : undefined);
  });
});
