import { randomUUID } from 'node:crypto';
import type { ObjectStore } from './object-store';

export function tagOf(part: number): string {
  return `"part-${part}"`;
}

/** Copies of large objects in parts, as S3 keeps them until they are completed or aborted. */
export class MultipartCopies {
  private readonly uploads = new Map<string, { readonly uri: string; readonly parts: Map<number, Buffer> }>();

  constructor(private readonly store: ObjectStore) {}

  /** @returns the upload's id */
  create(uri: string): string {
    const id = randomUUID();
    this.uploads.set(id, { uri, parts: new Map() });
    return id;
  }

  /** @param range as in `x-amz-copy-source-range`, `bytes=0-9` */
  copyPart(id: string, part: number, source: string, range: string): void {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    if (last === undefined) throw new Error(`the range ${range} must be bytes=FIRST-LAST.`);
    const content = this.store.get(source);
    if (Number(last) >= content.length) throw new Error(`the range ${range} ends behind the ${content.length} bytes.`);
    this.uploadOf(id).parts.set(part, content.subarray(Number(first), Number(last) + 1));
  }

  /** @param listed the parts that make up the object, by number and tag */
  complete(id: string, listed: readonly (readonly [part: number, tag: string])[]): void {
    const { uri, parts } = this.uploadOf(id);
    const isWhole =
      listed.length === parts.size && listed.every(([part, tag]) => parts.has(part) && tag === tagOf(part));
    if (!isWhole) throw new Error('One or more of the specified parts could not be found.');
    const ordered = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
    this.store.put(uri, Buffer.concat(ordered));
    this.uploads.delete(id);
  }

  abort(id: string): void {
    this.uploadOf(id);
    this.uploads.delete(id);
  }

  /** How many have been begun and neither completed nor aborted. */
  get open(): number {
    return this.uploads.size;
  }

  private uploadOf(id: string) {
    const upload = this.uploads.get(id);
    if (upload === undefined) throw new Error('The specified multipart upload does not exist.');
    return upload;
  }
}
