/** List prices of us-east-1 in dollars; docs/cost.md has the same. */
export const TRANSITION = 0.025 / 1000;
export const WRITE_UNIT = 0.625 / 1e6;
export const READ_UNIT = 0.125 / 1e6;
export const LAMBDA_REQUEST = 0.2 / 1e6;
/** Of Arm. */
export const LAMBDA_GB_SECOND = 0.0000133334;

/** A call that asks the search for a trial: the search takes most of it, see docs/search.md. */
export const SEARCH_SECONDS = 0.3;
/** Any other call: some reads and a write. */
export const CALL_SECONDS = 0.05;
