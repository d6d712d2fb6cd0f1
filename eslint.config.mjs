import eslint from '@eslint/js';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Who may import whom; `docs/design.md` says why. */
const ARROWS = [
  {
    target: './lib',
    from: ['./lambda', './local', './bin', './client', './examples'],
    message: 'lib imports only lib.',
  },
  { target: './lib/contract', from: './lib', except: ['./contract'], message: 'the contract stands alone.' },
  { target: './lambda', from: './lib', except: ['./contract'], message: 'lambda imports only lib/contract.' },
  { target: './lambda', from: ['./local', './bin', './client'], message: 'lambda imports only lib/contract.' },
  {
    target: './lambda/core',
    from: './lambda',
    except: ['./core'],
    message: 'the core knows nothing of the steps over it.',
  },
  {
    target: './local',
    from: ['./lib', './lambda', './bin', './client'],
    message: 'local runs what is synthesized and bundled, and knows nothing else.',
  },
  { target: './client', from: './lib', except: ['./contract'], message: 'clients import only lib/contract.' },
  { target: './client', from: ['./lambda', './local', './bin'], message: 'clients import only lib/contract.' },
];

const LOCAL_ONLY = ARROWS.find(({ target }) => target === './local');

/** AWS's own search is closed: where the local runtime plays it, ours stands in for it. */
const LOCAL_WITH_SEARCH = [
  { ...LOCAL_ONLY, from: ['./bin', './client'] },
  { ...LOCAL_ONLY, from: './lib', except: ['./contract'] },
  { ...LOCAL_ONLY, from: './lambda', except: ['./core/search', './core/space'] },
];

export default tseslint.config(
  {
    ignores: [
      'node_modules',
      'lib/dist',
      'lambda/dist',
      'client/dist',
      'dist',
      '**/cdk.out*',
      '.cdk-hpo',
      'examples/digits/data',
    ],
  },
  eslint.configs.recommended,
  {
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'Buffer', 'URL', 'setTimeout', 'clearTimeout', 'setImmediate', 'performance'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
  {
    files: ['**/*.cjs', 'jest.config.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', module: 'writable', __dirname: 'readonly' },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: './tsconfig.dev.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts', '.js', '.mjs'] } } },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: ARROWS }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['local/sagemaker/tuning/search.ts'],
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: [...ARROWS.filter((arrow) => arrow !== LOCAL_ONLY), ...LOCAL_WITH_SEARCH],
        },
      ],
    },
  },
  {
    // jsii has no unions: values that may be several things are `any` in the constructs' public API.
    files: ['lib/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    files: ['lib/contract/**/*.ts', 'lambda/**/*.ts', 'local/**/*.ts', 'client/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['aws-cdk-lib*', 'constructs'], message: 'only constructs use the CDK.' }] },
      ],
    },
  },
);
