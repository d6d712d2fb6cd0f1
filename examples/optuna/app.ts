import { App } from 'aws-cdk-lib';
import { OptunaStack } from './optuna-stack';

new OptunaStack(new App(), 'CdkHpoOptuna');
