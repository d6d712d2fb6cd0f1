export { functionOf } from './app-function';
export { AsyncInvoker } from './async-invoker';
export type { AsyncInvocation, AsyncInvokerOptions } from './async-invoker';
export { EventBus } from './event-bus';
export { executionRules } from './execution-rules';
export type { ExecutionRule } from './execution-rules';
