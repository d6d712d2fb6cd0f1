import type {
  BatchContainerDescription,
  ComputeEnvironmentDescription,
  JobDefinitionDescription,
  JobQueueDescription,
} from '../template/description';
import { clientException } from './client-exception';
import { ComputeEnvironment } from './compute-environment';
import type { ComputeEnvironmentOptions } from './compute-environment';

export interface AccountResources {
  readonly jobQueues: readonly JobQueueDescription[];
  readonly computeEnvironments: readonly ComputeEnvironmentDescription[];
  readonly jobDefinitions: readonly JobDefinitionDescription[];
}

/** The queues, environments and definitions of an app, found by what requests call them. */
export class Account {
  private readonly environments = new Map<string, ComputeEnvironment>();

  constructor(
    private readonly resources: AccountResources,
    private readonly options: ComputeEnvironmentOptions,
  ) {
    for (const description of resources.computeEnvironments) {
      const environment = new ComputeEnvironment(description, options);
      this.environments.set(description.arn, environment).set(description.name, environment);
    }
  }

  /** By name or ARN. */
  queue(nameOrArn: string): JobQueueDescription {
    const { jobQueues } = this.resources;
    const queue = jobQueues.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
    if (queue === undefined) throw clientException(notFound('JobQueue', nameOrArn, jobQueues));
    return queue;
  }

  /** By name or ARN, with or without the revision. */
  definition(nameOrArn: string): JobDefinitionDescription & { readonly container: BatchContainerDescription } {
    const { jobDefinitions } = this.resources;
    const definition = jobDefinitions.find(({ name, arn }) =>
      [name, `${name}:1`, arn, arn.replace(/:\d+$/, '')].includes(nameOrArn),
    );
    if (definition === undefined) throw clientException(notFound('JobDefinition', nameOrArn, jobDefinitions));
    const { container, problem } = definition;
    if (container === undefined) throw clientException(`JobDefinition ${definition.arn}: ${problem}`);
    return { ...definition, container };
  }

  /** Those of a queue, in the order in which they are tried. */
  environmentsOf(queue: JobQueueDescription): readonly ComputeEnvironment[] {
    return queue.computeEnvironments.map((nameOrArn) => {
      const known = this.environments.get(nameOrArn);
      if (known !== undefined) return known;
      // one from outside of the app is taken to have room.
      const { stackName } = queue;
      const environment = new ComputeEnvironment(
        {
          ...{ stackName, logicalId: nameOrArn, name: nameOrArn, arn: nameOrArn, resources: 'EC2', instanceTypes: [] },
          ...{ minVcpus: 0, maxVcpus: Infinity },
        },
        this.options,
      );
      this.environments.set(nameOrArn, environment);
      return environment;
    });
  }
}

function notFound(kind: string, name: string, known: readonly { readonly name: string }[]): string {
  const names = known.map((resource) => resource.name).join(', ');
  return `${kind} ${name} not found. The app's own: ${names === '' ? 'none' : names}`;
}
