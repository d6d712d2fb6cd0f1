import { readFileSync } from 'node:fs';
import type {
  AssetLookup,
  AttributeDefinition,
  FunctionDescription,
  GlobalSecondaryIndex,
  KeySchemaElement,
  StateMachineDescription,
  TableDescription,
} from './description';
import { isObject } from './json';
import type { JsonObject } from './json';
import type { StackTemplate, TemplateResource } from './stack-template';
import { TemplateError } from './template-error';

const LAMBDA_DEFAULT_TIMEOUT_SECONDS = 3;
const LAMBDA_DEFAULT_MEMORY_MB = 128;

export function describeStateMachine(
  template: StackTemplate,
  resource: TemplateResource,
  assets: AssetLookup,
): StateMachineDescription {
  const { name, ref: arn } = template.physicalOf(resource.logicalId);
  return {
    stackName: template.stack.name,
    logicalId: resource.logicalId,
    name,
    arn,
    roleArn: String(template.property(resource, 'RoleArn') ?? ''),
    type: template.property(resource, 'StateMachineType') === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
    definition: definitionOf(template, resource, assets),
  };
}

function definitionOf(template: StackTemplate, resource: TemplateResource, assets: AssetLookup): JsonObject {
  const path = template.path('Resources', resource.logicalId, 'Properties');
  const inline = template.property(resource, 'Definition');
  if (isObject(inline)) return inline;
  let text = template.property(resource, 'DefinitionString');
  const location = template.property(resource, 'DefinitionS3Location');
  if (text === undefined && isObject(location)) {
    const asset = assets.byKey(String(location.Key));
    if (asset === undefined) {
      throw new TemplateError(
        `${path}/DefinitionS3Location`,
        `no asset of this app has the key ${String(location.Key)}.`,
      );
    }
    text = readFileSync(asset.path, 'utf8');
  }
  if (typeof text !== 'string') {
    throw new TemplateError(path, 'needs DefinitionString, Definition or DefinitionS3Location.');
  }
  const substitutions = template.property(resource, 'DefinitionSubstitutions');
  if (isObject(substitutions)) {
    text = text.replace(/\$\{([^}]+)\}/g, (whole, name: string) =>
      Object.hasOwn(substitutions, name) ? String(substitutions[name]) : whole,
    );
  }
  try {
    const definition: unknown = JSON.parse(text as string);
    if (isObject(definition)) return definition;
  } catch (error) {
    throw new TemplateError(path, `the definition is not JSON: ${(error as Error).message}`);
  }
  throw new TemplateError(path, 'the definition is not a JSON object.');
}

export function describeFunction(
  template: StackTemplate,
  resource: TemplateResource,
  assets: AssetLookup,
): FunctionDescription {
  const { name, attributes } = template.physicalOf(resource.logicalId);
  const environment = template.property(resource, 'Environment');
  const variables = isObject(environment) && isObject(environment.Variables) ? environment.Variables : {};
  return {
    stackName: template.stack.name,
    logicalId: resource.logicalId,
    name,
    arn: attributes.Arn,
    handler: String(template.property(resource, 'Handler') ?? ''),
    runtime: String(template.property(resource, 'Runtime') ?? ''),
    ...codeOf(template, resource, assets),
    environment: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])),
    timeoutSeconds: Number(template.property(resource, 'Timeout') ?? LAMBDA_DEFAULT_TIMEOUT_SECONDS),
    memoryMb: Number(template.property(resource, 'MemorySize') ?? LAMBDA_DEFAULT_MEMORY_MB),
  };
}

// a function that can't run here is no error before somebody invokes it: an app may hold others beside a tuner.
function codeOf(
  template: StackTemplate,
  resource: TemplateResource,
  assets: AssetLookup,
): Pick<FunctionDescription, 'codeFolder' | 'inlineCode' | 'codeProblem'> {
  const code = template.property(resource, 'Code');
  const path = template.path('Resources', resource.logicalId, 'Properties', 'Code');
  if (isObject(code) && typeof code.ZipFile === 'string') return { inlineCode: code.ZipFile };
  if (!isObject(code) || typeof code.S3Key !== 'string') {
    return {
      codeProblem: `${path}: only code from an asset (S3Key) or in the template (ZipFile) runs locally, no image.`,
    };
  }
  const asset = assets.byKey(code.S3Key);
  if (asset === undefined) return { codeProblem: `${path}: no asset of this app has the key ${code.S3Key}.` };
  if (asset.packaging !== 'zip') {
    return { codeProblem: `${path}: the code is the archive ${asset.path}; give the CDK the folder, not an archive.` };
  }
  return { codeFolder: asset.path };
}

/** Notes, by the name of the function, what an EventInvokeConfig says of retries. */
export function asyncRetriesOf(
  template: StackTemplate,
  resource: TemplateResource,
  retries: Map<string, number>,
): void {
  const attempts = template.property(resource, 'MaximumRetryAttempts');
  const name = String(template.property(resource, 'FunctionName')).split(':').at(-1)!;
  if (attempts !== undefined) retries.set(name, Number(attempts));
}

export function describeTable(template: StackTemplate, resource: TemplateResource): TableDescription {
  const { name, attributes } = template.physicalOf(resource.logicalId);
  const indexes = (template.property(resource, 'GlobalSecondaryIndexes') ?? []) as GlobalSecondaryIndex[];
  return {
    stackName: template.stack.name,
    logicalId: resource.logicalId,
    name,
    arn: attributes.Arn,
    keySchema: (template.property(resource, 'KeySchema') ?? []) as KeySchemaElement[],
    attributeDefinitions: (template.property(resource, 'AttributeDefinitions') ?? []) as AttributeDefinition[],
    globalSecondaryIndexes: indexes.map(({ IndexName, KeySchema, Projection }) => ({
      IndexName,
      KeySchema,
      Projection,
    })),
  };
}
