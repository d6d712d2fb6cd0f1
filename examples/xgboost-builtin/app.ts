import { App } from 'aws-cdk-lib';
import { XgboostStack } from './xgboost-stack';

const app = new App();
const dataBucket = app.node.tryGetContext('dataBucket') as string | undefined;
if (!dataBucket) throw new Error('say where the data lies: -c dataBucket=NAME; see README.md');
new XgboostStack(app, 'CdkHpoXgboost', { dataBucket });
