/* eslint-disable */
export const V: Record<string, string> = JSON.parse((globalThis as any).process?.env?.MFV ?? '{}');
export const num = (k: string, d: number) => (V[k] === undefined ? d : Number(V[k]));
