// a process for the tests: opens the folder, says the URL, and waits to be killed.
'use strict';
require('tsx/cjs');
const { DynamoDbServer } = require('../../../local/dynamodb');

const table = {
  stackName: 'Hpo',
  logicalId: 'Table',
  name: 'trials',
  arn: 'arn:aws:dynamodb:us-east-1:123456789012:table/trials',
  keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  attributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  globalSecondaryIndexes: [],
};
DynamoDbServer.start({ folder: process.argv[2], tables: [table] }).then(
  (server) => console.log(server.url),
  (error) => {
    console.log(`failed: ${error.message}`);
    process.exit(1);
  },
);
