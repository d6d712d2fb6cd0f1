import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

export const ROOT = join(__dirname, '..', '..');

/** A Python to test with, or undefined. The system's own has no NumPy and no boto3, as on many a user's machine. */
export const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (candidate) => (candidate.startsWith('/') ? existsSync(candidate) : true) && works(candidate, 'pass'),
);

/** A Python that has NumPy, or undefined. */
export const NUMPY_PYTHON = ['python3', '/usr/bin/python3'].find((candidate) => works(candidate, 'import numpy'));

function works(python: string, code: string): boolean {
  try {
    execFileSync(python, ['-c', code], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Bundles a client as bin/bundle.mjs does, so that these tests need no build. */
export function bundle(entry: string, outfile: string): void {
  buildSync({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node18',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly finished: Promise<Finished>;
  /** Resolves when stdout holds the text. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a program with only the environment that is given, plus PATH. */
export function start(command: string[], env: Record<string, string> = {}, cwd?: string): Running {
  const child = spawn(command[0], command.slice(1), { env: { PATH: process.env.PATH, ...env }, cwd });
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; resolve: () => void }[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
    waiting.filter(({ text }) => stdout.includes(text)).forEach(({ resolve }) => resolve());
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    pid: child.pid ?? 0,
    finished,
    printed: async (text) => {
      if (!stdout.includes(text)) {
        const ended = finished.then((result) => {
          throw new Error(`the program ended without printing ${text}: ${JSON.stringify(result)}`);
        });
        await Promise.race([ended, new Promise<void>((resolve) => waiting.push({ text, resolve }))]);
        ended.catch(() => undefined);
      }
    },
    kill: (signal) => child.kill(signal),
  };
}

export function run(command: string[], env?: Record<string, string>, cwd?: string): Promise<Finished> {
  return start(command, env, cwd).finished;
}

/** What the fake Lambda service answers to one call. */
export interface FakeAnswer {
  readonly status?: number;
  readonly functionError?: boolean;
  readonly body: unknown;
}

export interface FakeLambda {
  readonly endpoint: string;
  readonly paths: string[];
  readonly payloads: Record<string, unknown>[];
  answer: (payload: Record<string, unknown>, call: number) => FakeAnswer;
  close(): Promise<void>;
}

/** A Lambda service on loopback that only knows Invoke. */
export async function fakeLambda(): Promise<FakeLambda> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk));
    request.on('end', () => {
      const payload = JSON.parse(text) as Record<string, unknown>;
      fake.paths.push(`${request.method} ${request.url}`);
      fake.payloads.push(payload);
      const { status = 200, functionError = false, body } = fake.answer(payload, fake.payloads.length);
      response.writeHead(status, functionError ? { 'X-Amz-Function-Error': 'Unhandled' } : {});
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeLambda = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths: [],
    payloads: [],
    answer: () => ({ body: { decision: 'continue' } }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return fake;
}
