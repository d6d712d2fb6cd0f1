import { InvalidDefinition, StateMachineDefinition, UnsupportedDefinition, validate } from '../asl';
import { ServiceError } from '../service';
import { arnName } from './input';

export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  /** A definition, or its JSON text. */
  readonly definition: unknown;
  readonly roleArn?: string;
}

/** A state machine whose definition can be run. */
export interface DeployedMachine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly text: string;
  readonly definition: StateMachineDefinition;
}

export interface MachinesOptions {
  readonly account: string;
  /** Milliseconds since the epoch. */
  readonly creationDate: number;
  /** Whether there is a service behind the resource of a Task state. */
  readonly isSupported: (resource: string) => boolean;
}

/** The state machines of the service: they stay as they were deployed. */
export class Machines {
  private readonly machines: ReadonlyMap<string, DeployedMachine>;

  /** Refuses a definition that can't be run, by machine, state and feature. */
  constructor(
    machines: readonly StateMachine[],
    private readonly options: MachinesOptions,
  ) {
    this.machines = new Map(machines.map((machine) => [machine.arn, this.deploy(machine)]));
  }

  get all(): DeployedMachine[] {
    return [...this.machines.values()];
  }

  /** @throws ServiceError if there is none */
  find(arn: string): DeployedMachine {
    arnName(arn, ['stateMachine']);
    const machine = this.machines.get(arn);
    if (machine === undefined) {
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    return machine;
  }

  /** As ListStateMachines answers. */
  listed({ arn, name }: DeployedMachine): Record<string, unknown> {
    return { stateMachineArn: arn, name, type: 'STANDARD', creationDate: this.options.creationDate / 1000 };
  }

  /** As DescribeStateMachine answers. */
  describe(machine: DeployedMachine): Record<string, unknown> {
    return {
      stateMachineArn: machine.arn,
      name: machine.name,
      status: 'ACTIVE',
      definition: machine.text,
      roleArn: machine.roleArn,
      type: 'STANDARD',
      creationDate: this.options.creationDate / 1000,
      loggingConfiguration: { level: 'OFF', includeExecutionData: false },
      tracingConfiguration: { enabled: false },
    };
  }

  /** As ValidateStateMachineDefinition answers. */
  validate(text: string, type: 'STANDARD' | 'EXPRESS'): unknown {
    try {
      validate(parseDefinition(text), this.options.isSupported, type);
      return { result: 'OK', diagnostics: [], truncated: false };
    } catch (e) {
      if (e instanceof InvalidDefinition) return { result: 'FAIL', diagnostics: e.diagnostics, truncated: false };
      if (!(e instanceof UnsupportedDefinition)) throw e;
      const diagnostics = e.findings.map((message) => ({
        severity: 'ERROR',
        code: 'NOT_SUPPORTED_BY_LOCAL_RUNTIME',
        message,
        location: '/',
      }));
      return { result: 'FAIL', diagnostics, truncated: false };
    }
  }

  private deploy(machine: StateMachine): DeployedMachine {
    let definition = machine.definition;
    try {
      if (typeof definition === 'string') definition = parseDefinition(definition);
      validate(definition, this.options.isSupported);
    } catch (e) {
      if (e instanceof Error) e.message = `state machine ${machine.name}: ${e.message}`;
      throw e;
    }
    return {
      arn: machine.arn,
      name: machine.name,
      roleArn: machine.roleArn ?? `arn:aws:iam::${this.options.account}:role/local`,
      text: typeof machine.definition === 'string' ? machine.definition : JSON.stringify(definition),
      definition,
    };
  }
}

function parseDefinition(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (e) {
    throw new InvalidDefinition([
      { severity: 'ERROR', code: 'INVALID_JSON_DESCRIPTION', message: (e as Error).message, location: '/' },
    ]);
  }
}
