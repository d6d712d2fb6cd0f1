import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runVectorFile, runVectors } from '../../../local/asl/vectors';

const FOLDER = join(__dirname, '../../../../shared/asl-vectors');

describe('scenarios recorded on AWS', () => {
  if (!existsSync(FOLDER)) {
    test('are at hand', () => {
      if (process.env.REQUIRE_ASL_VECTORS === '1') throw new Error(`there is no folder ${FOLDER}`);
      console.warn(`no recorded scenarios checked: there is no folder ${FOLDER}`);
    });
    return;
  }
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

  test.each(files)('%s', async (file) => {
    const { outcome, reason } = await runVectorFile(join(FOLDER, file));
    if (outcome === 'failed') throw new Error(reason);
    // nothing but JSONPath may be refused in this set.
    if (outcome === 'skipped') expect(reason).toContain('JSONPath');
  });

  test('run as a folder with one result a file', async () => {
    const results = await runVectors(FOLDER);
    expect(results).toHaveLength(files.length);
    expect(results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(0);
  });
});

test('a folder that does not exist is an error', async () => {
  await expect(runVectors('/nowhere')).rejects.toThrow('there is no folder /nowhere');
});
