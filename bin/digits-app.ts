import { App, AppProps } from 'aws-cdk-lib';
import { DIGITS_FOLDER, DigitsStack } from './digits-stack';

/** The demo's app, ready to be synthesized: its data is prepared first, since the program's folder is uploaded as it is. */
export async function createDigitsApp(props?: AppProps): Promise<App> {
  const { prepareDigits } = (await import('../examples/digits/prepare-data.mjs' as string)) as {
    prepareDigits(folder: string): boolean;
  };
  prepareDigits(`${DIGITS_FOLDER}/data`);
  const app = new App(props);
  new DigitsStack(app, 'CdkHpoDigits', { description: 'cdk-hpo demo: tunes a classifier of handwritten digits' });
  return app;
}
