import { Size, Validations } from 'aws-cdk-lib';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BatchTrainingProps } from '../trial-runners/batch-training-props';

const DEFAULT_MAX_VCPUS = 1024;

/** Images for GPUs take 20 GiB and more, and several trials share the disk. */
const DEFAULT_VOLUME_SIZE = Size.gibibytes(100);

/** Why a job can never run here, as Batch names it. What has no room at present waits, as in any queue. */
const HOPELESS = ['MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE', 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT'];

/** The least that Batch takes: no waiting mends these. */
const HOPELESS_SECONDS = 600;

/** What the ECS agent of an instance needs: AWS keeps the list. */
const INSTANCE_POLICY = 'service-role/AmazonEC2ContainerServiceforEC2Role';

/**
 * A queue with instances that come when there are jobs and go when there are none. Batch's own service-linked role looks after
 * them.
 *
 * @returns the queue's ARN
 */
export function createBatchEnvironment(scope: Construct, props: BatchTrainingProps): string {
  const { vpc, vpcSubnets, instanceTypes = ['optimal'], spot = false, maxVcpus = DEFAULT_MAX_VCPUS } = props;
  const groups = props.securityGroups ?? [
    new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc: vpc!, description: 'Instances for trials of a tuner' }),
  ];
  const environment = new batch.CfnComputeEnvironment(scope, 'ComputeEnvironment', {
    type: 'MANAGED',
    computeResources: {
      type: spot ? 'SPOT' : 'EC2',
      allocationStrategy: spot ? 'SPOT_PRICE_CAPACITY_OPTIMIZED' : 'BEST_FIT_PROGRESSIVE',
      minvCpus: 0,
      maxvCpus: maxVcpus,
      instanceTypes,
      launchTemplate: createLaunchTemplate(scope, props.volumeSize ?? DEFAULT_VOLUME_SIZE),
      instanceRole: createInstanceProfile(scope).attrArn,
      subnets: vpc!.selectSubnets(vpcSubnets).subnetIds,
      securityGroupIds: groups.map(({ securityGroupId }) => securityGroupId),
      // a new image of the instances, when AWS has one and the environment is updated.
      updateToLatestImageVersion: true,
      tags: { Name: 'cdk-hpo trials' },
    },
    // an environment that changes is updated in its place: its queue needs it.
    replaceComputeEnvironment: false,
    updatePolicy: { terminateJobsOnUpdate: false, jobExecutionTimeoutMinutes: 360 },
  });
  const queue = new batch.CfnJobQueue(scope, 'JobQueue', {
    priority: 1,
    computeEnvironmentOrder: [{ order: 1, computeEnvironment: environment.attrComputeEnvironmentArn }],
    // such a job would hold up its study, and all jobs behind it, for ever.
    jobStateTimeLimitActions: HOPELESS.map((reason) => ({
      action: 'CANCEL',
      maxTimeSeconds: HOPELESS_SECONDS,
      reason,
      state: 'RUNNABLE',
    })),
  });
  return queue.attrJobQueueArn;
}

/** Encrypted disks, and no access of containers to the credentials of their instance. */
function createLaunchTemplate(
  scope: Construct,
  volumeSize: Size,
): batch.CfnComputeEnvironment.LaunchTemplateSpecificationProperty {
  const template = new ec2.CfnLaunchTemplate(scope, 'LaunchTemplate', {
    launchTemplateData: {
      metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      // the root disk of the images that Batch takes.
      blockDeviceMappings: [
        { deviceName: '/dev/xvda', ebs: { encrypted: true, volumeSize: volumeSize.toGibibytes(), volumeType: 'gp3' } },
      ],
    },
  });
  return { launchTemplateId: template.ref, version: template.attrLatestVersionNumber };
}

function createInstanceProfile(scope: Construct): iam.CfnInstanceProfile {
  const role = new iam.Role(scope, 'InstanceRole', {
    description: 'Instances for trials of a tuner',
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName(INSTANCE_POLICY)],
  });
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${INSTANCE_POLICY}]`,
    reason: 'What the ECS agent on an instance needs changes with the agent, and AWS keeps this list for it',
  });
  return new iam.CfnInstanceProfile(scope, 'InstanceProfile', { roles: [role.roleName] });
}
