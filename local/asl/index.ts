/** An interpreter of Amazon States Language with JSONata: see `docs/asl.md`. */
export type { Processor, QueryLanguage, State, StateMachineDefinition } from './definition';
export { StatesError } from './errors';
export { Execution } from './execution';
export type { ExecutionOptions, ExecutionStatus } from './execution';
export { Expressions } from './expression';
export { MAX_HISTORY_EVENTS } from './history';
export type { HistoryEvent } from './history';
export type { ExecutionHost } from './host';
export type { Counts, MapRun } from './map-run';
export { TaskTokens, parseResource } from './tasks';
export type { Integration, TaskRequest, TaskServices } from './tasks';
export { InvalidDefinition, UnsupportedDefinition, validate } from './validate';
export type { Diagnostic } from './validate';
