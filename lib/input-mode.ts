/**
 * How the data of a channel comes into the container.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-access-training-data.html
 */
export enum InputMode {
  /** All of it is copied to the instance's volume before training starts. */
  FILE = 'File',

  /** Objects of S3 look like files, and come when the training reads them. Only for a prefix of a bucket. */
  FAST_FILE = 'FastFile',

  /** Objects of S3 are streamed through a named pipe, for training that reads pipes. */
  PIPE = 'Pipe',
}
