import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FunctionDescription } from '../template/description';

/** The folder that holds the function's program; one that stands in the template gets a folder of its own. */
export function codeFolderOf(
  { codeFolder, inlineCode, name }: FunctionDescription,
  folder: string,
): string | undefined {
  if (codeFolder !== undefined || inlineCode === undefined) return codeFolder;
  const own = resolve(folder, 'code', name);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'index.js'), inlineCode);
  return own;
}
