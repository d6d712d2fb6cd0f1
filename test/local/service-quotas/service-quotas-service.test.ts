import { ServiceQuotas, ServiceQuotasService } from '../../../local/service-quotas';
import { functionOf, startApp } from '../events/small-app';

const QUOTAS: ServiceQuotas = {
  'ml.m5.xlarge for training job usage': 60,
  'ml.p4d.24xlarge for training job usage': { default: 0 },
  'ml.g5.xlarge for spot training job usage': { applied: 2, default: 0 },
};

interface Answer {
  readonly Quotas: readonly { readonly QuotaName: string; readonly QuotaCode: string; readonly Value: number }[];
  readonly NextToken?: string;
}

function serve(quotas: ServiceQuotas = QUOTAS) {
  const service = new ServiceQuotasService({ quotas, region: 'eu-west-1', account: '123456789012' });
  return async (operation: string, input: Record<string, unknown> = {}) =>
    (await service.handle(operation, { ServiceCode: 'sagemaker', ...input })) as Answer;
}

const valuesOf = ({ Quotas }: Answer) => Object.fromEntries(Quotas.map(({ QuotaName, Value }) => [QuotaName, Value]));

test('the applied quotas are those that the account has a value for, the default ones are all', async () => {
  const call = serve();
  expect(valuesOf(await call('ListServiceQuotas'))).toEqual({
    'ml.m5.xlarge for training job usage': 60,
    'ml.g5.xlarge for spot training job usage': 2,
  });
  expect(valuesOf(await call('ListAWSDefaultServiceQuotas'))).toEqual({
    'ml.m5.xlarge for training job usage': 60,
    'ml.p4d.24xlarge for training job usage': 0,
    'ml.g5.xlarge for spot training job usage': 0,
  });
  expect(await serve({})('ListServiceQuotas')).toEqual({ Quotas: [] });
});

test('a quota has the shape of AWS and is found by its code', async () => {
  const call = serve();
  const [quota] = (await call('ListServiceQuotas')).Quotas;
  expect(quota).toEqual({
    ServiceCode: 'sagemaker',
    ServiceName: 'Amazon SageMaker',
    QuotaArn: `arn:aws:servicequotas:eu-west-1:123456789012:sagemaker/${quota.QuotaCode}`,
    QuotaCode: expect.stringMatching(/^L-[0-9A-F]{8}$/) as string,
    QuotaName: 'ml.m5.xlarge for training job usage',
    Value: 60,
    Unit: 'None',
    Adjustable: true,
    GlobalQuota: false,
  });
  const { QuotaCode } = quota;
  expect(await call('GetServiceQuota', { QuotaCode })).toEqual({ Quota: quota });
  expect(await call('GetAWSDefaultServiceQuota', { QuotaCode })).toMatchObject({ Quota: { QuotaCode, Value: 60 } });
});

test('a long list comes in pages', async () => {
  const names = Array.from({ length: 250 }, (_, at) => `ml.x${at}.large for training job usage`);
  const call = serve(Object.fromEntries(names.map((name) => [name, 1])));
  const seen: string[] = [];
  const sizes: number[] = [];
  let token: string | undefined;
  do {
    const { Quotas, NextToken } = await call('ListServiceQuotas', token === undefined ? {} : { NextToken: token });
    seen.push(...Quotas.map(({ QuotaName }) => QuotaName));
    sizes.push(Quotas.length);
    token = NextToken;
  } while (token !== undefined);
  expect(seen).toEqual(names);
  expect(sizes).toEqual([100, 100, 50]);
  expect((await call('ListServiceQuotas', { MaxResults: 10 })).Quotas).toHaveLength(10);
});

test.each<[string, Record<string, unknown>, string]>([
  ['ListServiceQuotas', { ServiceCode: 'ec2' }, 'NoSuchResourceException'],
  ['ListServiceQuotas', { ServiceCode: undefined }, 'IllegalArgumentException'],
  ['ListServiceQuotas', { MaxResults: 101 }, 'IllegalArgumentException'],
  ['ListServiceQuotas', { NextToken: 'other' }, 'InvalidPaginationTokenException'],
  ['GetServiceQuota', { QuotaCode: 'L-00000000' }, 'NoSuchResourceException'],
  ['RequestServiceQuotaIncrease', {}, 'UnknownOperationException'],
])('%s of %j fails with the error of AWS', async (operation, input, code) => {
  await expect(serve()(operation, input)).rejects.toMatchObject({ code });
});

test('a value that is no number of instances is refused by its name', () => {
  const name = 'ml.m5.xlarge for training job usage';
  expect(() => serve({ [name]: -1 })).toThrow(`serviceQuotas["${name}"] is -1: give a number from 0.`);
  expect(() => serve({ [name]: {} as never })).toThrow(`serviceQuotas["${name}"] is {}: give a number from 0.`);
});

test('a function of the app reads the quotas of the runtime over the protocol of AWS', async () => {
  const code = `
    exports.handler = async () => {
      const answer = await fetch(process.env.AWS_ENDPOINT_URL_SERVICE_QUOTAS, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'ServiceQuotasV20190624.ListServiceQuotas',
        },
        body: JSON.stringify({ ServiceCode: 'sagemaker' }),
      });
      return answer.json();
    };`;
  const { runtime } = await startApp((stack) => void functionOf(stack, 'preflight', code), { serviceQuotas: QUOTAS });
  const { payload } = await runtime.lambda.invoke('preflight', {});
  await runtime.close();

  expect(valuesOf(payload as Answer)).toMatchObject({ 'ml.m5.xlarge for training job usage': 60 });
});
