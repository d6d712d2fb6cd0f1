import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as fsx from 'aws-cdk-lib/aws-fsx';
import { InstanceGroup, TrainingChannel } from '../../../lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  checkedTrainingRequest,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  trainingRequestOf,
} from '../../support/lib-stack';

const KINDS: [string, { FromPort: number; ToPort: number }, (stack: Stack, vpc: ec2.IVpc) => TrainingChannel][] = [
  [
    'EFS',
    { FromPort: 2049, ToPort: 2049 },
    (stack, vpc) => TrainingChannel.fromEfs(new efs.FileSystem(stack, 'Files', { vpc }), '/data'),
  ],
  [
    'FSx for Lustre',
    { FromPort: 988, ToPort: 1023 },
    (stack, vpc) => {
      const fileSystem = new fsx.LustreFileSystem(stack, 'Files', {
        vpc,
        vpcSubnet: vpc.privateSubnets[0]!,
        storageCapacityGiB: 1200,
        lustreConfiguration: { deploymentType: fsx.LustreDeploymentType.SCRATCH_2 },
      });
      return TrainingChannel.fromFsxLustre(fileSystem, fileSystem.mountName, '/data');
    },
  ],
];

test.each(KINDS)('%s is refused without a VPC, where nothing reaches it', (_, __, channelOf) => {
  const stack = newStack();
  const files = channelOf(stack, new ec2.Vpc(stack, 'Vpc'));
  expect(() => newTuner(stack, { trialRunner: sageMakerTraining({ channels: { files } }) })).toThrow(
    'channel files is a file system, which is reached in its VPC only; give vpc to the trial runner',
  );
});

test.each(KINDS)('%s lets training jobs of its VPC in, at %p', (_, ports, channelOf) => {
  const stack = newStack();
  const vpc = new ec2.Vpc(stack, 'Vpc');
  newTuner(stack, { trialRunner: sageMakerTraining({ vpc, channels: { files: channelOf(stack, vpc) } }) });
  const template = new ReadableTemplate(stack);
  const rules = Object.values(template.ofType('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties);
  expect(rules).toContainEqual(
    expect.objectContaining({
      Description: 'Training jobs',
      ...ports,
      IpProtocol: 'tcp',
      SourceSecurityGroupId: '${Tuner/TrialRunner/SecurityGroup.GroupId}',
    }),
  );
  expect(trainingRequestOf(template).InputDataConfig).toEqual([
    expect.objectContaining({ ChannelName: 'files', InputMode: 'File' }),
  ]);
});

test('each security group that is given is let in', () => {
  const stack = newStack();
  const vpc = new ec2.Vpc(stack, 'Vpc');
  const securityGroups = ['a', 'b'].map((id) => ec2.SecurityGroup.fromSecurityGroupId(stack, id, `sg-${id}`));
  const files = TrainingChannel.fromEfs(new efs.FileSystem(stack, 'Files', { vpc }), '/data');
  newTuner(stack, { trialRunner: sageMakerTraining({ vpc, securityGroups, channels: { files } }) });
  const rules = Object.values(new ReadableTemplate(stack).ofType('AWS::EC2::SecurityGroupIngress'));
  expect(rules.map(({ Properties }) => Properties.SourceSecurityGroupId)).toEqual(['sg-a', 'sg-b']);
});

describe('channels for some instance groups', () => {
  const instanceGroups: InstanceGroup[] = ['feed', 'train'].map((name) => ({
    name,
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
  }));
  const channelFor = (stack: Stack, ...names: string[]) => ({
    data: TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, 'Data', 'data'), 'x/', { instanceGroups: names }),
  });

  test('name groups of the trial runner', () => {
    const { InputDataConfig } = checkedTrainingRequest((stack) => ({
      instanceGroups,
      channels: channelFor(stack, 'feed', 'train'),
    }));
    expect(InputDataConfig).toMatchObject([
      { DataSource: { S3DataSource: { InstanceGroupNames: ['feed', 'train'] } } },
    ]);
  });

  test.each<[string, InstanceGroup[] | undefined]>([
    ['feed, train', instanceGroups],
    ['none', undefined],
  ])('are refused where they name no group of it: there are %s', (names, groups) => {
    const stack = newStack();
    const trialRunner = sageMakerTraining({ instanceGroups: groups, channels: channelFor(stack, 'other') });
    expect(() => newTuner(stack, { trialRunner })).toThrow(
      `instanceGroups of channel data must be groups of the trial runner, got "other"; there are ${names}`,
    );
  });
});
