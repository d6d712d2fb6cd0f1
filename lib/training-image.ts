import { Aws, CfnMapping, Stack, Token } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecrAssets from 'aws-cdk-lib/aws-ecr-assets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { FactName } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { BUILT_IN_ALGORITHMS, BuiltInAlgorithm } from './private/built-in-algorithms';
import { requireLength, requireMatch } from './private/checks';

/** SageMaker's guide to managed spot training: built-in algorithms without checkpoints wait an hour at most. */
const MAX_SPOT_WAIT_SECONDS = 3600;

/** An image, and what is known about it. */
export interface TrainingImageConfig {
  /** The image's URI. */
  readonly uri: string;

  /**
   * Whether what the image runs by itself keeps checkpoints, and goes on from them.
   *
   * @default - not known
   */
  readonly checkpoints?: boolean;

  /**
   * How many seconds a job on spot instances may wait for them and train, together.
   *
   * @default - as long as SageMaker lets any job
   */
  readonly maxSpotWaitSeconds?: number;

  /**
   * Whether what the image runs by itself reports to the study. If not, its metrics are read from what it prints.
   *
   * @default - not known
   */
  readonly reportsByItself?: boolean;

  /**
   * Whether SageMaker knows by itself how to read the metrics of what the image prints: then it takes no definitions of them,
   * and gives them the names of the algorithm's documentation.
   *
   * @default false
   */
  readonly definesMetrics?: boolean;
}

/** Details of an image that is built from a local folder. */
export interface AssetImageOptions {
  /**
   * The Dockerfile, as a path in the folder.
   *
   * @default Dockerfile
   */
  readonly file?: string;

  /**
   * The stage of the Dockerfile that is built.
   *
   * @default - the last one
   */
  readonly target?: string;

  /**
   * Values of the Dockerfile's `ARG`s, by name. They may be seen in the image: no secrets.
   *
   * @default - the Dockerfile's own defaults
   */
  readonly buildArgs?: { [name: string]: string };

  /**
   * What the image is built for.
   *
   * @default Platform.LINUX_AMD64, also on a computer with an Arm processor: nearly all instance types are of that kind
   */
  readonly platform?: ecrAssets.Platform;
}

/** The container image that a trial trains in. */
export abstract class TrainingImage {
  /**
   * An image of an ECR repository.
   *
   * @param tagOrDigest a tag, or a digest such as `sha256:...`
   * @default tagOrDigest - `latest`
   */
  public static fromEcrRepository(repository: ecr.IRepository, tagOrDigest: string = 'latest'): TrainingImage {
    return new RepositoryImage(repository, tagOrDigest);
  }

  /**
   * An image that is built from a local folder with a Dockerfile and pushed at deployment. Needs Docker at synthesis.
   *
   * @param folder path of the folder
   */
  public static fromAsset(folder: string, options: AssetImageOptions = {}): TrainingImage {
    return new AssetImage(folder, options);
  }

  /**
   * An image by its URI. The training role must be allowed to pull it; `TrainingImage.fromEcrRepository` sees to that.
   *
   * @param uri at most 255 characters
   */
  public static fromUri(uri: string): TrainingImage {
    requireMatch('uri of TrainingImage.fromUri', uri, /^[^\s{%]+$/, 'the URI of an image, without spaces');
    requireLength('uri of TrainingImage.fromUri', uri, 255);
    return new UriImage(uri);
  }

  /**
   * One of AWS's Deep Learning Containers, from the account that serves them in the stack's region.
   *
   * @param repositoryName such as `pytorch-training`
   * @param tag such as `2.5.1-cpu-py311-ubuntu22.04-sagemaker`
   * @see https://github.com/aws/deep-learning-containers/blob/master/available_images.md
   */
  public static fromDeepLearningContainer(repositoryName: string, tag: string): TrainingImage {
    return new DeepLearningContainerImage(repositoryName, tag);
  }

  /**
   * One of SageMaker's built-in algorithms, from the account that serves it in the stack's region. It doesn't report to the
   * study: give the objective a `regex` for the lines that it prints.
   *
   * @param name such as `xgboost`: `blazingtext`, `factorization-machines`, `forecasting-deepar`, `image-classification`,
   * `ipinsights`, `kmeans`, `knn`, `lda`, `linear-learner`, `ntm`, `object-detection`, `object2vec`, `pca`,
   * `randomcutforest`, `semantic-segmentation`, `seq2seq` or `xgboost`. If the stack's region is known and doesn't have it,
   * that is an error; if not, the deployment fails there.
   * @param version of the image: from `1.2-1` on for `xgboost`, a number or `latest` for the others
   * @default version - `1.7-1` for `xgboost`, `1` for the others
   * @see https://docs.aws.amazon.com/sagemaker/latest/dg/algos.html
   */
  public static fromBuiltInAlgorithm(name: string, version?: string): TrainingImage {
    const algorithm = BUILT_IN_ALGORITHMS.get(name);
    if (algorithm === undefined) {
      const names = [...BUILT_IN_ALGORITHMS.keys()].join(', ');
      throw new Error(
        `name of TrainingImage.fromBuiltInAlgorithm must be one of ${names}, got ${JSON.stringify(name)}; ` +
          'for another image use TrainingImage.fromUri',
      );
    }
    requireMatch(`version of ${name}`, version, algorithm.versionPattern, algorithm.versions);
    return new BuiltInAlgorithmImage(name, algorithm, version ?? algorithm.defaultVersion);
  }

  /**
   * Called by the trial runner.
   *
   * @param role the role that pulls the image
   */
  public abstract bind(scope: Construct, role: iam.IGrantable): TrainingImageConfig;
}

class RepositoryImage extends TrainingImage {
  constructor(
    private readonly repository: ecr.IRepository,
    private readonly tagOrDigest: string,
  ) {
    super();
  }

  public bind(_scope: Construct, role: iam.IGrantable): TrainingImageConfig {
    this.repository.grantPull(role);
    return { uri: this.repository.repositoryUriForTagOrDigest(this.tagOrDigest) };
  }
}

class AssetImage extends TrainingImage {
  constructor(
    private readonly folder: string,
    private readonly options: AssetImageOptions,
  ) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingImageConfig {
    const asset = new ecrAssets.DockerImageAsset(scope, 'Image', {
      platform: ecrAssets.Platform.LINUX_AMD64,
      ...this.options,
      directory: this.folder,
    });
    asset.repository.grantPull(role);
    return { uri: asset.imageUri };
  }
}

class UriImage extends TrainingImage {
  constructor(private readonly uri: string) {
    super();
  }

  public bind(): TrainingImageConfig {
    return { uri: this.uri };
  }
}

class DeepLearningContainerImage extends TrainingImage {
  constructor(
    private readonly repositoryName: string,
    private readonly tag: string,
  ) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingImageConfig {
    const account = Stack.of(scope).regionalFact(FactName.DLC_REPOSITORY_ACCOUNT);
    return { uri: imageOfAccount(scope, account, this.repositoryName, this.tag, role) };
  }
}

class BuiltInAlgorithmImage extends TrainingImage {
  constructor(
    private readonly name: string,
    private readonly algorithm: BuiltInAlgorithm,
    private readonly version: string,
  ) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingImageConfig {
    const { repository, checkpoints } = this.algorithm;
    return {
      uri: imageOfAccount(scope, this.account(scope), repository, this.version, role),
      checkpoints,
      ...(!checkpoints && { maxSpotWaitSeconds: MAX_SPOT_WAIT_SECONDS }),
      reportsByItself: false,
      definesMetrics: true,
    };
  }

  private account(scope: Construct): string {
    const { accounts } = this.algorithm;
    const { region } = Stack.of(scope);
    if (Token.isUnresolved(region)) {
      const mapping = Object.fromEntries(Object.entries(accounts).map(([key, account]) => [key, { account }]));
      return new CfnMapping(scope, 'Accounts', { mapping }).findInMap(Aws.REGION, 'account');
    }
    const account = accounts[region];
    if (account === undefined) {
      throw new Error(
        `TrainingImage.fromBuiltInAlgorithm knows no account that serves ${this.name} in the region ${region}; ` +
          'if there is one, use TrainingImage.fromUri',
      );
    }
    return account;
  }
}

/** An image of another account in the stack's region, which the role may pull. */
function imageOfAccount(
  scope: Construct,
  account: string,
  repositoryName: string,
  tag: string,
  role: iam.IGrantable,
): string {
  const { region, urlSuffix } = Stack.of(scope);
  const repository = ecr.Repository.fromRepositoryAttributes(scope, 'ImageRepository', {
    repositoryName,
    repositoryArn: ecr.Repository.arnForLocalRepository(repositoryName, scope, account),
  });
  repository.grantPull(role);
  return `${account}.dkr.ecr.${region}.${urlSuffix}/${repositoryName}:${tag}`;
}
