export type { Capacity } from './capacity';
export { DynamoDbServer } from './dynamodb-server';
export type { DynamoDbServerOptions } from './dynamodb-server';
