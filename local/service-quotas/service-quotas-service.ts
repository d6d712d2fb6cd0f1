import { createHash } from 'node:crypto';
import { ServiceError } from '../service';
import type { JsonService } from '../service';

/** The value that the account has, or both it and what AWS gives a new account. */
export type QuotaValue = number | { readonly applied?: number; readonly default: number };

/** SageMaker's quotas by their names, such as `ml.m5.xlarge for training job usage`. */
export type ServiceQuotas = Readonly<Record<string, QuotaValue>>;

export interface ServiceQuotasOptions {
  readonly quotas: ServiceQuotas;
  readonly region: string;
  readonly account: string;
}

const SERVICE_CODE = 'sagemaker';
const MAX_PAGE = 100;

interface Quota {
  readonly QuotaCode: string;
  readonly [field: string]: unknown;
}

/** Service Quotas on this machine: what is given to it, for SageMaker alone. */
export class ServiceQuotasService implements JsonService {
  readonly targetPrefix = 'ServiceQuotasV20190624';
  private readonly applied: readonly Quota[];
  private readonly defaults: readonly Quota[];

  constructor(private readonly options: ServiceQuotasOptions) {
    const names = Object.keys(options.quotas);
    this.applied = names.flatMap((name) => this.quota(name, 'applied'));
    this.defaults = names.flatMap((name) => this.quota(name, 'default'));
  }

  async handle(operation: string, input: Record<string, unknown>): Promise<unknown> {
    switch (operation) {
      case 'ListServiceQuotas':
        return list(this.applied, input);
      case 'ListAWSDefaultServiceQuotas':
        return list(this.defaults, input);
      case 'GetServiceQuota':
        return { Quota: find(this.applied, input) };
      case 'GetAWSDefaultServiceQuota':
        return { Quota: find(this.defaults, input) };
      default:
        throw new ServiceError(
          'UnknownOperationException',
          `The local Service Quotas knows no operation ${operation}.`,
        );
    }
  }

  private quota(name: string, kind: 'applied' | 'default'): Quota[] {
    const given = this.options.quotas[name];
    const value = typeof given === 'number' ? given : given?.[kind];
    if (value === undefined && kind === 'applied') return [];
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new Error(`serviceQuotas[${JSON.stringify(name)}] is ${JSON.stringify(given)}: give a number from 0.`);
    }
    const { region, account } = this.options;
    // the codes of AWS are not known here; any code is as good to a client that goes by the name.
    const code = `L-${createHash('sha256').update(name).digest('hex').slice(0, 8).toUpperCase()}`;
    // AWS's own values are nobody's: their ARN has no account.
    const owner = kind === 'applied' ? account : '';
    return [
      {
        ServiceCode: SERVICE_CODE,
        ServiceName: 'Amazon SageMaker',
        QuotaArn: `arn:aws:servicequotas:${region}:${owner}:${SERVICE_CODE}/${code}`,
        QuotaCode: code,
        QuotaName: name,
        Value: value,
        Unit: 'None',
        Adjustable: true,
        GlobalQuota: false,
      },
    ];
  }
}

function list(quotas: readonly Quota[], input: Record<string, unknown>): unknown {
  checkService(input);
  const { MaxResults: size = MAX_PAGE, NextToken: token } = input;
  if (!Number.isInteger(size) || Number(size) < 1 || Number(size) > MAX_PAGE) {
    throw new ServiceError('IllegalArgumentException', `MaxResults is ${JSON.stringify(size)}: give 1 to ${MAX_PAGE}.`);
  }
  let from = 0;
  if (token !== undefined) {
    from = quotas.findIndex(({ QuotaCode }) => QuotaCode === token);
    if (from < 0) throw new ServiceError('InvalidPaginationTokenException', 'NextToken is none of an earlier answer.');
  }
  const to = from + Number(size);
  return { Quotas: quotas.slice(from, to), ...(to < quotas.length && { NextToken: quotas[to].QuotaCode }) };
}

function find(quotas: readonly Quota[], input: Record<string, unknown>): Quota {
  checkService(input);
  const quota = quotas.find(({ QuotaCode }) => QuotaCode === input.QuotaCode);
  if (quota === undefined) {
    throw new ServiceError('NoSuchResourceException', `There is no quota ${JSON.stringify(input.QuotaCode)}.`);
  }
  return quota;
}

function checkService({ ServiceCode: code }: Record<string, unknown>): void {
  if (code === SERVICE_CODE) return;
  if (typeof code !== 'string') throw new ServiceError('IllegalArgumentException', 'ServiceCode is missing.');
  throw new ServiceError(
    'NoSuchResourceException',
    `The local Service Quotas knows only ${SERVICE_CODE}, not ${code}.`,
  );
}
