export { awsEnvironment } from './endpoints';
export type { ServiceEndpoints } from './endpoints';
export type { FunctionErrorPayload } from './errors';
export { LambdaService } from './lambda-service';
export type { InvokeResult, LambdaServiceOptions } from './lambda-service';
