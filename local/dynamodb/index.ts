export { DynamoDbServer } from './dynamodb-server';
export type { DynamoDbServerOptions } from './dynamodb-server';
