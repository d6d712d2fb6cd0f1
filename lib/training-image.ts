import { Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecrAssets from 'aws-cdk-lib/aws-ecr-assets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { FactName } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { requireLength, requireMatch } from './private/checks';

/** An image and who may pull it. */
export interface TrainingImageConfig {
  /** The image's URI. */
  readonly uri: string;
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
  public static fromAsset(folder: string): TrainingImage {
    return new AssetImage(folder);
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
  constructor(private readonly folder: string) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingImageConfig {
    const asset = new ecrAssets.DockerImageAsset(scope, 'Image', { directory: this.folder });
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
    const stack = Stack.of(scope);
    const account = stack.regionalFact(FactName.DLC_REPOSITORY_ACCOUNT);
    const repository = ecr.Repository.fromRepositoryAttributes(scope, 'ImageRepository', {
      repositoryName: this.repositoryName,
      repositoryArn: ecr.Repository.arnForLocalRepository(this.repositoryName, scope, account),
    });
    repository.grantPull(role);
    return { uri: `${account}.dkr.ecr.${stack.region}.${stack.urlSuffix}/${this.repositoryName}:${this.tag}` };
  }
}
