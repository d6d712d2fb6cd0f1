/** Step Functions on this machine: see `docs/asl.md`. */
export type { ExecutionRecord } from './records';
export { StepFunctionsService } from './service';
export type { ExecutionEvent, StateMachine, StepFunctionsOptions } from './service';
