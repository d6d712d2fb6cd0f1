import { NoTrialAnswer, WaitAnswer } from '../../../lib/contract/calls';
import { GrantsRecord } from '../store/study-store';
import { instancesOf, usdToKeepPerSecond } from './instances';
import { leastResourceOf } from './scheduled-trials';
import { NoMoney, grantRuntime } from './spending';
import { Turn, tell, wait } from './turn';

/** How long a slot waits for what other trials leave of a spending cap. */
const MONEY_WAIT_MS = 10 * 60_000;

/** A step of a slot takes no longer than a Lambda function may. */
const GRANT_LIFE_MS = 15 * 60_000;

/** Trials that run may cost less than is kept for them: until then the slot waits. Where none runs, that is the end. */
export async function noMoney(turn: Turn, { refused }: NoMoney): Promise<WaitAnswer | NoTrialAnswer> {
  const { study, trials, request, store } = turn;
  if (trials.some(({ state }) => state === 'RUNNING') || pendingGrants(turn) > 0) {
    return wait(turn, Date.parse(request.at) + MONEY_WAIT_MS, refused);
  }
  await store.changeStudy(study.study, (record) =>
    record.run === request.run && record.ending === undefined ? { ...record, ending: refused } : record,
  );
  return tell(turn, refused);
}

/** Granted to attempts that aren't in the picture yet: another slot is about to create them, or has crashed. */
export function pendingGrants(turn: Turn): number {
  return pendingOf(turn).reduce((sum, { usd }) => sum + usd, 0);
}

function pendingOf({ grants, trials, claim, request }: Turn): GrantsRecord['grants'] {
  const given = new Set(trials.flatMap(({ attempts }) => attempts.map((attempt) => attempt.claim)));
  return (grants?.grants ?? []).filter(
    (grant) => grant.claim !== claim && !given.has(grant.claim) && !isOld(grant, request.at),
  );
}

/** Whoever was granted that has crashed. */
function isOld({ at }: GrantsRecord['grants'][number], now: string): boolean {
  return Date.parse(now) - Date.parse(at) > GRANT_LIFE_MS;
}

/** Whether there is money at all, before a search is asked in vain. */
export async function noMoneyLeft(turn: Turn): Promise<WaitAnswer | NoTrialAnswer | undefined> {
  const { study, trials, request } = turn;
  const { compute, maxSpendUsd } = study.tuner;
  const varies = compute.instanceTypeParameter !== undefined || compute.instanceCountParameter !== undefined;
  // a cluster's money is that of its job.
  if (maxSpendUsd === undefined || varies || compute.cluster !== undefined) return undefined;
  const price = usdToKeepPerSecond(compute, instancesOf(compute, {}));
  const units = leastResourceOf(study.tuner.scheduler);
  const pendingUsd = pendingGrants(turn);
  const grant = grantRuntime({ study, trials, usdPerSecond: price, units, pendingUsd, at: request.at });
  return 'refused' in grant ? noMoney(turn, grant) : undefined;
}

/** Writes down what an attempt may cost before it exists: of two slots that see the same money, one gets it. */
export async function isGranted(turn: Turn, usd: number | undefined): Promise<boolean> {
  const { study, grants, claim, request, store } = turn;
  if (usd === undefined) return true;
  return store.putGrants(study.study, [...pendingOf(turn), { claim, usd, at: request.at }], grants?.version);
}
