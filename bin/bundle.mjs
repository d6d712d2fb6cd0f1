// Builds what is shipped beside `lib/`: the Lambda bundles and the files that run in training containers. Deterministic:
// the same sources give the same bytes, so an unchanged Lambda isn't deployed again.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
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

/** The folders under lambda/ with a handler: one bundle each, AWS's clients included, so that what runs is what was tested. */
const steps = readdirSync(at('lambda')).filter((step) => existsSync(at('lambda', step, 'handler.ts')));

async function bundleLambdas() {
  rmSync(at('lambda/dist'), { recursive: true, force: true });
  await Promise.all(
    steps.map((step) =>
      build({
        ...shared,
        entryPoints: [at('lambda', step, 'handler.ts')],
        outfile: at('lambda/dist', step, 'index.js'),
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
  rmSync(at('client/dist'), { recursive: true, force: true });
  mkdirSync(at('client/dist/python'), { recursive: true });
  mkdirSync(at('client/dist/entry'), { recursive: true });
  cpSync(at('client/python/cdk_hpo.py'), at('client/dist/python/cdk_hpo.py'));
  cpSync(at('client/entry/python_entry.py'), at('client/dist/entry/python_entry.py'));
  const module = {
    ...shared,
    format: 'esm',
    target: 'node18',
    banner: REQUIRE_BANNER,
    minifySyntax: true,
    minifyWhitespace: true,
  };
  await build({ ...module, entryPoints: [at('client/node/index.ts')], outfile: at('client/dist/node/cdk-hpo.mjs') });
  await build({
    ...module,
    entryPoints: [at('client/entry/node-entry.ts')],
    outfile: at('client/dist/entry/node-entry.mjs'),
  });
}

await Promise.all([bundleLambdas(), bundleClients()]);
