import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Zipped as the CDK does: always the same bytes for the same files. */
const FIXED_TIME = '1980-01-02T00:00:00Z';
const UNIX = 3;

/** The zip of an asset's folder, made once and kept under its key, which is a digest of what is in it. */
export function zippedAsset(assetFolder: string, cacheFolder: string, key: string): string {
  const archive = join(cacheFolder, key.replace(/[^A-Za-z0-9._-]/g, '_'));
  if (existsSync(archive)) return archive;
  mkdirSync(cacheFolder, { recursive: true });
  const temporary = `${archive}.${process.pid}.new`;
  writeFileSync(temporary, zipSync(entriesOf(assetFolder), { level: 6 }));
  renameSync(temporary, archive);
  return archive;
}

function entriesOf(folder: string): Zippable {
  const entries: Zippable = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const stats = statSync(path);
    if (stats.isDirectory()) {
      entries[name] = entriesOf(path);
    } else if (stats.isFile()) {
      const executable = (stats.mode & 0o111) !== 0;
      const attrs = (executable ? 0o100755 : 0o100644) << 16;
      entries[name] = [readFileSync(path), { mtime: FIXED_TIME, os: UNIX, attrs: attrs >>> 0 }];
    }
  }
  return entries;
}
