import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TrainingProgram, TrainingProgramConfig } from '../training-program';
import { ENTRY_CHANNEL } from './program-channels';

/**
 * A script without an entry point of its own: where the request can't replace the image's, SageMaker's training toolkit in the image
 * starts our entry point, as if it were the user's script.
 *
 * @see https://github.com/aws/sagemaker-training-toolkit
 */
export class ToolkitProgram extends TrainingProgram {
  /** What the toolkit is told; known once the program is bound. */
  public hyperparameters: { [name: string]: string } = {};

  constructor(private readonly program: TrainingProgram) {
    super();
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingProgramConfig {
    const { entryFile, channels = {}, environment } = this.program.bind(scope, role);
    if (entryFile === undefined) return { channels, environment };
    if (!entryFile.endsWith('.py')) {
      throw new Error(
        'program must be a Python script with TrialRunner.managedTuning: the training toolkit of an image starts no other',
      );
    }
    // the toolkit reads them as JSON.
    this.hyperparameters = {
      sagemaker_program: JSON.stringify(entryFile),
      sagemaker_submit_directory: JSON.stringify(`/opt/ml/input/data/${ENTRY_CHANNEL}`),
    };
    return { channels, environment };
  }
}
