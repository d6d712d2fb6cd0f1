import * as s3 from 'aws-cdk-lib/aws-s3';
import { Lazy } from 'aws-cdk-lib';
import { checkedTrainingRequest, sageMakerTraining } from '../../support/lib-stack';

test.each<[boolean | undefined, string | undefined]>([
  [undefined, undefined],
  [true, undefined],
  [false, 'NONE'],
])('models are packed unless that is switched off: with compressOutput %p the type is %p', (compressOutput, type) => {
  const { OutputDataConfig } = checkedTrainingRequest({ compressOutput });
  expect((OutputDataConfig as { CompressionType?: string }).CompressionType).toBe(type);
});

test('no TensorBoard logs go up unless a folder is named', () => {
  expect(checkedTrainingRequest({})).not.toHaveProperty('TensorBoardOutputConfig');
});

test("TensorBoard logs go up below the tuner's models", () => {
  expect(checkedTrainingRequest({ tensorBoardLocalPath: '/opt/logs' }).TensorBoardOutputConfig).toEqual({
    LocalPath: '/opt/logs',
    S3OutputPath: 's3://${Tuner/Bucket}/output/tensorboard',
  });
});

test('TensorBoard logs go where models are asked to go', () => {
  const request = checkedTrainingRequest((stack) => ({
    tensorBoardLocalPath: '/opt/logs',
    outputBucket: s3.Bucket.fromBucketName(stack, 'Models', 'models'),
    outputPrefix: 'team',
  }));
  expect(request.TensorBoardOutputConfig).toMatchObject({ S3OutputPath: 's3://models/team/tensorboard' });
});

describe.each(['tensorBoardLocalPath', 'checkpointLocalPath'] as const)('%s', (name) => {
  test.each(['/o', `/${'p'.repeat(4095)}`, Lazy.string({ produce: () => 'later' })])('takes %p', (path) => {
    expect(() => sageMakerTraining({ [name]: path })).not.toThrow();
  });

  test.each(['', '/', 'logs', `/${'p'.repeat(4096)}`, '{% $x %}'])('refuses %p', (path) => {
    expect(() => sageMakerTraining({ [name]: path })).toThrow(
      `${name} must be an absolute path, got ${JSON.stringify(path)}`,
    );
  });
});
