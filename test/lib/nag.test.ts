import { Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { newApp, newTuner, sageMakerTraining } from '../support/lib-stack';
import { ecrImage } from '../support/lib-images';

const STEPS = ['FinishStudy', 'NextTrial', 'OpenStudy', 'PlanRound', 'RecordTrial', 'Report', 'ReviewRound'];
const INVOKED = STEPS.filter((step) => step !== 'Report');
const HERE = '<AWS::Region>:<AWS::AccountId>';
const JOBS = `Resource::arn:<AWS::Partition>:sagemaker:${HERE}:training-job/hpo-*`;
const EXECUTION = `Resource::arn:<AWS::Partition>:states:${HERE}:execution`;

/**
 * All that cdk-nag's rules of AWS Solutions find in a tuner, by construct. This list may only get shorter.
 *
 * What stays has a reason: IAM5 wants no wildcard, but X-Ray, log delivery, ListTags, ListTrainingJobs, the ECR login and
 * metrics have no resources, and jobs, objects, versions of functions and executions are not known before they exist.
 */
const EXPECTED: Record<string, string[]> = {
  // server access logs: a bucket for them is the account's business.
  Bucket: ['S1'],
  ...Object.fromEntries(STEPS.map((step) => [`${step}/Role/DefaultPolicy`, ['IAM5[Resource::*]']])),
  'TrialRunner/TrainingRole/DefaultPolicy': [
    'IAM5[Resource::*]',
    `IAM5[Resource::arn:<AWS::Partition>:logs:${HERE}:log-group:/aws/sagemaker/TrainingJobs:log-stream:*]`,
    'IAM5[Resource::<Bucket.Arn>/checkpoints/*]',
    'IAM5[Resource::<Bucket.Arn>/output/*]',
    // invoking a version or alias of Report: the clients do neither.
    'IAM5[Resource::<Report.Arn>:*]',
  ],
  'StateMachine/Role/DefaultPolicy': [
    'IAM5[Resource::*]',
    ...INVOKED.map((step) => `IAM5[Resource::<${step}.Arn>:*]`),
    `IAM5[${JOBS}]`,
  ],
  'StateMachine/DistributedMapPolicy': [`IAM5[${EXECUTION}:<NAME>/Slots:*]`, `IAM5[${EXECUTION}:<NAME>:*]`],
  SettlePolicy: ['IAM5[Resource::*]', `IAM5[${JOBS}]`, `IAM5[${EXECUTION}:<NAME>:*]`],
};

test('cdk-nag finds what is known, and nothing else', () => {
  const app = newApp();
  const stack = new Stack(app, 'Stack');
  newTuner(stack, { trialRunner: sageMakerTraining({ image: ecrImage(stack) }) });

  const found: Record<string, string[]> = {};
  for (const { ruleName, violatingResources } of new AwsSolutionsChecks(app).validateScope(app).violations) {
    for (const { constructPath } of violatingResources) {
      const path = constructPath!.replace(/^Stack\/Tuner\//, '').replace(/\/Resource$/, '');
      (found[path] ??= []).push(readable(ruleName));
    }
  }
  expect(sorted(found)).toEqual(sorted(EXPECTED));
});

/** Without what depends on names of constructs: hashes of logical ids, job name prefix, the state machine's name. */
function readable(ruleName: string): string {
  return ruleName
    .replace(/^AwsSolutions-/, '')
    .replace(/<Tuner(\w+?)[0-9A-F]{8}\.Arn>/, '<$1.Arn>')
    .replace(/hpo-[0-9a-z]{8}-/, 'hpo-')
    .replace(/\{"Fn::Select".*?\]\}\]\}|<TunerStateMachine\w+\.Name>/, '<NAME>');
}

function sorted(findings: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(findings).map(([path, rules]) => [path, [...rules].sort()]));
}
