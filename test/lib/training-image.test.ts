import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Stack } from 'aws-cdk-lib';
import { TrainingImage } from '../../lib';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  Statement,
  trainingRequestOf,
} from '../support/lib-stack';

function bind(stack: Stack, image: TrainingImage): { uri: unknown; pulls: Statement[]; template: ReadableTemplate } {
  newTuner(stack, { trialRunner: sageMakerTraining({ image }) });
  const template = new ReadableTemplate(stack);
  const { AlgorithmSpecification } = trainingRequestOf(template);
  return {
    uri: (AlgorithmSpecification as { TrainingImage: string }).TrainingImage,
    pulls: template
      .statementsOf('Tuner/TrialRunner/TrainingRole')
      .filter(({ Action }) => [Action].flat().some((action) => action.startsWith('ecr:'))),
    template,
  };
}

const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'];
const LOGIN: Statement = { Action: 'ecr:GetAuthorizationToken', Effect: 'Allow', Resource: '*' };

test('an image by its URI is passed on, and nothing is allowed', () => {
  const { uri, pulls } = bind(newStack(), TrainingImage.fromUri('1234.dkr.ecr.eu-west-1.amazonaws.com/it:7'));
  expect(uri).toBe('1234.dkr.ecr.eu-west-1.amazonaws.com/it:7');
  expect(pulls).toEqual([]);
});

test.each<[string | undefined, string]>([
  [undefined, ':latest'],
  ['v3', ':v3'],
  ['sha256:abc', '@sha256:abc'],
])('an image of a repository, of tag or digest %p, may be pulled', (tagOrDigest, suffix) => {
  const stack = newStack();
  const repository = ecr.Repository.fromRepositoryName(stack, 'Images', 'images');
  const { uri, pulls } = bind(stack, TrainingImage.fromEcrRepository(repository, tagOrDigest));
  expect(uri).toBe('${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/images' + suffix);
  const arn = 'arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/images';
  expect(pulls).toEqual([{ Action: PULL, Effect: 'Allow', Resource: arn }, LOGIN]);
});

test('a Deep Learning Container comes from the account that serves the region', () => {
  const stack = newStack({ env: { account: '111111111111', region: 'eu-west-1' } });
  const { uri, pulls } = bind(stack, TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5'));
  expect(uri).toBe('763104351884.dkr.ecr.eu-west-1.${AWS::URLSuffix}/pytorch-training:2.5');
  const arn = 'arn:${AWS::Partition}:ecr:eu-west-1:763104351884:repository/pytorch-training';
  expect(pulls).toEqual([{ Action: PULL, Effect: 'Allow', Resource: arn }, LOGIN]);
});

test('a Deep Learning Container is looked up at deployment where the region is not known', () => {
  const { uri, template } = bind(newStack(), TrainingImage.fromDeepLearningContainer('pytorch-training', '2.5'));
  expect(uri).toMatch(
    /^\$\{Fn::FindInMap\(.*\)\}\.dkr\.ecr\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}\/pytorch-training:2\.5$/,
  );
  expect(Object.keys(template.ofType('AWS::ECR::Repository'))).toEqual([]);
});

test('an image that is built from a folder may be pulled', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-image-'));
  try {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    const { uri, pulls } = bind(newStack(), TrainingImage.fromAsset(folder));
    expect(uri).toMatch(/\/cdk-hnb659fds-container-assets-.*:[0-9a-f]{64}$/);
    expect(pulls.map(({ Action }) => Action)).toEqual([PULL, 'ecr:GetAuthorizationToken']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(['', 'i'.repeat(256), '{% $image %}'])('the URI %p is refused', (uri) => {
  expect(() => TrainingImage.fromUri(uri)).toThrow(/uri of TrainingImage.fromUri must/);
});
