/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: { '^.+\\.tsx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdk.out', '<rootDir>/.cdk-hpo/'],
  testTimeout: 60000,
  // each look at `Math` costs more than the exponential that is wanted of it, where it is the sandbox's own.
  sandboxInjectedGlobals: ['Math'],
  setupFiles: ['<rootDir>/test/setup.ts'],
};
