/** A result from before or from elsewhere, for the search to learn from. It is no trial of the study. */
export interface KnownResult {
  /** The hyperparameters, by name: all that are active. */
  readonly configuration: { [name: string]: any };

  /**
   * What came out, by the metrics' names. It must hold the objective. Nothing at all, or an objective that isn't finite: the
   * configuration is known to fail.
   *
   * @default - the configuration is known to fail
   */
  readonly metrics?: { [name: string]: number };
}
