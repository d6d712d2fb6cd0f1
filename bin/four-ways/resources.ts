import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { table } from './table';
import { WAYS, WayName } from './ways';

/** Parts of a template that one looks after, by the type that CloudFormation gives them. */
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['resources in the template', /^/],
  ['of them Lambda functions', /^AWS::Lambda::Function$/],
  ['roles and policies', /^AWS::IAM::/],
  ['log groups', /^AWS::Logs::/],
  ['of AWS Batch', /^AWS::Batch::/],
];

/** Resources of each kind, in the template of an assembly. */
export function countResources(assembly: string): number[] {
  const template = JSON.parse(readFileSync(path.join(assembly, 'FourWays.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string }>;
  };
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  return KINDS.map(([, type]) => types.filter((one) => type.test(one)).length);
}

export function resourcesTable(counts: Readonly<Record<WayName, number[]>>): string {
  const ways = (Object.keys(counts) as WayName[]).filter((way) => way !== 'warm');
  return table([
    ['', ...ways.map((way) => WAYS[way].title)],
    ...KINDS.map(([kind], index) => [kind, ...ways.map((way) => String(counts[way][index]))]),
  ]);
}
