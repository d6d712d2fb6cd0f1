import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CHECKPOINT_DRAFT_PREFIX } from '../../lib/contract/checkpoint-files';
import { checkResource } from './resource';
import { shown, tellOnce } from './tell';
import { checkpointDir, isFirstProcess } from './training-job';

/** A saved state of the training. */
export interface Checkpoint {
  /** The folder that holds it. */
  readonly folder: string;
  /** The resource (epoch, step) that it was saved at. */
  readonly resource: number;
}

export interface CheckpointOptions {
  /**
   * How many checkpoints stay, at least 1. With 1, a machine that vanishes while SageMaker copies the newest one to S3,
   * having deleted the one before, takes both with it.
   *
   * @default 2
   */
  readonly keep?: number;
}

/** Lists the files of a checkpoint with their sizes: it is written last, and the checkpoint is whole if all are there. */
const MANIFEST = 'cdk-hpo-checkpoint.json';
const SAVED = /^resource-.+-save-([1-9][0-9]*)$/;

/** A checkpoint as it lies in the folder, and what is wrong with it, if anything is. */
interface Saved {
  readonly folder: string;
  /** Counts the trial's checkpoints from 1. */
  readonly save: number;
  readonly resource: number;
  readonly flaw?: string;
}

interface Manifest {
  readonly resource: number;
  readonly save: number;
  /** Bytes of each file, by its path in the folder. */
  readonly files: Record<string, number>;
}

/** The folders that this process is writing into. */
const drafts = new Set<string>();

/**
 * Saves a checkpoint in one step: write your files into the folder that the function gets. When it is done, the folder
 * takes its place in `checkpointDir()` as a whole, and older checkpoints are removed. If it throws, nothing is saved and
 * the older ones stay. Outside a training job, and in all but the first process of a distributed one, the folder is a
 * temporary one that is thrown away.
 *
 * @param resource the epoch or step of this state, a positive number
 * @returns the checkpoint's folder; undefined if it was thrown away
 */
export async function saveCheckpoint(
  resource: number,
  write: (folder: string) => unknown,
  { keep = 2 }: CheckpointOptions = {},
): Promise<string | undefined> {
  checkResource(resource);
  if (!Number.isInteger(keep) || keep < 1) {
    throw new RangeError(`keep must be a positive integer, got ${shown(keep)}`);
  }
  const home = isFirstProcess() ? checkpointDir() : undefined;
  // inside the checkpoint folder, since only within one file system a rename is one step.
  const draft = home
    ? join(home, `${CHECKPOINT_DRAFT_PREFIX}${process.pid}-${randomBytes(8).toString('hex')}`)
    : mkdtempSync(join(tmpdir(), 'cdk-hpo-checkpoint-'));
  mkdirSync(draft, { recursive: true });
  drafts.add(draft);
  try {
    await write(draft);
    return home && settle(home, draft, resource, keep);
  } finally {
    drafts.delete(draft);
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * The newest whole checkpoint of this trial; undefined if there is none, and outside a training job. One that is not
 * whole (the machine vanished while it was written or copied) is left out with a note, and the one before it is taken.
 */
export function latestCheckpoint(): Checkpoint | undefined {
  const home = checkpointDir();
  for (const { folder, resource, flaw } of home ? savedCheckpoints(home) : []) {
    if (flaw === undefined) {
      return { folder, resource };
    }
    tellOnce(`checkpoint ${basename(folder)} is left out: ${flaw}`);
  }
  return undefined;
}

/** Gives a written draft its place among the checkpoints. Synchronous, so that two saves at once don't mix. */
function settle(home: string, draft: string, resource: number, keep: number): string {
  const files = fileSizes(draft);
  if (Object.keys(files).length === 0) {
    throw new Error(`the checkpoint at ${resource} is empty: write its files into the folder`);
  }
  const saved = savedCheckpoints(home);
  const save = Math.max(0, ...saved.map((entry) => entry.save)) + 1;
  // the number makes the name new: a copy in S3 never mixes files of two checkpoints.
  const folder = join(home, `resource-${resource}-save-${save}`);
  writeFileSync(join(draft, MANIFEST), JSON.stringify({ resource, save, files } satisfies Manifest));
  renameSync(draft, folder);
  removeOld(home, saved, keep - 1);
  return folder;
}

/** The checkpoints in the folder, newest first, also those that are not whole. */
function savedCheckpoints(home: string): Saved[] {
  const names = readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
  return (
    names
      // a framework's own folder counts from when its manifest is there.
      .filter((name) => SAVED.test(name) || existsSync(join(home, name, MANIFEST)))
      .map((name) => examined(join(home, name), Number(SAVED.exec(name)?.[1] ?? 0)))
      .sort((a, b) => b.save - a.save || (a.folder < b.folder ? 1 : -1))
  );
}

function examined(folder: string, saveOfName: number): Saved {
  const bad = (flaw: string): Saved => ({ folder, save: saveOfName, resource: NaN, flaw });
  if (!existsSync(join(folder, MANIFEST))) {
    return bad(`${MANIFEST} is not there`);
  }
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Partial<Manifest> | null;
  } catch (error) {
    return bad(`${MANIFEST} cannot be read: ${(error as Error).message}`);
  }
  const { resource, files, save: saveOfManifest } = manifest ?? {};
  const isList = typeof files === 'object' && files !== null && Object.keys(files).length > 0;
  if (!isList || typeof resource !== 'number' || !(resource > 0)) {
    return bad(`${MANIFEST} is damaged`);
  }
  const save = saveOfName || (typeof saveOfManifest === 'number' ? saveOfManifest : 0);
  const flaw = missingPart(files, fileSizes(folder));
  return { folder, save, resource, flaw };
}

function missingPart(wanted: Readonly<Record<string, number>>, there: Readonly<Record<string, number>>) {
  for (const [name, size] of Object.entries(wanted)) {
    if (!Object.hasOwn(there, name)) {
      return `${name} is not there`;
    }
    if (there[name] !== size) {
      return `${name} has ${there[name]} of ${size} bytes`;
    }
  }
  return undefined;
}

/** The sizes of all files below the folder, by their path in it. */
function fileSizes(folder: string, prefix = ''): Record<string, number> {
  const sizes: [string, number][] = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return Object.entries(fileSizes(path, `${prefix}${entry.name}/`));
    }
    const file = statSync(path, { throwIfNoEntry: false });
    return file?.isFile() && prefix + entry.name !== MANIFEST ? [[prefix + entry.name, file.size]] : [];
  });
  return Object.fromEntries(sizes);
}

/** Removes what a newer checkpoint has replaced: our own ones but the newest `keep`, and what was never finished. */
function removeOld(home: string, saved: readonly Saved[], keep: number): void {
  const kept = saved.filter(({ flaw }) => flaw === undefined).slice(0, keep);
  const old = saved.filter((entry) => !kept.includes(entry) && SAVED.test(basename(entry.folder)));
  const unfinished = readdirSync(home)
    .filter((name) => name.startsWith(CHECKPOINT_DRAFT_PREFIX))
    .map((name) => join(home, name))
    .filter((folder) => !drafts.has(folder));
  for (const folder of [...old.map((entry) => entry.folder), ...unfinished]) {
    try {
      // without its list a folder that is half removed is no checkpoint.
      rmSync(join(folder, MANIFEST), { force: true });
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      tellOnce(`an old checkpoint cannot be removed: ${(error as Error).message}`);
    }
  }
}
