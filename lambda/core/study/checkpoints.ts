/** What the steps ask of the place where checkpoints are kept. */
export interface Checkpoints {
  /** Whether there is anything under the prefix, an `s3://bucket/prefix/`. */
  exist(uri: string): Promise<boolean>;

  /** Copies all under one prefix to the other, which has nothing yet. */
  copy(from: string, to: string): Promise<void>;
}
