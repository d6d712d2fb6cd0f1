import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(__dirname, '../..');

const exec = promisify(execFile);

export interface Packed {
  readonly tarball: string;
  readonly files: string[];
  readonly size: number;
}

/** The package as it would be published, in a folder. What `npm run build` makes is made if it isn't there. */
export async function pack(folder: string): Promise<Packed> {
  const built = ['.jsii', 'lib/dist/index.js', 'lambda/dist/report/index.js', 'client/dist/python/cdk_hpo.py'];
  if (!built.every((file) => existsSync(join(ROOT, file)))) await exec('npm', ['run', '-s', 'build'], { cwd: ROOT });
  const { stdout } = await exec('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const [{ filename, files, size }] = JSON.parse(stdout) as [
    { filename: string; files: { path: string }[]; size: number },
  ];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path), size };
}

/** An empty app with the tarball installed, and with what the package asks of the app. No network. */
export async function install(tarball: string, folder: string): Promise<void> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  const options = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  await exec('npm', ['install', ...options, tarball], { cwd: folder });
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@aws-cdk'));
  const scoped = readdirSync(join(ROOT, 'node_modules/@aws-cdk')).map((name) => `@aws-cdk/${name}`);
  for (const name of ['aws-cdk-lib', 'constructs', ...scoped]) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

/** Runs a script of the app with an empty PATH, so with no Docker; links aren't followed, so with no module of ours. */
export async function runApp(folder: string, script: string): Promise<string> {
  const options = ['--preserve-symlinks', '--preserve-symlinks-main'];
  const env = { PATH: '', CDK_OUTDIR: join(folder, 'cdk.out'), CDK_VALIDATION: 'false' };
  const { stdout } = await exec(process.execPath, [...options, script], { cwd: folder, env });
  return stdout;
}
