import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Asset, AssetLookup } from './description';
import { isObject } from './json';
import { TemplateError } from './template-error';

/** The files of every `*.assets.json` in the folders of a synthesized app, by object key. */
export function readAssets(folders: readonly string[]): AssetLookup {
  const byKey = new Map<string, Asset>();
  for (const folder of folders) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.assets.json'))) {
      readManifest(folder, file, byKey);
    }
  }
  return { byKey: (objectKey) => byKey.get(objectKey) };
}

function readManifest(folder: string, file: string, byKey: Map<string, Asset>): void {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const files = isObject(manifest) && isObject(manifest.files) ? manifest.files : {};
  for (const [hash, entry] of Object.entries(files)) {
    if (!isObject(entry) || !isObject(entry.destinations)) continue;
    const source = isObject(entry.source) ? entry.source : {};
    if (typeof source.path !== 'string') continue; // built by an executable at deploy time.
    const path = join(folder, source.path);
    if (!existsSync(path)) {
      throw new TemplateError(`${file}/files/${hash}`, `the asset ${path} is missing. Synthesize the app again.`);
    }
    for (const destination of Object.values(entry.destinations)) {
      if (isObject(destination) && typeof destination.objectKey === 'string') {
        byKey.set(destination.objectKey, { path, packaging: source.packaging === 'zip' ? 'zip' : 'file' });
      }
    }
  }
}
