import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecrAssets from 'aws-cdk-lib/aws-ecr-assets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AssetImageOptions, TrainingImage, TrainingImageConfig } from '../../lib';
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

/** Without a tuner: what the image says of itself. */
function bindAlone(stack: Stack, image: TrainingImage): TrainingImageConfig {
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
  return image.bind(stack, role);
}

function stackIn(region: string): Stack {
  return newStack({ env: { account: '111111111111', region } });
}

test.each<[AssetImageOptions | undefined, object]>([
  [undefined, { platform: 'linux/amd64' }],
  [{ platform: ecrAssets.Platform.LINUX_ARM64 }, { platform: 'linux/arm64' }],
  [
    { file: 'Trainfile', target: 'train', buildArgs: { PYTHON: '3.13' } },
    {
      platform: 'linux/amd64',
      dockerFile: 'Trainfile',
      dockerBuildTarget: 'train',
      dockerBuildArgs: { PYTHON: '3.13' },
    },
  ],
])('an image is built from a folder with %j', (options, source) => {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-image-'));
  try {
    for (const file of ['Dockerfile', 'Trainfile']) writeFileSync(join(folder, file), 'FROM scratch AS train\n');
    const stack = newStack();
    bindAlone(stack, TrainingImage.fromAsset(folder, options));
    const { directory } = (stack.node.root as App).synth();
    const assets = JSON.parse(readFileSync(join(directory, `${stack.artifactId}.assets.json`), 'utf8')) as {
      dockerImages: Record<string, { source: object }>;
    };
    const [image] = Object.values(assets.dockerImages);
    expect(image!.source).toEqual({ directory: expect.stringMatching(/^asset\./) as string, ...source });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('only of built-in algorithms is it known what they do', () => {
  const stack = newStack();
  const image = TrainingImage.fromUri('1234.dkr.ecr.eu-west-1.amazonaws.com/it:7');
  expect(bindAlone(stack, image)).toEqual({ uri: '1234.dkr.ecr.eu-west-1.amazonaws.com/it:7' });
});

describe('built-in algorithm', () => {
  test('comes from the account that serves the region, and may be pulled', () => {
    const { uri, pulls } = bind(stackIn('eu-west-1'), TrainingImage.fromBuiltInAlgorithm('xgboost', '3.0-5'));
    expect(uri).toBe('141502667606.dkr.ecr.eu-west-1.${AWS::URLSuffix}/sagemaker-xgboost:3.0-5');
    const arn = 'arn:${AWS::Partition}:ecr:eu-west-1:141502667606:repository/sagemaker-xgboost';
    expect(pulls).toEqual([{ Action: PULL, Effect: 'Allow', Resource: arn }, LOGIN]);
  });

  test.each<[string, string, boolean]>([
    ['blazingtext', '811284229777.dkr.ecr.us-east-1/blazingtext:1', false],
    ['factorization-machines', '382416733822.dkr.ecr.us-east-1/factorization-machines:1', false],
    ['forecasting-deepar', '522234722520.dkr.ecr.us-east-1/forecasting-deepar:1', false],
    ['image-classification', '811284229777.dkr.ecr.us-east-1/image-classification:1', true],
    ['ipinsights', '382416733822.dkr.ecr.us-east-1/ipinsights:1', false],
    ['kmeans', '382416733822.dkr.ecr.us-east-1/kmeans:1', false],
    ['knn', '382416733822.dkr.ecr.us-east-1/knn:1', false],
    ['lda', '766337827248.dkr.ecr.us-east-1/lda:1', false],
    ['linear-learner', '382416733822.dkr.ecr.us-east-1/linear-learner:1', false],
    ['ntm', '382416733822.dkr.ecr.us-east-1/ntm:1', false],
    ['object-detection', '811284229777.dkr.ecr.us-east-1/object-detection:1', true],
    ['object2vec', '382416733822.dkr.ecr.us-east-1/object2vec:1', false],
    ['pca', '382416733822.dkr.ecr.us-east-1/pca:1', false],
    ['randomcutforest', '382416733822.dkr.ecr.us-east-1/randomcutforest:1', false],
    ['semantic-segmentation', '811284229777.dkr.ecr.us-east-1/semantic-segmentation:1', true],
    ['seq2seq', '811284229777.dkr.ecr.us-east-1/seq2seq:1', false],
    ['xgboost', '683313688378.dkr.ecr.us-east-1/sagemaker-xgboost:1.7-1', true],
  ])('%s is %s by default; keeps checkpoints: %p', (name, image, checkpoints) => {
    const stack = stackIn('us-east-1');
    const { uri, ...config } = bindAlone(stack, TrainingImage.fromBuiltInAlgorithm(name));
    expect(uri.replace(`.${stack.urlSuffix}`, '')).toBe(image);
    // without checkpoints it waits an hour at most for instances on spot.
    expect(config).toEqual({
      checkpoints,
      reportsByItself: false,
      definesMetrics: true,
      ...(!checkpoints && { maxSpotWaitSeconds: 3600 }),
    });
  });

  test('is looked up at deployment where the region is not known', () => {
    const stack = newStack();
    const { uri, pulls } = bind(stack, TrainingImage.fromBuiltInAlgorithm('xgboost'));
    const account = /^\$\{Fn::FindInMap\([^,]+, \$\{AWS::Region\}, account\)\}/.exec(uri as string)?.[0];
    expect(uri).toBe(`${account}.dkr.ecr.\${AWS::Region}.\${AWS::URLSuffix}/sagemaker-xgboost:1.7-1`);
    expect(pulls[0]!.Resource).toBe(
      `arn:\${AWS::Partition}:ecr:\${AWS::Region}:${account}:repository/sagemaker-xgboost`,
    );
    expect(Object.values(Template.fromStack(stack).findMappings('*'))).toContainEqual(
      expect.objectContaining({
        'us-east-1': { account: '683313688378' },
        'eu-west-1': { account: '141502667606' },
        'cn-north-1': { account: '450853457545' },
      }),
    );
  });

  test.each<[string, number]>([
    ['kmeans', 34],
    ['blazingtext', 34],
    ['forecasting-deepar', 26],
    ['lda', 16],
    ['xgboost', 37],
  ])('%s is known in %d regions', (name, count) => {
    const stack = newStack();
    bindAlone(stack, TrainingImage.fromBuiltInAlgorithm(name));
    const [accounts] = Object.values(Template.fromStack(stack).findMappings('*')) as [Record<string, object>];
    expect(Object.keys(accounts)).toHaveLength(count);
    for (const [region, value] of Object.entries(accounts)) {
      expect(region).toMatch(/^[a-z]{2}(-[a-z]+)+-\d$/);
      expect(value).toEqual({ account: expect.stringMatching(/^\d{12}$/) as string });
    }
  });

  test.each<[string, string]>([
    ['lda', 'eu-north-1'],
    ['forecasting-deepar', 'me-central-1'],
    ['xgboost', 'moon-1'],
  ])('%s in %s is an error', (name, region) => {
    expect(() => bindAlone(stackIn(region), TrainingImage.fromBuiltInAlgorithm(name))).toThrow(
      `TrainingImage.fromBuiltInAlgorithm knows no account that serves ${name} in the region ${region}; ` +
        'if there is one, use TrainingImage.fromUri',
    );
  });

  test.each(['XGBoost', 'sagemaker-xgboost', '', 'constructor'])('the name %p is refused', (name) => {
    expect(() => TrainingImage.fromBuiltInAlgorithm(name)).toThrow(
      /^name of TrainingImage.fromBuiltInAlgorithm must be one of blazingtext, .*, xgboost, got ".*"; for another image/,
    );
  });

  test.each<[string, string]>([
    ['xgboost', '1.2-1'],
    ['xgboost', '1.10-1'],
    ['xgboost', '3.0-5'],
    ['kmeans', '1'],
    ['kmeans', '12'],
    ['kmeans', 'latest'],
  ])('%s has the version %s', (name, version) => {
    const { uri } = bindAlone(stackIn('us-east-1'), TrainingImage.fromBuiltInAlgorithm(name, version));
    expect(uri.endsWith(`:${version}`)).toBe(true);
  });

  test.each<[string, string]>([
    ['xgboost', '0.90-2'],
    ['xgboost', '1.0-1'],
    ['xgboost', '1.1-1'],
    ['xgboost', '1'],
    ['xgboost', 'latest'],
    ['xgboost', '1.7-1-cpu-py3'],
  ])('%s of version %s is refused', (name, version) => {
    expect(() => TrainingImage.fromBuiltInAlgorithm(name, version)).toThrow(
      `version of xgboost must be a version of the image from 1.2-1 on, such as 1.7-1, got "${version}"`,
    );
  });

  test.each(['', '1.7-1', 'v1'])('kmeans of version %p is refused', (version) => {
    expect(() => TrainingImage.fromBuiltInAlgorithm('kmeans', version)).toThrow(
      `version of kmeans must be a number, or latest, got "${version}"`,
    );
  });
});
