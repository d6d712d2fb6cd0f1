import * as path from 'node:path';
import { Duration } from 'aws-cdk-lib';
// in your own app: from 'cdk-hpo'.
import { TrainingImage, TrainingProgram, TrialRunner } from '../../lib';

/** Where the trials train, by the word after `-c way=`. */
export function trialRunner(way: string, hyperparameters: { [name: string]: string }): TrialRunner {
  switch (way) {
    case 'training-jobs':
      return TrialRunner.sageMakerTraining({
        image: TrainingImage.fromDeepLearningContainer(
          'huggingface-pytorch-training',
          '2.8.0-transformers4.56.2-gpu-py312-cu129-ubuntu22.04',
        ),
        program: trainingProgram(),
        instanceType: 'ml.g5.xlarge',
        // the Trainer saves a checkpoint after each epoch, so a lost instance costs an epoch.
        spot: true,
        maxRuntime: Duration.hours(2),
        hyperparameters,
      });
    default:
      throw new Error(`way must be training-jobs, got ${JSON.stringify(way)}`);
  }
}

/** The Python files of this folder; the rest of it changes without a new upload. */
function trainingProgram(): TrainingProgram {
  return TrainingProgram.fromScript(__dirname, 'train.py', {
    exclude: ['*.ts', '*.md', '__pycache__', path.join('model', '**')],
  });
}
