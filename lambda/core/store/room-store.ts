import { ItemTable } from './item-table';
import { TRIES_KEY, TUNER_PARTITION, roomKey } from './keys';
import { putItem } from './put-item';
import { Versioned } from './records';

/** When a start on an instance type last found no room. */
interface RoomRecord extends Versioned {
  /** Milliseconds since the epoch. */
  readonly noRoomAt: number;
}

interface TriesRecord extends Versioned {
  readonly nextTry: number;
}

/** So long after a start that found no room none other is tried, but by those who wait for it. */
const SHORT_MS = 10 * 60_000;

/** Tries of those who wait: the first after this time, and all of a tuner's so far apart. */
const FIRST_TRY_MS = 60_000;
const BETWEEN_TRIES_MS = 30_000;

/**
 * What is known of the room for training jobs, by quota or capacity, and the queue of those who wait for it. All studies of a
 * tuner share it.
 */
export class RoomStore {
  constructor(private readonly table: ItemTable) {}

  /** When a start on the type last found no room; undefined where that is long ago. */
  async noRoomSince(instanceType: string, now: number): Promise<number | undefined> {
    const record = (await this.table.get(TUNER_PARTITION, roomKey(instanceType))) as RoomRecord | undefined;
    return record !== undefined && now - record.noRoomAt < SHORT_MS ? record.noRoomAt : undefined;
  }

  /** A start on the type has found no room. */
  async noteNoRoom(instanceType: string, now: number): Promise<void> {
    await putItem<RoomRecord>(this.table, TUNER_PARTITION, roomKey(instanceType), (before) =>
      before !== undefined && before.noRoomAt >= now ? undefined : { noRoomAt: now },
    );
  }

  /** A job has run on the type. What was noted later than `startedAt` still holds. */
  async noteRoom(instanceType: string, startedAt: number): Promise<void> {
    await putItem<RoomRecord>(this.table, TUNER_PARTITION, roomKey(instanceType), (before) =>
      before === undefined || before.noRoomAt === 0 || before.noRoomAt > startedAt ? undefined : { noRoomAt: 0 },
    );
  }

  /** Takes the next place in the queue of tries. @returns milliseconds since the epoch */
  async reserveTry(now: number): Promise<number> {
    let place = now;
    await putItem<TriesRecord>(this.table, TUNER_PARTITION, TRIES_KEY, (before) => {
      place = Math.max(now + FIRST_TRY_MS, before?.nextTry ?? 0);
      return { nextTry: place + BETWEEN_TRIES_MS };
    });
    return place;
  }
}
