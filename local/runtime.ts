import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { BatchAccountOptions, BatchLauncher, BatchService, ProcessBatchLauncher } from './batch';
import { Clock, RealClock } from './clock';
import { DynamoDbServer } from './dynamodb';
import { AsyncInvoker, EventBus, executionRules } from './events';
import { LocalHttpServer } from './http-server';
import { FaultInjector, FaultPlan, FaultStrike } from './faults';
import { LambdaService, ServiceEndpoints } from './lambda';
import { JobLauncher, ProcessJobLauncher, SageMakerAccountOptions, SageMakerService } from './sagemaker';
import { TrainingJobLogs, trainingJobSubscriptions } from './logs';
import { AssetPublisher, ObjectStore, createS3Handler } from './s3';
import { ServiceQuotas, ServiceQuotasService } from './service-quotas';
import { StepFunctionsService } from './step-functions';
import { LocalTaskServices } from './task-services';
import { AppDescription, LOCAL_ACCOUNT_ID, LOCAL_REGION, loadStacks } from './template';

/** Of one request, which is held in memory. */
const MAX_BODY_BYTES = 512 * 1024 * 1024;

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
  /** Limits and habits of the training job service. */
  readonly sageMaker?: SageMakerAccountOptions;
  /** Where the containers of AWS Batch run. @default - their commands run as processes of this machine */
  readonly batchLauncher?: BatchLauncher;
  /** Limits and habits of AWS Batch. */
  readonly batch?: BatchAccountOptions;
  /** How long lines of training jobs are on their way to the functions that have subscribed. @default 1 */
  readonly logDeliverySeconds?: number;
  /** SageMaker's quotas as Service Quotas tells them, by name. @default - it knows none */
  readonly serviceQuotas?: ServiceQuotas;
  /** Told what of the app is left out here, and which asynchronous events are lost. @default - printed as an error */
  readonly onNotice?: (text: string) => void;
  /** What goes wrong, by name; see `docs/local-runtime.md`. @default - nothing */
  readonly faults?: readonly FaultPlan[];
  /** Told whenever a fault strikes. */
  readonly onFault?: (strike: FaultStrike) => void;
}

/**
 * A synthesized app running on this machine: its state machines, its Lambda bundles, its tables and its training jobs,
 * behind the wire protocols of AWS on the loopback interface.
 */
export class LocalRuntime {
  static async start(options: LocalRuntimeOptions): Promise<LocalRuntime> {
    const faults = new FaultInjector(options.faults, options.onFault);
    const app = loadStacks(options.assembly);
    const notice = options.onNotice ?? ((text: string) => console.error(text));
    // what can't be run here is said before anything runs.
    const rules = executionRules(app, notice);
    const subscriptions = trainingJobSubscriptions(app, notice);
    const serviceQuotas = new ServiceQuotasService({
      quotas: options.serviceQuotas ?? {},
      region: LOCAL_REGION,
      account: LOCAL_ACCOUNT_ID,
    });
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
    const invoker = new AsyncInvoker({ lambda, clock, notice });
    const logs = new TrainingJobLogs({
      subscriptions,
      invoker,
      clock,
      account: LOCAL_ACCOUNT_ID,
      deliverySeconds: options.logDeliverySeconds,
    });
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
      faults,
      onLine: (jobName, line) => {
        logs.append(jobName, line);
        options.sageMaker?.onLine?.(jobName, line);
      },
    });
    const batchLauncher = options.batchLauncher ?? new ProcessBatchLauncher();
    const batch = new BatchService({
      ...options.batch,
      ...app,
      clock,
      launcher: batchLauncher,
      endpoints,
      folder: batchLauncher.needsFiles || !options.inMemory ? at('batch-jobs') : undefined,
      region: LOCAL_REGION,
      faults,
      onNotice: notice,
    });
    const stepFunctions = new StepFunctionsService({
      clock,
      services: new LocalTaskServices({ lambda, sageMaker, batch, stoppedIs: options.stoppedIs, faults }),
      stateMachines: app.stateMachines,
      folder: options.inMemory ? undefined : at('executions'),
      region: LOCAL_REGION,
      account: LOCAL_ACCOUNT_ID,
    });
    const eventBus = new EventBus({ rules, stepFunctions, invoker, clock });
    const server = new LocalHttpServer({
      // workers put models and checkpoints through it.
      maxBodyBytes: MAX_BODY_BYTES,
      services: [stepFunctions, sageMaker, serviceQuotas],
      lambda,
      batch,
      s3: createS3Handler(objectStore, new AssetPublisher(app.assets, objectStore, at('assets'))),
    });
    const url = await server.start();
    const urls = {
      dynamodb: dynamoDb.url,
      sagemaker: url,
      sfn: url,
      lambda: url,
      s3: url,
      serviceQuotas: url,
      batch: url,
    };
    Object.assign(endpoints, urls);
    return new LocalRuntime(
      app,
      url,
      clock,
      objectStore,
      dynamoDb,
      lambda,
      sageMaker,
      batch,
      stepFunctions,
      server,
      faults,
      invoker,
      eventBus,
    );
  }

  private constructor(
    readonly app: AppDescription,
    /** Endpoint of Step Functions, SageMaker, Batch, Lambda, S3 and Service Quotas. */
    readonly url: string,
    readonly clock: Clock,
    /** The buckets. */
    readonly objectStore: ObjectStore,
    readonly dynamoDb: DynamoDbServer,
    readonly lambda: LambdaService,
    readonly sageMaker: SageMakerService,
    readonly batch: BatchService,
    readonly stepFunctions: StepFunctionsService,
    private readonly server: LocalHttpServer,
    private readonly faults: FaultInjector,
    private readonly invoker: AsyncInvoker,
    private readonly eventBus: EventBus,
  ) {}

  /** The faults that were planned and have not struck: no call or job has matched so far. */
  unusedFaults(): FaultPlan[] {
    return this.faults.unused();
  }

  /** Ends what runs. Jobs are stopped; a later runtime over the same folder can resume their studies. */
  async close(): Promise<void> {
    await this.stepFunctions.close();
    await this.sageMaker.close();
    await this.batch.close();
    // the last lines and events still reach their functions.
    await this.invoker.close();
    this.eventBus.close();
    await this.lambda.close();
    await this.server.close();
    await this.dynamoDb.close();
  }
}
