import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { newStack, newTuner, ReadableTemplate } from '../support/lib-stack';

interface VpcConfig {
  readonly SecurityGroupIds: string[];
  readonly SubnetIds: string[];
}

function vpcConfigs(template: ReadableTemplate): VpcConfig[] {
  return Object.entries(template.ofType('AWS::Lambda::Function'))
    .filter(([path]) => path.startsWith('Tuner/'))
    .map(([, { Properties }]) => Properties.VpcConfig as VpcConfig);
}

test('functions run in no VPC by default', () => {
  const stack = newStack();
  newTuner(stack);
  expect(vpcConfigs(new ReadableTemplate(stack)).filter((config) => config !== undefined)).toEqual([]);
});

test('functions run in the private subnets of a VPC, in a security group of their own', () => {
  const stack = newStack();
  newTuner(stack, { vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }) });
  const template = new ReadableTemplate(stack);
  const configs = vpcConfigs(template);
  expect(configs).toHaveLength(8);
  for (const config of configs) {
    expect(config.SecurityGroupIds).toEqual(['${Tuner/SecurityGroup.GroupId}']);
    expect(config.SubnetIds).toHaveLength(2);
    for (const id of config.SubnetIds) expect(id).toMatch(/PrivateSubnet/);
  }
  expect(template.statementsOf('Tuner/NextTrial/Role')).toContainEqual({
    Effect: 'Allow',
    Action: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    Resource: '*',
  });
});

test('functions run in the subnets and security groups that are given', () => {
  const stack = newStack();
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 });
  const group = new ec2.SecurityGroup(stack, 'Mine', { vpc });
  newTuner(stack, { vpc, vpcSubnets: { subnets: vpc.privateSubnets.slice(0, 1) }, securityGroups: [group] });
  const template = new ReadableTemplate(stack);
  for (const { SecurityGroupIds } of vpcConfigs(template)) expect(SecurityGroupIds).toEqual(['${Mine.GroupId}']);
  expect(template.resources).not.toHaveProperty(['Tuner/SecurityGroup']);
});

test.each(['vpcSubnets', 'securityGroups'] as const)('%s without a VPC are refused', (name) => {
  const stack = newStack();
  const vpc = new ec2.Vpc(stack, 'Vpc');
  const value = name === 'vpcSubnets' ? { onePerAz: true } : [new ec2.SecurityGroup(stack, 'Mine', { vpc })];
  expect(() => newTuner(stack, { [name]: value })).toThrow(`${name} must not be given without vpc`);
});
