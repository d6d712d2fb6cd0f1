import { App, AppProps } from 'aws-cdk-lib';
import { DIGITS_FOLDER, DigitsStack, DigitsStackProps } from './digits-stack';
import { wayOf } from './digits-ways';

/**
 * The demo's app, ready to be synthesized: its data is prepared first, since the program's folder is uploaded as it is.
 *
 * @param stackProps its way @default - that of the CDK's context, as in `cdk deploy -c way=training-cluster`
 */
export async function createDigitsApp(props?: AppProps, stackProps?: DigitsStackProps): Promise<App> {
  const { prepareDigits } = (await import('../examples/digits/prepare-data.mjs' as string)) as {
    prepareDigits(folder: string): boolean;
  };
  prepareDigits(`${DIGITS_FOLDER}/data`);
  const app = new App(props);
  const way = app.node.tryGetContext('way') as string | undefined;
  new DigitsStack(app, 'CdkHpoDigits', {
    description: 'cdk-hpo demo: tunes a classifier of handwritten digits',
    way: way === undefined ? undefined : wayOf(way),
    ...stackProps,
  });
  return app;
}
