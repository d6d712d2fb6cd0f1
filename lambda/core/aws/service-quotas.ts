import {
  ListAWSDefaultServiceQuotasCommand,
  ListServiceQuotasCommand,
  ServiceQuotasClient,
  type ServiceQuota,
} from '@aws-sdk/client-service-quotas';
import { Quotas, InstanceQuota } from '../study/preflight';
import { CLIENT_SETTINGS } from './client-settings';

const SERVICE_CODE = 'sagemaker';
const PAGE_SIZE = 100;

/**
 * The account's quotas of SageMaker, by their names: their codes differ from type to type and are listed nowhere else.
 *
 * @see https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
 */
export class SageMakerQuotas implements Quotas {
  private readonly client = new ServiceQuotasClient(CLIENT_SETTINGS);

  async find(names: readonly string[]): Promise<Map<string, InstanceQuota>> {
    const found = new Map<string, InstanceQuota>();
    await this.search(names, found, (page) => this.client.send(new ListServiceQuotasCommand(page)));
    // a quota that nobody has changed may be listed with its default only.
    await this.search(names, found, (page) => this.client.send(new ListAWSDefaultServiceQuotasCommand(page)));
    return found;
  }

  /** Reads page after page until all are found. */
  private async search(
    names: readonly string[],
    found: Map<string, InstanceQuota>,
    list: (page: ListRequest) => Promise<{ Quotas?: ServiceQuota[]; NextToken?: string }>,
  ): Promise<void> {
    let token: string | undefined;
    do {
      if (names.every((name) => found.has(name))) return;
      const { Quotas = [], NextToken } = await list({
        ServiceCode: SERVICE_CODE,
        MaxResults: PAGE_SIZE,
        NextToken: token,
      });
      for (const { QuotaName: name = '', Value: value, QuotaCode: code } of Quotas) {
        if (names.includes(name) && value !== undefined && !found.has(name)) found.set(name, { value, code });
      }
      token = NextToken;
    } while (token !== undefined);
  }
}

interface ListRequest {
  readonly ServiceCode: string;
  readonly MaxResults: number;
  readonly NextToken: string | undefined;
}
