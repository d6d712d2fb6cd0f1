import { devNull } from 'node:os';

/** Where the local services listen; what is not given is not served. */
export interface ServiceEndpoints {
  dynamodb?: string;
  sagemaker?: string;
  sfn?: string;
  lambda?: string;
  s3?: string;
  serviceQuotas?: string;
  batch?: string;
}

/**
 * The AWS configuration of a program of the local runtime: its endpoints, a region, keys that open nothing, and no
 * way to the credentials of the person who runs it.
 */
export function awsEnvironment(endpoints: ServiceEndpoints, region: string): Record<string, string> {
  const environment: Record<string, string> = {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    // else each process on Node 20 begins its log with a page about Node 22.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const urls: Readonly<Record<string, string | undefined>> = {
    DYNAMODB: endpoints.dynamodb,
    SAGEMAKER: endpoints.sagemaker,
    SFN: endpoints.sfn,
    LAMBDA: endpoints.lambda,
    S3: endpoints.s3,
    SERVICE_QUOTAS: endpoints.serviceQuotas,
    BATCH: endpoints.batch,
  };
  for (const [service, url] of Object.entries(urls)) {
    if (url !== undefined) environment[`AWS_ENDPOINT_URL_${service}`] = url;
  }
  return environment;
}
