/** Step Functions on this machine: see `docs/asl.md`. */
export type { StateMachine } from './machines';
export type { ExecutionRecord } from './records';
export { StepFunctionsService } from './service';
export type { ExecutionEvent, StepFunctionsOptions } from './service';
