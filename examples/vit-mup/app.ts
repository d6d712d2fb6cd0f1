import { App } from 'aws-cdk-lib';
import { VitMupStack } from './vit-mup-stack';

const app = new App();
new VitMupStack(app, 'CdkHpoVitMup', { way: app.node.tryGetContext('way') as string | undefined });
