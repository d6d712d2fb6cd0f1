import { TunerDefinition } from '../../../lib/contract/tuner-definition';
import { QuotaTooSmall } from '../errors';
import { hostsFor } from './instances';
import { consoleOf } from './log-link';

/** A quota of instances. */
export interface InstanceQuota {
  readonly value: number;
  /** Of Service Quotas, for its page in the console. */
  readonly code?: string;
}

/** What Open study asks of Service Quotas. */
export interface Quotas {
  /** Those that the account has, by name; a name that isn't known is left out. */
  find(names: readonly string[]): Promise<Map<string, InstanceQuota>>;
}

/**
 * Compares the account's quotas of instances with what the study may use at once, before anything starts.
 *
 * @param arn of anything in the account and region, for links to the console
 * @returns notes for the study's result
 * @throws QuotaTooSmall if not a single trial can start, and the tuner wants to know
 */
export async function checkQuotas(tuner: TunerDefinition, arn: string, quotas: Quotas): Promise<string[]> {
  const { quotaCheck } = tuner.compute;
  if (quotaCheck === 'off') return [];
  const needs = needsOf(tuner);
  let found: Map<string, InstanceQuota>;
  try {
    found = await quotas.find(needs.map(({ name }) => name));
  } catch (error) {
    // a study doesn't depend on Service Quotas: what is wrong with it is told, and SageMaker has the last word.
    return [`the quotas of instances couldn't be read: ${(error as Error).name}: ${(error as Error).message}`];
  }
  const short = needs.flatMap((need) => {
    const quota = found.get(need.name);
    return quota === undefined || quota.value >= need.atOnce ? [] : [{ ...need, ...quota }];
  });
  const impossible = short.filter(({ value, atLeast }) => value < atLeast);
  // each type is a way of its own, unless a trial needs all of them.
  const hasWay = needs.some(({ isAlternative }) => isAlternative)
    ? needs.some((need) => need.isAlternative && !impossible.some(({ name }) => name === need.name))
    : impossible.length === 0;
  const sentences = short.map((need) => sentenceOf(need, arn));
  if (!hasWay && quotaCheck === 'fail') throw new QuotaTooSmall(sentences.join('; '));
  return sentences;
}

interface Need {
  readonly name: string;
  /** For a single trial, and for all that may run at once. */
  readonly atLeast: number;
  readonly atOnce: number;
  readonly isAlternative: boolean;
}

function needsOf({ compute, maxParallelTrials, maxTrials }: TunerDefinition): Need[] {
  const slots = Math.min(maxParallelTrials, maxTrials);
  const { cluster, instanceGroups, instanceTypes, instanceTypeParameter, instanceCount, spot, keepAliveSeconds } =
    compute;
  // where the search chooses the type, each has to do.
  const areAlternatives = instanceTypeParameter === undefined;
  const kind = spot ? 'spot training job' : 'training job';
  const need = (type: string, count: number, isAlternative: boolean): Need[] => [
    { name: `${type} for ${kind} usage`, atLeast: count, atOnce: count * slots, isAlternative },
    ...(keepAliveSeconds === undefined
      ? []
      : [{ name: `${type} for training warm pool usage`, atLeast: 0, atOnce: count * slots, isAlternative: false }]),
  ];
  if (cluster !== undefined) {
    // one job has all of them, or none.
    const hosts = hostsFor(cluster, slots);
    return [{ name: `${instanceTypes[0]} for ${kind} usage`, atLeast: hosts, atOnce: hosts, isAlternative: false }];
  }
  if (instanceGroups === undefined) return instanceTypes.flatMap((type) => need(type, instanceCount, areAlternatives));
  // groups of one type share its quota.
  const counts = new Map<string, number>();
  for (const { instanceType: type, instanceCount: count } of instanceGroups) {
    counts.set(type, (counts.get(type) ?? 0) + count);
  }
  return [...counts].flatMap(([type, count]) => need(type, count, false));
}

function sentenceOf({ name, value, code, atLeast, atOnce }: Need & InstanceQuota, arn: string): string {
  const [, , , region, account] = arn.split(':');
  const page = `${consoleOf(arn)}/servicequotas/home/services/sagemaker/quotas`;
  const effect =
    value < atLeast
      ? 'so no trial can start on it'
      : name.includes('warm pool')
        ? 'so not every slot keeps its instances'
        : `so at most ${Math.floor(value / Math.max(atLeast, 1))} trials train at the same time, and the others wait`;
  return (
    `the quota "${name}" of account ${account} in ${region} is ${value}, ${effect}; ask for ${atOnce} at ` +
    `${page}${code === undefined ? '' : `/${code}`}`
  );
}
