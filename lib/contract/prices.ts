/** When and where the prices below were read. */
export const PRICES_AS_OF = '2026-11, us-east-1 and us-west-2, on demand';

/**
 * US dollars for an hour of a training instance. Prices change and differ between regions: `pricePerInstanceHour` of the
 * trial runner overrides them, and an instance type that isn't here has its cost given in seconds only.
 */
export const TRAINING_PRICES: Record<string, number> = {
  'ml.m5.xlarge': 0.23,
  'ml.m5.2xlarge': 0.461,
  'ml.c5.xlarge': 0.204,
  'ml.g4dn.xlarge': 0.7364,
  'ml.g5.xlarge': 1.408,
  'ml.g5.12xlarge': 7.09,
  'ml.g6.xlarge': 1.127,
  'ml.p4d.24xlarge': 25.25,
  'ml.p5.48xlarge': 63.296,
};

/** Of jobs of AWS Batch, which say what they need: the price of what one has. */
export const BATCH_PRICE_KEY = 'batch';
