/** What the steps ask of the place where checkpoints are kept. */
export interface Checkpoints {
  /** Whether there is anything under the prefix, an `s3://bucket/prefix/`. */
  exist(uri: string): Promise<boolean>;

  /** Copies all under one prefix to the other, but for what is there already: calling it again goes on. */
  copy(from: string, to: string): Promise<void>;
}
