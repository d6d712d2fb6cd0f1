import { CfnParameter, Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { TrainingChannel } from '../../../lib';
import {
  checkedTrainingRequest,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  templateOf,
  trainingRequestOf,
} from '../../support/lib-stack';

test('fields without a property are handed on as they are', () => {
  const requestFields = {
    ProfilerConfig: { DisableProfiler: true },
    RemoteDebugConfig: { EnableRemoteDebug: true },
    SessionChainingConfig: { EnableSessionTagChaining: true },
  };
  expect(checkedTrainingRequest({ requestFields })).toMatchObject(requestFields);
});

test('none are handed on by default', () => {
  expect(checkedTrainingRequest({ requestFields: {} })).toEqual(checkedTrainingRequest({}));
});

test('a field that another property sets is refused, whichever it is', () => {
  // all properties that add a field of their own at once.
  const everything = [
    templateOf((stack) => ({
      vpc: new ec2.Vpc(stack, 'Vpc'),
      channels: { train: TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, 'Data', 'data')) },
      spot: true,
      encryptInterContainerTraffic: true,
      networkIsolation: true,
      retryAttempts: 3,
      experimentName: 'digits',
      tensorBoardLocalPath: '/opt/logs',
      hyperparameters: { epochs: '8' },
      environment: { A: 'b' },
      tags: { team: 'vision' },
      entrypoint: ['python3'],
    })),
    templateOf({ keepAlivePeriod: Duration.minutes(1) }),
  ];
  const fields = new Set(everything.flatMap((template) => Object.keys(trainingRequestOf(template))));
  expect(fields.size).toBe(18);
  for (const field of fields) {
    expect(() => sageMakerTraining({ requestFields: { ProfilerConfig: {}, [field]: {} } })).toThrow(
      `requestFields must not hold what other properties set, got ${JSON.stringify(field)}; use the property`,
    );
  }
});

test('values may be known at deployment only', () => {
  const stack = newStack();
  const uri = new CfnParameter(stack, 'Uri').valueAsString;
  newTuner(stack, { trialRunner: sageMakerTraining({ requestFields: { DebugHookConfig: { S3OutputPath: uri } } }) });
  const request = trainingRequestOf(new ReadableTemplate(stack, { Uri: 's3://debug/here' }));
  expect(request.DebugHookConfig).toEqual({ S3OutputPath: 's3://debug/here' });
});
