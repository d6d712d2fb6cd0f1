/** Where a stack of the app is deployed: its own environment, or the local default for an agnostic stack. */
export interface StackDescription {
  readonly name: string;
  readonly region: string;
  readonly accountId: string;
}

export interface StateMachineDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** The parsed Amazon States Language. */
  readonly definition: Record<string, unknown>;
}

export interface FunctionDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly handler: string;
  readonly runtime: string;
  /** The folder with the function's bundle; undefined when it has none here, as `codeProblem` then says. */
  readonly codeFolder?: string;
  /** The program itself, where it stands in the template: a file `index`. */
  readonly inlineCode?: string;
  readonly codeProblem?: string;
  readonly environment: Record<string, string>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** How often an asynchronous invocation that fails is tried again. @default 2 */
  readonly asyncRetryAttempts?: number;
}

export interface KeySchemaElement {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

export interface AttributeDefinition {
  readonly AttributeName: string;
  readonly AttributeType: 'S' | 'N' | 'B';
}

export interface GlobalSecondaryIndex {
  readonly IndexName: string;
  readonly KeySchema: readonly KeySchemaElement[];
  readonly Projection: {
    readonly ProjectionType?: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
    readonly NonKeyAttributes?: string[];
  };
}

export interface TableDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly attributeDefinitions: readonly AttributeDefinition[];
  readonly globalSecondaryIndexes: readonly GlobalSecondaryIndex[];
}

export interface BucketDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
}

/** A rule of the default event bus that may match events of Step Functions. */
export interface RuleDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  /** Where the rule's properties stand, for messages about them. */
  readonly path: string;
  readonly enabled: boolean;
  readonly eventPattern: Readonly<Record<string, unknown>>;
  readonly targets: readonly RuleTargetDescription[];
}

export interface RuleTargetDescription {
  readonly arn: string;
  /** JSON that the target gets in place of the event. */
  readonly input?: string;
  /** The part of the event that the target gets. */
  readonly inputPath?: string;
  readonly hasInputTransformer: boolean;
}

/** A subscription of CloudWatch Logs: lines of a log group that go to a destination. */
export interface SubscriptionFilterDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  /** Where the subscription's properties stand, for messages about them. */
  readonly path: string;
  readonly logGroupName: string;
  readonly filterPattern: string;
  readonly destinationArn: string;
}

/** A job queue of AWS Batch. */
export interface JobQueueDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Queues of a higher priority are served first. */
  readonly priority: number;
  readonly enabled: boolean;
  /** Names or ARNs, in the order in which they are tried. */
  readonly computeEnvironments: readonly string[];
  /** What cancels jobs that wait for what can never be. @default - they wait for ever */
  readonly stateTimeLimits?: readonly BatchStateTimeLimit[];
}

/** An entry of JobStateTimeLimitActions: all that AWS takes cancel jobs in the state RUNNABLE. */
export interface BatchStateTimeLimit {
  /** Why the job waits: what its status reason begins with. */
  readonly reason: string;
  readonly maxTimeSeconds: number;
}

export interface ComputeEnvironmentDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly resources: 'EC2' | 'SPOT' | 'FARGATE' | 'FARGATE_SPOT';
  readonly minVcpus: number;
  /** Infinity for an unmanaged environment that says nothing. */
  readonly maxVcpus: number;
  /** Types, families or `optimal`; empty on Fargate. */
  readonly instanceTypes: readonly string[];
}

export interface BatchKeyValue {
  readonly name: string;
  readonly value: string;
}

export interface BatchResourceRequirement {
  readonly type: string;
  readonly value: string;
}

export interface BatchContainerDescription {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: readonly BatchKeyValue[];
  readonly resourceRequirements: readonly BatchResourceRequirement[];
  readonly jobRoleArn?: string;
  readonly executionRoleArn?: string;
}

/** A condition of a retry strategy: all of its patterns have to match. */
export interface BatchEvaluateOnExit {
  readonly action: string;
  readonly onExitCode?: string;
  readonly onReason?: string;
  readonly onStatusReason?: string;
}

export interface BatchRetryStrategy {
  readonly attempts?: number;
  readonly evaluateOnExit?: readonly BatchEvaluateOnExit[];
}

/** A job definition of AWS Batch. */
export interface JobDefinitionDescription {
  readonly stackName: string;
  readonly logicalId: string;
  readonly name: string;
  /** With its revision. */
  readonly arn: string;
  /** Undefined when its jobs can't run here, as `problem` then says. */
  readonly container?: BatchContainerDescription;
  readonly problem?: string;
  readonly retryStrategy?: BatchRetryStrategy;
  readonly attemptDurationSeconds?: number;
}

/** A file or a folder that the CDK would upload: `zip` means that the folder at `path` is zipped on the way. */
export interface Asset {
  readonly path: string;
  readonly packaging: 'zip' | 'file';
}

export interface AssetLookup {
  /** The asset behind an object key of the CDK's asset bucket. */
  byKey(objectKey: string): Asset | undefined;
}

/** What the local runtime needs to know of a synthesized app. */
export interface AppDescription {
  readonly stacks: readonly StackDescription[];
  readonly stateMachines: readonly StateMachineDescription[];
  readonly functions: readonly FunctionDescription[];
  readonly tables: readonly TableDescription[];
  readonly buckets: readonly BucketDescription[];
  readonly rules: readonly RuleDescription[];
  readonly subscriptionFilters: readonly SubscriptionFilterDescription[];
  readonly jobQueues: readonly JobQueueDescription[];
  readonly computeEnvironments: readonly ComputeEnvironmentDescription[];
  readonly jobDefinitions: readonly JobDefinitionDescription[];
  /** Outputs by name; `Stack.Name` where two stacks have an output of the same name. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly assets: AssetLookup;
}
