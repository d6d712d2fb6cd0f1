/**
 * The client of cdk-hpo. In a training job it lies beside this file; by hand it is taken from the built repository, and
 * without a build the training runs all the same and prints its metrics.
 */
import { mkdirSync } from 'node:fs';

const CANDIDATES = ['./cdk-hpo.mjs', '../../client/dist/node/cdk-hpo.mjs'];

const alone = {
  latestCheckpoint: () => undefined,
  maxResource: (epochs) => epochs,
  modelDir: () => {
    mkdirSync('model', { recursive: true });
    return 'model';
  },
  report: async (resource, metrics) => {
    const values = Object.entries(metrics).map(([name, value]) => `${name}=${value}`);
    console.log(`resource=${resource} ${values.join(' ')}`);
    return 'continue';
  },
  saveCheckpoint: async () => undefined,
};

async function findClient() {
  for (const candidate of CANDIDATES) {
    try {
      return await import(candidate);
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') {
        throw error;
      }
    }
  }
  return alone;
}

export const { latestCheckpoint, maxResource, modelDir, report, saveCheckpoint } = await findClient();
