import { runVectors } from '../local/asl/vectors';

/** `npm run -s test:asl -- FOLDER`: runs recorded scenarios of Step Functions on the local interpreter. */
async function main(args: string[]): Promise<number> {
  const [folder, ...rest] = args;
  if (folder === undefined || folder.startsWith('-') || rest.length > 0) {
    console.error('usage: npm run -s test:asl -- FOLDER   (a folder of vectors, such as ../shared/asl-vectors)');
    return 2;
  }
  let results;
  try {
    results = await runVectors(folder);
  } catch (e) {
    console.error((e as Error).message);
    return 2;
  }
  for (const { name, outcome, reason } of results) {
    if (outcome === 'skipped') console.log(`refused ${name}: ${reason}`);
    if (outcome === 'failed') console.log(`FAILED ${name}: ${reason}`);
  }
  const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  return count('failed') > 0 ? 1 : 0;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
