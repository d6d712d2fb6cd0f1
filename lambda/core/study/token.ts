import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { StudyRecord } from '../store/records';

/** An attempt's credential. It is derived, not drawn, so that the same call gives the same answer. */
export function tokenOf(study: StudyRecord, trial: number, attempt: number): string {
  return createHmac('sha256', study.secret).update(`${study.id}/${trial}/${attempt}`).digest('base64url');
}

/** The records keep only this. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function isTokenOf(hash: string, token: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(tokenHash(token), 'hex'));
}
