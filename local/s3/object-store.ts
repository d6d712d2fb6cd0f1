import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Dirent, Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkKey, parseS3Uri } from './s3-uri';

/** What is put: bytes, text, or a file to copy. */
export type ObjectBody = Uint8Array | string | { readonly file: string };

export interface ObjectSummary {
  readonly key: string;
  readonly size: number;
  readonly lastModified: Date;
}

/** S3 as folders: one per bucket, an object is a file. */
export class ObjectStore {
  private temporary = 0;

  constructor(readonly folder: string) {}

  put(uri: string, body: ObjectBody): void {
    const path = this.pathOf(uri);
    mkdirSync(dirname(path), { recursive: true });
    // written beside and renamed, so that a reader sees the old object or the new one and never half of one.
    const temporary = join(this.folder, `.put-${process.pid}-${this.temporary++}`);
    try {
      if (typeof body === 'object' && 'file' in body) {
        copyFileSync(body.file, temporary);
      } else {
        writeFileSync(temporary, body);
      }
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  /** The object's bytes; throws an error with the code ENOENT when there is no such object. */
  get(uri: string): Buffer {
    return readFileSync(this.pathOf(uri));
  }

  exists(uri: string): boolean {
    return this.stat(uri) !== undefined;
  }

  stat(uri: string): Stats | undefined {
    const stats = statSync(this.pathOf(uri), { throwIfNoEntry: false });
    return stats?.isFile() ? stats : undefined;
  }

  delete(uri: string): void {
    rmSync(this.pathOf(uri), { force: true });
  }

  /** The objects whose key begins with the URI's key, in S3's order. */
  list(uri: string): ObjectSummary[] {
    const { bucket, key: prefix } = parseS3Uri(uri);
    const objects: ObjectSummary[] = [];
    // only the folder that the prefix ends in has to be walked.
    const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    this.walk(join(this.folder, bucket, ...start.split('/').filter(Boolean)), start, (key, path) => {
      if (!key.startsWith(prefix)) return;
      const stats = statSync(path);
      objects.push({ key, size: stats.size, lastModified: stats.mtime });
    });
    return objects.sort((left, right) => Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)));
  }

  createBucket(bucket: string): void {
    mkdirSync(this.pathOf(`s3://${bucket}`), { recursive: true });
  }

  /** Where an object, a prefix or a bucket lies on disk. */
  pathOf(uri: string): string {
    const { bucket, key } = parseS3Uri(uri);
    checkKey(key);
    return join(this.folder, bucket, ...key.split('/').filter(Boolean));
  }

  private walk(folder: string, prefix: string, visit: (key: string, path: string) => void): void {
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
      throw error;
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) this.walk(path, `${prefix}${entry.name}/`, visit);
      else if (entry.isFile()) visit(prefix + entry.name, path);
    }
  }
}
