export { FAULTS, FAULT_NAMES, faultDefinition } from './fault-catalogue';
export type { FaultDefinition, FaultName, FaultPoint } from './fault-catalogue';
export { FaultInjector } from './fault-injector';
export type { DueFault, FaultStrike, FaultSubject } from './fault-injector';
export { checkFaultPlan, parseFaultPlan } from './fault-plan';
export type { FaultPlan } from './fault-plan';
