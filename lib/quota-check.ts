/** What Open study makes of a quota of instances that is too small, before anything starts. */
export enum QuotaCheck {
  /** A quota that allows not a single trial fails the study; one that allows fewer trials at once is noted in its result. */
  FAIL = 'fail',

  /** Either is noted in the study's result, and trials wait until there is room. */
  WARN = 'warn',

  /** Quotas aren't read, and the function isn't allowed to. */
  OFF = 'off',
}
