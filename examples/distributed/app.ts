import { App } from 'aws-cdk-lib';
import { DistributedStack } from './distributed-stack';

const app = new App();
new DistributedStack(app, 'CdkHpoDistributed', { searchMachines: app.node.tryGetContext('searchMachines') === 'true' });
