/* eslint-disable */
export const T: Record<string, any> = {
  n0: 8, additive: 1, warp: 1, prior: 'mixed', starts: 1, iters: 30, out: 'half', ncand: 500,
  ...JSON.parse(process.env.GP ?? '{}'),
};
