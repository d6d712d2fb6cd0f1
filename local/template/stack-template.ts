import type { StackDescription } from './description';
import { evaluateCondition, NO_VALUE, resolve } from './intrinsics';
import type { IntrinsicScope } from './intrinsics';
import { isObject } from './json';
import type { JsonObject } from './json';
import { physicalName, physicalResource } from './physical-resource';
import type { PhysicalResource } from './physical-resource';
import { TemplateError } from './template-error';

/** One resource of a template, its properties still with their intrinsic functions. */
export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** One stack's template, with everything in it resolved on demand. */
export class StackTemplate implements IntrinsicScope {
  private readonly physical = new Map<string, PhysicalResource>();
  /** What is being resolved just now, to find circles. */
  private readonly open = new Set<string>();

  constructor(
    readonly stack: StackDescription,
    private readonly template: JsonObject,
    private readonly findExport: (name: string) => unknown,
  ) {}

  /** The resources whose condition holds. */
  resources(): TemplateResource[] {
    const resources: TemplateResource[] = [];
    for (const [logicalId, resource] of Object.entries(this.section('Resources'))) {
      if (!isObject(resource) || typeof resource.Type !== 'string') continue;
      const path = this.path('Resources', logicalId);
      if (typeof resource.Condition === 'string' && !this.condition(resource.Condition, path)) continue;
      const properties = isObject(resource.Properties) ? resource.Properties : {};
      resources.push({ logicalId, type: resource.Type, properties });
    }
    return resources;
  }

  /** What `Ref` and `Fn::GetAtt` know of a resource. */
  physicalOf(logicalId: string): PhysicalResource {
    const known = this.physical.get(logicalId);
    if (known !== undefined) return known;
    const path = this.path('Resources', logicalId);
    const resource = this.section('Resources')[logicalId];
    if (!isObject(resource) || typeof resource.Type !== 'string') {
      throw new TemplateError(path, 'there is no resource of this name.');
    }
    const properties = isObject(resource.Properties) ? resource.Properties : {};
    return this.once(`resource ${logicalId}`, path, () => {
      const name = physicalName(this.stack, logicalId, resource.Type as string, properties, (value, at) =>
        this.resolve(value, `${path}/${at}`),
      );
      const made = physicalResource(this.stack, logicalId, resource.Type as string, name, (property) =>
        this.resolve(properties[property], `${path}/Properties/${property}`),
      );
      this.physical.set(logicalId, made);
      return made;
    });
  }

  /** A resource's property without intrinsic functions; undefined when it is not there. */
  property(resource: TemplateResource, name: string): unknown {
    const resolved = this.resolve(
      resource.properties[name],
      this.path('Resources', resource.logicalId, 'Properties', name),
    );
    return resolved === NO_VALUE ? undefined : resolved;
  }

  outputs(): Record<string, string> {
    const outputs: Record<string, string> = {};
    for (const [name, output] of Object.entries(this.section('Outputs'))) {
      if (!isObject(output)) continue;
      const path = this.path('Outputs', name);
      if (typeof output.Condition === 'string' && !this.condition(output.Condition, path)) continue;
      const value = this.resolve(output.Value, `${path}/Value`);
      outputs[name] = typeof value === 'string' ? value : JSON.stringify(value);
    }
    return outputs;
  }

  /** The value of an exported output, or undefined when this stack does not export the name. */
  exported(name: string): unknown {
    for (const [id, output] of Object.entries(this.section('Outputs'))) {
      if (!isObject(output) || !isObject(output.Export)) continue;
      const path = this.path('Outputs', id);
      if (this.resolve(output.Export.Name, `${path}/Export/Name`) === name) {
        return this.resolve(output.Value, `${path}/Value`);
      }
    }
    return undefined;
  }

  resolve(value: unknown, path: string): unknown {
    return resolve(value, path, this);
  }

  ref(name: string, path: string): unknown {
    if (name.startsWith('AWS::')) return this.pseudoParameter(name, path);
    const parameter = this.section('Parameters')[name];
    if (isObject(parameter)) {
      if (parameter.Default === undefined) {
        throw new TemplateError(
          this.path('Parameters', name),
          'this parameter has no Default, and a local run asks nobody for a value. Give it a default.',
        );
      }
      // the bootstrap version and other parameters of the type AWS::SSM::Parameter::Value hold a path; nobody reads it.
      return parameter.Default;
    }
    if (this.section('Resources')[name] === undefined) {
      throw new TemplateError(path, `Ref ${JSON.stringify(name)} names no resource and no parameter of this template.`);
    }
    return this.physicalOf(name).ref;
  }

  getAtt(logicalId: string, attribute: string, path: string): unknown {
    if (this.section('Resources')[logicalId] === undefined) {
      throw new TemplateError(path, `${JSON.stringify(logicalId)} names no resource of this template.`);
    }
    const { name, attributes } = this.physicalOf(logicalId);
    return attributes[attribute] ?? `${name}.${attribute}`;
  }

  condition(name: string, path: string): boolean {
    const condition = this.section('Conditions')[name];
    if (condition === undefined) {
      throw new TemplateError(path, `${JSON.stringify(name)} names no condition of this template.`);
    }
    const at = this.path('Conditions', name);
    return this.once(`condition ${name}`, at, () => evaluateCondition(condition, at, this));
  }

  mapping(map: string, first: string, second: string, path: string, otherwise?: unknown): unknown {
    const outer = this.section('Mappings')[map];
    const inner = isObject(outer) ? outer[first] : undefined;
    const value = isObject(inner) && inner[second] !== undefined ? inner[second] : otherwise;
    if (value === undefined) {
      throw new TemplateError(path, `the mapping ${map} has no entry for ${first}, ${second}.`);
    }
    return value;
  }

  importValue(name: string, path: string): unknown {
    return this.once(`import ${name}`, path, () => {
      const value = this.findExport(name);
      if (value === undefined) {
        throw new TemplateError(path, `no stack of this app exports ${JSON.stringify(name)}.`);
      }
      return value;
    });
  }

  path(...parts: string[]): string {
    return [this.stack.name, ...parts].join('/');
  }

  private pseudoParameter(name: string, path: string): unknown {
    switch (name) {
      case 'AWS::Region':
        return this.stack.region;
      case 'AWS::AccountId':
        return this.stack.accountId;
      case 'AWS::Partition':
        return 'aws';
      case 'AWS::URLSuffix':
        return 'amazonaws.com';
      case 'AWS::StackName':
        return this.stack.name;
      case 'AWS::StackId':
        return `arn:aws:cloudformation:${this.stack.region}:${this.stack.accountId}:stack/${this.stack.name}/local`;
      case 'AWS::NoValue':
        return NO_VALUE;
      default:
        throw new TemplateError(path, `${name} has no value in the local runtime.`);
    }
  }

  private section(name: string): JsonObject {
    const section = this.template[name];
    return isObject(section) ? section : {};
  }

  private once<T>(what: string, path: string, work: () => T): T {
    if (this.open.has(what)) throw new TemplateError(path, `the ${what} refers to itself.`);
    this.open.add(what);
    try {
      return work();
    } finally {
      this.open.delete(what);
    }
  }
}
