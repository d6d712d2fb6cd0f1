import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackDescription } from './description';
import { isObject } from './json';
import type { JsonObject } from './json';
import { TemplateError } from './template-error';

export const LOCAL_REGION = 'us-east-1';
export const LOCAL_ACCOUNT_ID = '123456789012';

export interface CloudAssembly {
  /** The folder itself and those of its stages. */
  readonly folders: string[];
  readonly stacks: { readonly stack: StackDescription; readonly template: JsonObject }[];
}

/** Reads `manifest.json` of a synthesized app, with the stages inside of it. */
export function readCloudAssembly(folder: string): CloudAssembly {
  const manifestFile = join(folder, 'manifest.json');
  if (!existsSync(manifestFile)) {
    throw new TemplateError(manifestFile, 'not found. Give the folder that `cdk synth` wrote, usually cdk.out.');
  }
  const manifest = readJson(manifestFile);
  const assembly: CloudAssembly = { folders: [folder], stacks: [] };
  for (const [id, artifact] of Object.entries(isObject(manifest.artifacts) ? manifest.artifacts : {})) {
    if (!isObject(artifact)) continue;
    const properties = isObject(artifact.properties) ? artifact.properties : {};
    if (artifact.type === 'aws:cloudformation:stack') {
      const name = typeof properties.stackName === 'string' ? properties.stackName : id;
      const template = readJson(join(folder, String(properties.templateFile)));
      assembly.stacks.push({ stack: { name, ...environmentOf(artifact.environment) }, template });
    } else if (artifact.type === 'cdk:cloud-assembly') {
      const nested = readCloudAssembly(join(folder, String(properties.directoryName)));
      assembly.folders.push(...nested.folders);
      assembly.stacks.push(...nested.stacks);
    }
  }
  return assembly;
}

function environmentOf(environment: unknown): { region: string; accountId: string } {
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(String(environment)) ?? [];
  return {
    accountId: account !== undefined && /^\d{12}$/.test(account) ? account : LOCAL_ACCOUNT_ID,
    region: region !== undefined && region !== 'unknown-region' ? region : LOCAL_REGION,
  };
}

function readJson(file: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isObject(value)) throw new TemplateError(file, 'is not a JSON object.');
  return value;
}
