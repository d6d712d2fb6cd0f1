import { Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { TrainingImage } from '../../lib';

/** An image of the repository `images`. */
export function ecrImage(stack: Stack): TrainingImage {
  return TrainingImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'Images', 'images'));
}
