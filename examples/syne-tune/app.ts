import { App } from 'aws-cdk-lib';
import { SyneTuneStack } from './syne-tune-stack';

new SyneTuneStack(new App(), 'CdkHpoSyneTune');
