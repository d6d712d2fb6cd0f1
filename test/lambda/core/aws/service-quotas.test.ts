import { SageMakerQuotas } from '../../../../lambda/core/aws/service-quotas';
import { LocalHttpServer } from '../../../../local/http-server';
import { ServiceQuotasService } from '../../../../local/service-quotas';

const MANY = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`ml.x${i}.large for training job usage`, i]));
const service = new ServiceQuotasService({
  quotas: {
    ...MANY,
    'ml.m5.xlarge for training job usage': { applied: 30, default: 4 },
    'ml.g5.xlarge for training job usage': { default: 1 },
    'ml.p5.48xlarge for training job usage': { applied: 0, default: 8 },
  },
  region: 'eu-central-1',
  account: '123456789012',
});
const server = new LocalHttpServer({ services: [service] });
const ENVIRONMENT = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' };
let quotas: SageMakerQuotas;
beforeAll(async () => {
  Object.assign(process.env, ENVIRONMENT, { AWS_ENDPOINT_URL_SERVICE_QUOTAS: await server.start() });
  quotas = new SageMakerQuotas();
});
afterAll(async () => {
  await server.close();
  for (const name of [...Object.keys(ENVIRONMENT), 'AWS_ENDPOINT_URL_SERVICE_QUOTAS']) delete process.env[name];
});

const find = async (...names: string[]) =>
  Object.fromEntries([...(await quotas.find(names))].map(([name, { value }]) => [name, value]));

test('quotas are found by name, on any page', async () => {
  const names = [0, 99, 100, 249].map((i) => `ml.x${i}.large for training job usage`);
  expect(await find(...names)).toEqual({ [names[0]]: 0, [names[1]]: 99, [names[2]]: 100, [names[3]]: 249 });
  const found = await quotas.find(names);
  for (const { code } of found.values()) expect(code).toMatch(/^L-[0-9A-F]{8}$/);
});

test('what the account has comes before what AWS gives by default, also if it is 0', async () => {
  const [m5, g5, p5] = ['ml.m5.xlarge', 'ml.g5.xlarge', 'ml.p5.48xlarge'].map(
    (type) => `${type} for training job usage`,
  );
  expect(await find(m5, g5, p5)).toEqual({ [m5]: 30, [g5]: 1, [p5]: 0 });
});

test('names that are not known are left out', async () => {
  expect(await find('ml.unheard.of for training job usage', 'ml.x7.large for training job usage')).toEqual({
    'ml.x7.large for training job usage': 7,
  });
});

test('no more pages are read than needed', async () => {
  const handle = jest.spyOn(service, 'handle');
  await find('ml.x5.large for training job usage');
  expect(handle).toHaveBeenCalledTimes(1);
  handle.mockRestore();
});
