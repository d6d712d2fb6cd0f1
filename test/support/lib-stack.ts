import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, AppProps, CfnResource, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ComputeDefinition, TunerDefinition } from '../../lib/contract/tuner-definition';
import { Objective, Parameter, SageMakerTrainingProps, TrainingImage, TrialRunner, Tuner, TunerProps } from '../../lib';
import { exceededLimits } from './lib-request-limits';
import { unknownFields } from './lib-request-shape';
import { sentRequests } from './lib-sent-request';

/** Where the apps of a test file put their templates and assets: the steps' bundles are copied once, and don't stay. */
const OUTDIR = mkdtempSync(join(tmpdir(), 'cdk-hpo-lib-'));
afterAll(() => rmSync(OUTDIR, { recursive: true, force: true }));

export function newApp(props: AppProps = {}): App {
  return new App({ outdir: OUTDIR, ...props });
}

export function newStack(props: StackProps = {}, appProps: AppProps = {}): Stack {
  return new Stack(newApp(appProps), 'Stack', props);
}

/** A tuner with what is required and nothing else, but for `props`. */
export function newTuner(stack: Stack, props: Partial<TunerProps> = {}, id = 'Tuner'): Tuner {
  return new Tuner(stack, id, {
    searchSpace: { learning_rate: Parameter.continuous({ min: 0.001, max: 0.1 }) },
    objective: Objective.maximize('accuracy'),
    trialRunner: sageMakerTraining(),
    ...props,
  });
}

export function sageMakerTraining(props: Partial<SageMakerTrainingProps> = {}): TrialRunner {
  return TrialRunner.sageMakerTraining({ image: TrainingImage.fromUri('registry/image:1'), ...props });
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Principal?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/**
 * A stack's template with readable references: `{Ref}` and `{GetAtt}` of a resource become `${path.Attribute}`, with the
 * path of its construct below the stack (without `Resource` at its end).
 */
export class ReadableTemplate {
  public readonly resources: Record<string, Resource> = {};
  public readonly outputs: Record<string, unknown>;
  private readonly names = new Map<string, string>();

  /** @param values of parameters, by logical id; all others stay `${...}` */
  constructor(
    stack: Stack,
    private readonly values: Record<string, string | number> = {},
  ) {
    for (const construct of stack.node.findAll()) {
      if (CfnResource.isCfnResource(construct)) {
        const path = construct.node.path.slice(stack.node.path.length + 1).replace(/(\/Resource)+$/, '');
        this.names.set(stack.resolve(construct.logicalId) as string, path);
      }
    }
    const template = Template.fromStack(stack).toJSON() as {
      Resources: Record<string, Resource>;
      Outputs?: Record<string, unknown>;
    };
    for (const [id, resource] of Object.entries(template.Resources)) {
      this.resources[this.nameOf(id)] = this.render(resource) as Resource;
    }
    this.outputs = this.render(template.Outputs ?? {}) as Record<string, unknown>;
  }

  public ofType(type: string): Record<string, Resource> {
    return Object.fromEntries(Object.entries(this.resources).filter(([, resource]) => resource.Type === type));
  }

  public properties(path: string): Record<string, unknown> {
    const resource = this.resources[path];
    if (resource === undefined) throw new Error(`no ${path}, there are ${Object.keys(this.resources).join(', ')}`);
    return resource.Properties;
  }

  /** What the role at the path may do, by all its policies. */
  public statementsOf(role: string): Statement[] {
    return Object.values(this.ofType('AWS::IAM::Policy'))
      .filter(({ Properties }) => (Properties.Roles as string[]).includes(`\${${role}}`))
      .flatMap(({ Properties }) => statements(Properties.PolicyDocument));
  }

  /** Who may take the role. */
  public trustOf(role: string): Statement[] {
    return statements(this.properties(role).AssumeRolePolicyDocument);
  }

  private nameOf(logicalId: string): string {
    return this.names.get(logicalId) ?? logicalId;
  }

  private render(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.render(item));
    if (typeof value !== 'object' || value === null) return value;

    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? ['', undefined];
    if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::')))
      return this.renderIntrinsic(name, argument);
    return Object.fromEntries(entries.map(([key, item]) => [key, this.render(item)]));
  }

  private renderIntrinsic(name: string, argument: unknown): unknown {
    const parts = Array.isArray(argument) ? argument.map((part) => this.render(part)) : [];
    switch (name) {
      case 'Ref':
        return this.values[argument as string] ?? `\${${this.nameOf(argument as string)}}`;
      case 'Fn::GetAtt':
        return `\${${this.nameOf(parts[0] as string)}.${parts[1]}}`;
      case 'Fn::Join':
        return (parts[1] as unknown[]).join(parts[0] as string);
      case 'Fn::Sub':
        return argument;
      case 'Fn::Select':
        return `${parts[1]}[${parts[0]}]`;
      case 'Fn::Split':
        return parts[1];
      default:
        return `\${${name}(${parts.join(', ')})}`;
    }
  }
}

function statements(document: unknown): Statement[] {
  return (document as { Statement: Statement[] }).Statement;
}

export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Default?: string;
  readonly Choices?: { readonly Condition: string; readonly Next: string }[];
  readonly Catch?: {
    readonly ErrorEquals: string[];
    readonly Next: string;
    readonly Assign?: Record<string, string>;
  }[];
  readonly Retry?: { readonly ErrorEquals: string[]; readonly [setting: string]: unknown }[];
  readonly Resource?: string;
  readonly Arguments?: Record<string, unknown>;
  readonly Assign?: Record<string, string>;
  readonly Output?: unknown;
  readonly ItemProcessor?: StateGraph & { readonly ProcessorConfig: Record<string, string> };
  readonly [field: string]: unknown;
}

export interface StateGraph {
  readonly StartAt: string;
  readonly States: Record<string, State>;
}

export interface Definition extends StateGraph {
  readonly QueryLanguage: string;
  readonly Comment: string;
}

/** The definition of a tuner's state machine as JSON. */
export function definitionOf(template: ReadableTemplate, tuner = 'Tuner'): Definition {
  return JSON.parse(template.properties(`${tuner}/StateMachine`).DefinitionString as string) as Definition;
}

/** The states of a slot. */
export function slotOf(definition: Definition): StateGraph {
  return definition.States['Run slots']!.ItemProcessor!;
}

/**
 * The request of CreateTrainingJob, with its expressions. SageMaker must take it: that is checked when the test has ended,
 * so no test can leave it out.
 */
export function trainingRequestOf(template: ReadableTemplate, tuner = 'Tuner'): Record<string, unknown> {
  const request = slotOf(definitionOf(template, tuner)).States.Train!.Arguments!;
  unchecked.push(() => checkRequest(request, template, tuner));
  return request;
}

const unchecked: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(unchecked.splice(0).map((check) => check()));
});

async function checkRequest(
  request: Record<string, unknown>,
  template: ReadableTemplate,
  tuner: string,
): Promise<void> {
  const typeOf = (name: string) => template.resources[name]?.Type;
  const sent = await sentRequests(request, tunerDefinitionOf(template, tuner), typeOf);
  expect(unknownFields(request)).toEqual([]);
  expect(sent.flatMap((one) => exceededLimits(one))).toEqual([]);
}

/** What the constructs tell the Lambda steps. */
export function tunerDefinitionOf(template: ReadableTemplate, tuner = 'Tuner'): TunerDefinition {
  const { Payload } = definitionOf(template, tuner).States['Open study']!.Arguments as {
    Payload: { tuner: TunerDefinition };
  };
  return Payload.tuner;
}

/** The definition of a tuner with these props. */
export function tunerDefinition(props: Partial<TunerProps>): TunerDefinition {
  const stack = newStack();
  newTuner(stack, props);
  return tunerDefinitionOf(new ReadableTemplate(stack));
}

/** What a trial runner needs, or what makes it in a stack: a VPC, a key, ... */
export type RunnerProps = Partial<SageMakerTrainingProps> | ((stack: Stack) => Partial<SageMakerTrainingProps>);

/** The template of a stack with a tuner whose trial runner has these props. */
export function templateOf(props: RunnerProps, tuner: Partial<TunerProps> = {}): ReadableTemplate {
  const stack = newStack();
  newTuner(stack, { trialRunner: sageMakerTraining(typeof props === 'function' ? props(stack) : props), ...tuner });
  return new ReadableTemplate(stack);
}

/** The request of CreateTrainingJob of a tuner with these props, which is checked as in `trainingRequestOf`. */
export function checkedTrainingRequest(props: RunnerProps, tuner: Partial<TunerProps> = {}): Record<string, unknown> {
  return trainingRequestOf(templateOf(props, tuner));
}

/** What a tuner with these props tells the Lambda steps about its training jobs. */
export function computeOf(props: RunnerProps, tuner: Partial<TunerProps> = {}): ComputeDefinition {
  return tunerDefinitionOf(templateOf(props, tuner)).compute;
}
