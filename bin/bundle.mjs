// Builds what is shipped beside `lib/`: the Lambda bundles and the files that run in training containers. Deterministic:
// the same sources give the same bytes, so an unchanged Lambda isn't deployed again.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => path.join(root, ...parts);
const shared = {
  bundle: true,
  platform: 'node',
  legalComments: 'none',
  charset: 'utf8',
  absWorkingDir: root,
  logLevel: 'warning',
};

mkdirSync(at('dist'), { recursive: true });
const work = mkdtempSync(at('dist', 'bundle-'));

/** The folders under lambda/ with a handler: one bundle each, AWS's clients included, so that what runs is what was tested. */
const steps = readdirSync(at('lambda')).filter((step) => existsSync(at('lambda', step, 'handler.ts')));

async function bundleLambdas() {
  await Promise.all(
    steps.map((step) =>
      build({
        ...shared,
        entryPoints: [at('lambda', step, 'handler.ts')],
        outfile: path.join(work, 'lambda', step, 'index.js'),
        format: 'cjs',
        target: 'node22',
        minifySyntax: true,
        minifyWhitespace: true,
      }),
    ),
  );
}

/** ES modules that hold CommonJS packages need a `require` of their own. */
const REQUIRE_BANNER = {
  js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
};

async function bundleClients() {
  mkdirSync(path.join(work, 'client/python'), { recursive: true });
  mkdirSync(path.join(work, 'client/entry'), { recursive: true });
  cpSync(at('client/python/cdk_hpo.py'), path.join(work, 'client/python/cdk_hpo.py'));
  // what a user installs on a machine of their own, and what a container of a cluster gets as one zip.
  for (const folder of ['python', 'worker']) {
    cpSync(at('client/python/cdk_hpo_worker'), path.join(work, 'client', folder, 'cdk_hpo_worker'), {
      recursive: true,
      filter: (source) => !source.includes('__pycache__'),
    });
  }
  cpSync(at('client/python/pyproject.toml'), path.join(work, 'client/python/pyproject.toml'));
  cpSync(at('client/entry/python_entry.py'), path.join(work, 'client/entry/python_entry.py'));
  const module = {
    ...shared,
    format: 'esm',
    target: 'node18',
    banner: REQUIRE_BANNER,
    minifySyntax: true,
    minifyWhitespace: true,
  };
  await build({
    ...module,
    entryPoints: [at('client/node/index.ts')],
    outfile: path.join(work, 'client/node/cdk-hpo.mjs'),
  });
  await build({
    ...module,
    entryPoints: [at('client/entry/node-entry.ts')],
    outfile: path.join(work, 'client/entry/node-entry.mjs'),
  });
}

/** Puts a finished folder in the place of the old one: who runs from it meanwhile finds one or the other. */
function swap(from, to) {
  const old = path.join(work, `old-${path.basename(path.dirname(to))}`);
  if (existsSync(to)) renameSync(to, old);
  renameSync(from, to);
}

await Promise.all([bundleLambdas(), bundleClients()]);
swap(path.join(work, 'lambda'), at('lambda/dist'));
swap(path.join(work, 'client'), at('client/dist'));
rmSync(work, { recursive: true, force: true });
