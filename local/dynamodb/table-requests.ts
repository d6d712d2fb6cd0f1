import type { TableDescription } from '../template/description';

/** The CreateTable request for a table of the template. */
export function createTableRequest(table: TableDescription): Record<string, unknown> {
  const request: Record<string, unknown> = {
    TableName: table.name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: table.keySchema,
    AttributeDefinitions: usedAttributes(table),
  };
  // an empty list is refused, as by DynamoDB.
  if (table.globalSecondaryIndexes.length > 0) request.GlobalSecondaryIndexes = table.globalSecondaryIndexes;
  return request;
}

function usedAttributes(table: TableDescription): unknown[] {
  const keys = [table.keySchema, ...table.globalSecondaryIndexes.map((index) => index.KeySchema)].flat();
  const used = new Set(keys.map((key) => key.AttributeName));
  return table.attributeDefinitions.filter((attribute) => used.has(attribute.AttributeName));
}
