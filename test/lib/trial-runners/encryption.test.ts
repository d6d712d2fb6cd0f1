import { Lazy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { TrainingInstanceType } from '@aws-sdk/client-sagemaker';
import { SageMakerTrainingProps } from '../../../lib';
import { checkedTrainingRequest, newStack, sageMakerTraining } from '../../support/lib-stack';

type Props = Partial<SageMakerTrainingProps>;

test('AWS manages the keys, and instances talk to each other in plain, unless it is asked for', () => {
  for (const props of [{}, { encryptInterContainerTraffic: false }]) {
    const request = checkedTrainingRequest(props);
    expect(request.ResourceConfig).not.toHaveProperty('VolumeKmsKeyId');
    expect(request.OutputDataConfig).not.toHaveProperty('KmsKeyId');
    expect(request).not.toHaveProperty('EnableInterContainerTrafficEncryption');
  }
});

test('volumes and models have the keys that are given', () => {
  const request = checkedTrainingRequest((stack) => ({
    volumeKey: new kms.Key(stack, 'VolumeKey'),
    outputKey: new kms.Key(stack, 'OutputKey'),
  }));
  expect(request.ResourceConfig).toMatchObject({ VolumeKmsKeyId: '${VolumeKey.Arn}' });
  expect(request.OutputDataConfig).toEqual({
    S3OutputPath: 's3://${Tuner/Bucket}/output',
    KmsKeyId: '${OutputKey.Arn}',
  });
});

test('what instances say to each other may be encrypted', () => {
  const request = checkedTrainingRequest({ instanceCount: 2, encryptInterContainerTraffic: true });
  expect(request).toMatchObject({ EnableInterContainerTrafficEncryption: true });
});

function withVolumeKey(props: Props): () => unknown {
  return () => sageMakerTraining({ ...props, volumeKey: new kms.Key(newStack(), 'Key') });
}

const refusal = (type: string) =>
  `volumeKey must not be given for instance types with local storage, which its own hardware encrypts, got ${type}; remove volumeKey`;

/** Of the families that SageMaker trains on, those with storage of their own. */
const LOCAL = /^ml\.(g4dn|g5|g6|g6e|g7|g7e|p4d|p4de|p5|p5e|p5en|r5d|trn1|trn1n|trn2)\./;
// p3dn and p6 have it too.
const TYPES = Object.values(TrainingInstanceType).filter((type) => !/^ml\.(p3dn|p6)/.test(type));

test('a volume key is refused for every instance type with local storage, and taken for all others', () => {
  const refused = TYPES.filter((instanceType) => {
    try {
      withVolumeKey({ instanceType })();
      return false;
    } catch (error) {
      expect((error as Error).message).toBe(refusal(instanceType));
      return true;
    }
  });
  expect(refused).toEqual(TYPES.filter((type) => LOCAL.test(type)));
  expect(refused.length).toBeGreaterThan(40);
});

test.each<[string, Props]>([
  ['a fallback', { fallbackInstanceTypes: ['ml.m5.2xlarge', 'ml.r5d.large'] }],
  [
    'a group',
    {
      instanceGroups: ['ml.m5.xlarge', 'ml.r5d.large'].map((instanceType, i) => ({
        name: `group ${i}`,
        instanceType,
        instanceCount: 1,
      })),
    },
  ],
])('a volume key is refused where %s has local storage', (_, props) => {
  expect(withVolumeKey(props)).toThrow(refusal('ml.r5d.large'));
});

test('a volume key is taken for types that are only known later', () => {
  expect(withVolumeKey({ instanceType: Lazy.string({ produce: () => 'ml.g5.xlarge' }) })).not.toThrow();
});
