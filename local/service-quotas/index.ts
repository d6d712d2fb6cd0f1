export { ServiceQuotasService } from './service-quotas-service';
export type { QuotaValue, ServiceQuotas, ServiceQuotasOptions } from './service-quotas-service';
