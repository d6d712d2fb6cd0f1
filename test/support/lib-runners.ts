import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { jobNameStart } from '../../lambda/core/study/job-name';
import { StudyRecord } from '../../lambda/core/store/records';
import {
  BatchTrainingProps,
  ManagedTuningProps,
  TrainingClusterProps,
  TrainingImage,
  TrainingProgram,
  TrialRunner,
  TunerProps,
} from '../../lib';
import { TunerDefinition } from '../../lib/contract/tuner-definition';
import { exceededLimits } from './lib-request-limits';
import { unknownFields } from './lib-request-shape';
import { evaluateAll } from './lib-jsonata';
import { deployed } from './lib-sent-request';
import {
  definitionOf,
  newStack,
  newTuner,
  ReadableTemplate,
  slotOf,
  State,
  Statement,
  tunerDefinitionOf,
} from './lib-stack';

const image = TrainingImage.fromUri('registry/image:1');
const command = ['python3', 'train.py', '/opt/ml/model'];

const FOLDER = mkdtempSync(join(tmpdir(), 'cdk-hpo-program-'));
writeFileSync(join(FOLDER, 'train.py'), 'print(1)\n');
writeFileSync(join(FOLDER, 'train.mjs'), 'console.log(1)\n');
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

/** A program of one line. */
export function script(entry: 'train.py' | 'train.mjs' = 'train.py'): TrainingProgram {
  return TrainingProgram.fromScript(FOLDER, entry);
}

/** Properties, or what makes them in a stack: a VPC, a key, ... */
export type PropsIn<T> = Partial<T> | ((stack: Stack) => Partial<T>);

function propsIn<T>(stack: Stack, props: PropsIn<T>): Partial<T> {
  return typeof props === 'function' ? props(stack) : props;
}

/** A runner of each kind with what it needs and nothing else, but for `props`; a `program` stands in place of the command. */
export type RunnerOf = (stack: Stack) => TrialRunner;

export function cluster(props: PropsIn<TrainingClusterProps> = {}): RunnerOf {
  return (stack) => {
    const own = propsIn(stack, props);
    return TrialRunner.trainingCluster({ image, ...(own.program === undefined && { command }), ...own });
  };
}

export function batch(props: PropsIn<BatchTrainingProps> = {}): RunnerOf {
  return (stack) => {
    const own = propsIn(stack, props);
    return TrialRunner.batch({
      image,
      ...(own.program === undefined && { command }),
      ...(own.jobQueue === undefined && own.vpc === undefined && { vpc: new ec2.Vpc(stack, 'Vpc') }),
      ...own,
    });
  };
}

export function tuning(props: PropsIn<ManagedTuningProps> = {}): RunnerOf {
  return (stack) => TrialRunner.managedTuning({ image, ...propsIn(stack, props) });
}

/** The template of a stack with a tuner that has the runner. */
export function templateWith(runner: RunnerOf, tuner: PropsIn<TunerProps> = {}): ReadableTemplate {
  return new ReadableTemplate(stackWith(runner, tuner));
}

export function stackWith(runner: RunnerOf, tuner: PropsIn<TunerProps> = {}): Stack {
  const stack = newStack();
  newTuner(stack, { trialRunner: runner(stack), ...propsIn(stack, tuner) });
  return stack;
}

/** The state that runs a round's job, or an attempt. */
export function runState(template: ReadableTemplate, name: string): State {
  const definition = definitionOf(template);
  return (name === 'Train' ? slotOf(definition) : definition).States[name]!;
}

const STUDY = 's'.repeat(80);
const STUDY_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** What a state's expressions see in a round with a job. */
export function roundVariables(job: object, counts = { retries: 8, redrives: 0 }): Record<string, unknown> {
  const { retries, redrives } = counts;
  return {
    study: STUDY,
    job,
    states: { context: { State: { RetryCount: retries }, Execution: { RedriveCount: redrives } } },
  };
}

/** A cluster's job as Plan round gives it, with numbers and names as long as they get. */
export function clusterJob({ compute }: TunerDefinition): object {
  const record = { study: STUDY, id: STUDY_ID, tuner: { compute } } as unknown as StudyRecord;
  const { instanceCount, trialsPerInstance, maxRuntimeSeconds, maxWaitSeconds } = compute.cluster!;
  return {
    name: `${jobNameStart(record)}-r10000`,
    redrives: 0,
    instanceCount,
    trialsPerInstance,
    slots: instanceCount * trialsPerInstance,
    maxRuntimeSeconds,
    ...(maxWaitSeconds !== undefined && { maxWaitSeconds }),
  };
}

/** A tuning job as Plan round gives it. */
export function tuningJob({ compute, maxTrials }: TunerDefinition, round = 10_000): object {
  return {
    name: `${compute.jobNamePrefix}-${STUDY_ID.slice(0, 6)}-${round}`,
    redrives: 0,
    config: {
      ...compute.tuning!.config,
      ResourceLimits: { MaxNumberOfTrainingJobs: maxTrials, MaxParallelTrainingJobs: Math.min(4, maxTrials) },
      RandomSeed: 2 ** 31 - 1,
    },
    parents: compute.tuning!.parents.map((name) => ({ HyperParameterTuningJobName: name })),
  };
}

/** A request as the service would get it. */
export async function sent(
  template: ReadableTemplate,
  request: unknown,
  variables: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const typeOf = (name: string) => template.resources[name]?.Type;
  return deployed(await evaluateAll(request, variables), typeOf) as Record<string, unknown>;
}

/** The request that creates the cluster, with its expressions; as evaluated, SageMaker must take it. */
export async function clusterRequest(
  props: PropsIn<TrainingClusterProps> = {},
  tuner: PropsIn<TunerProps> = {},
): Promise<Record<string, unknown>> {
  const template = templateWith(cluster(props), tuner);
  const request = runState(template, 'Run cluster').Arguments!;
  const definition = tunerDefinitionOf(template);
  const typeOf = (name: string) => template.resources[name]?.Type;
  const job = clusterJob(deployed(definition, typeOf) as TunerDefinition);
  expect(unknownFields(request)).toEqual([]);
  expect(exceededLimits(await sent(template, request, roundVariables(job)))).toEqual([]);
  return request;
}

/** The warnings and notes of a stack that hold a text. */
export function warningsOf(stack: Stack, id: string): string[] {
  return Annotations.fromStack(stack)
    .findWarning('*', Match.stringLikeRegexp(`\\[ack: ${id}\\]`))
    .map(({ entry }) => entry.data as string);
}

export function allow(
  Action: string | string[],
  Resource: string | string[],
  Condition?: Statement['Condition'],
): Statement {
  return { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}
