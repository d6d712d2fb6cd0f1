import { App } from 'aws-cdk-lib';
import { RayWorkerStack } from './ray-worker-stack';

const app = new App();
new RayWorkerStack(app, 'CdkHpoRayWorker', { nodeRole: app.node.tryGetContext('nodeRole') as string | undefined });
