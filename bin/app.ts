import { createDigitsApp } from './digits-app';

async function main(): Promise<void> {
  (await createDigitsApp()).synth();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
