import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { Clock, RealClock } from './clock';
import { DynamoDbServer } from './dynamodb';
import { LocalHttpServer } from './http-server';
import { LambdaService, ServiceEndpoints } from './lambda';
import { JobLauncher, ProcessJobLauncher, SageMakerService, SageMakerServiceOptions } from './sagemaker';
import { ObjectStore, createS3Handler } from './s3';
import { StepFunctionsService } from './step-functions';
import { LocalTaskServices } from './task-services';
import { AppDescription, LOCAL_ACCOUNT_ID, LOCAL_REGION, loadStacks } from './template';

export interface LocalRuntimeOptions {
  /** The synthesized app: a `cdk.out` folder. */
  readonly assembly: string;
  /** Where all state is kept: a later runtime over the same folder goes on from it. */
  readonly folder: string;
  /** @default - real time */
  readonly clock?: Clock;
  /** @default - programs run as processes of this machine */
  readonly launcher?: JobLauncher;
  /** Keeps tables in memory: faster, for what needs no tomorrow. @default false */
  readonly inMemory?: boolean;
  /** What a training job that ended Stopped gives its task. @default success */
  readonly stoppedIs?: 'success' | 'failure';
  /** Limits of the training job service. */
  readonly sageMaker?: Pick<
    SageMakerServiceOptions,
    'instanceQuota' | 'createRatePerSecond' | 'stopGraceSeconds' | 'onLine'
  >;
}

/**
 * A synthesized app running on this machine: its state machines, its Lambda bundles, its tables and its training jobs,
 * behind the wire protocols of AWS on the loopback interface.
 */
export class LocalRuntime {
  static async start(options: LocalRuntimeOptions): Promise<LocalRuntime> {
    const app = loadStacks(options.assembly);
    mkdirSync(options.folder, { recursive: true });
    const at = (name: string) => path.join(options.folder, name);
    const clock = options.clock ?? new RealClock();
    // filled when the servers listen; functions and jobs read it when they start.
    const endpoints: ServiceEndpoints = {};

    const dynamoDb = await DynamoDbServer.start({
      folder: options.inMemory ? undefined : at('dynamodb'),
      tables: app.tables,
    });
    const lambda = new LambdaService({ functions: app.functions, folder: at('lambda'), clock, endpoints });
    const launcher = options.launcher ?? new ProcessJobLauncher();
    const objectStore = new ObjectStore(at('s3'));
    const sageMaker = new SageMakerService({
      ...options.sageMaker,
      clock,
      launcher,
      endpoints,
      folder: launcher.needsFiles || !options.inMemory ? at('training-jobs') : undefined,
      objectStore,
      assets: app.assets,
    });
    const stepFunctions = new StepFunctionsService({
      clock,
      services: new LocalTaskServices({ lambda, sageMaker, stoppedIs: options.stoppedIs }),
      stateMachines: app.stateMachines,
      folder: options.inMemory ? undefined : at('executions'),
      region: LOCAL_REGION,
      account: LOCAL_ACCOUNT_ID,
    });
    const server = new LocalHttpServer({
      services: [stepFunctions, sageMaker],
      lambda,
      s3: createS3Handler(objectStore),
    });
    const url = await server.start();
    Object.assign(endpoints, { dynamodb: dynamoDb.url, sagemaker: url, sfn: url, lambda: url, s3: url });
    return new LocalRuntime(app, url, clock, objectStore, dynamoDb, lambda, sageMaker, stepFunctions, server);
  }

  private constructor(
    readonly app: AppDescription,
    /** Endpoint of Step Functions, SageMaker, Lambda and S3. */
    readonly url: string,
    readonly clock: Clock,
    /** The buckets. */
    readonly objectStore: ObjectStore,
    readonly dynamoDb: DynamoDbServer,
    readonly lambda: LambdaService,
    readonly sageMaker: SageMakerService,
    readonly stepFunctions: StepFunctionsService,
    private readonly server: LocalHttpServer,
  ) {}

  /** Ends what runs. Jobs are stopped; a later runtime over the same folder can resume their studies. */
  async close(): Promise<void> {
    await this.stepFunctions.close();
    await this.sageMaker.close();
    await this.lambda.close();
    await this.server.close();
    await this.dynamoDb.close();
  }
}
