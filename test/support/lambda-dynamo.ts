import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { once } from 'node:events';
import { AddressInfo } from 'node:net';
import { DynamoItemTable } from '../../lambda/core/store/item-table';

const ENVIRONMENT = ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/** An emulated DynamoDB on the loopback interface, spoken to by AWS's own client. */
export interface Dynamo {
  /** Creates an empty table with the keys of the tuner's. */
  createTable(): Promise<string>;
  newTable(): Promise<DynamoItemTable>;
  stop(): Promise<void>;
}

export async function startDynamo(): Promise<Dynamo> {
  const server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env.AWS_ENDPOINT_URL_DYNAMODB = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_REGION = 'eu-central-1';
  process.env.AWS_ACCESS_KEY_ID = 'nobody';
  process.env.AWS_SECRET_ACCESS_KEY = 'nothing';
  const client = new DynamoDBClient({});
  let tables = 0;

  async function createTable(): Promise<string> {
    const name = `studies-${++tables}`;
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'study', AttributeType: 'S' },
          { AttributeName: 'item', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'study', KeyType: 'HASH' },
          { AttributeName: 'item', KeyType: 'RANGE' },
        ],
      }),
    );
    // the emulator creates its tables after the answer, in the next turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return name;
  }

  return {
    createTable,
    newTable: async () => new DynamoItemTable(await createTable()),
    stop: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const name of ENVIRONMENT) delete process.env[name];
    },
  };
}
