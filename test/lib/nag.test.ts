import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Scheduler, TrainingChannel, TunerProps } from '../../lib';
import { newApp, newTuner, sageMakerTraining } from '../support/lib-stack';
import { ecrImage } from '../support/lib-images';

/** All that cdk-nag's rules of AWS Solutions find in the tuner, as `construct: rule`. */
function findings(props: (stack: Stack) => Partial<TunerProps>): string[] {
  const app = newApp();
  const stack = new Stack(app, 'Stack');
  newTuner(stack, props(stack));
  return found(app);
}

function found(app: App): string[] {
  return new AwsSolutionsChecks(app)
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${constructPath}: ${ruleName}`),
    )
    .filter((finding) => finding.startsWith('Stack/Tuner/'));
}

test('cdk-nag finds nothing in a tuner', () => {
  expect(findings((stack) => ({ trialRunner: sageMakerTraining({ image: ecrImage(stack) }) }))).toEqual([]);
});

test('cdk-nag finds nothing in a tuner with all that adds permissions', () => {
  expect(
    findings((stack) => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      const encryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
      return {
        encryptionKey,
        vpc,
        serverAccessLogsBucket: s3.Bucket.fromBucketName(stack, 'AccessLogs', 'access-logs'),
        scheduler: Scheduler.populationBased({ populationSize: 4, interval: 1, maxResource: 9 }),
        trialRunner: sageMakerTraining({
          image: ecrImage(stack),
          vpc,
          volumeKey: encryptionKey,
          outputKey: encryptionKey,
          logReports: {},
          channels: { data: TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, 'Data', 'data'), 'digits') },
        }),
      };
    }),
  ).toEqual([]);
});

test('what an app itself adds to the training role is still found', () => {
  const app = newApp();
  const stack = new Stack(app, 'Stack');
  const tuner = newTuner(stack);
  s3.Bucket.fromBucketName(stack, 'Data', 'data').grantRead(tuner);
  expect(found(app)).toContain(
    'Stack/Tuner/TrialRunner/TrainingRole/DefaultPolicy/Resource: AwsSolutions-IAM5[Action::s3:GetObject*]',
  );
});
