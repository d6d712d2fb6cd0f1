import * as fc from 'fast-check';
import { RoomStore } from '../../../../lambda/core/store/room-store';
import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';

const TYPE = 'ml.m5.xlarge';
const MINUTE = 60_000;
const NOON = Date.UTC(2026, 0, 31, 12);

describe('what is known of the room on an instance type', () => {
  let dynamo: Dynamo;
  let room: RoomStore;
  beforeAll(async () => {
    dynamo = await startDynamo();
  });
  beforeEach(async () => {
    room = new RoomStore(await dynamo.newTable());
  });
  afterAll(() => dynamo.stop());

  test('is nothing at first, and nothing of other types', async () => {
    await room.noteNoRoom('ml.g5.xlarge', NOON);
    expect(await room.noRoomSince(TYPE, NOON)).toBeUndefined();
  });

  test('holds for ten minutes', async () => {
    await room.noteNoRoom(TYPE, NOON);
    expect(await room.noRoomSince(TYPE, NOON + 10 * MINUTE - 1)).toBe(NOON);
    expect(await room.noRoomSince(TYPE, NOON + 10 * MINUTE)).toBeUndefined();
  });

  test('is the newest, whatever comes late', async () => {
    await room.noteNoRoom(TYPE, NOON);
    await room.noteNoRoom(TYPE, NOON - 1000);
    expect(await room.noRoomSince(TYPE, NOON)).toBe(NOON);
    await room.noteNoRoom(TYPE, NOON + 1000);
    expect(await room.noRoomSince(TYPE, NOON + 1000)).toBe(NOON + 1000);
  });

  test.each([
    ['began after it', NOON + 1, undefined],
    ['began just then', NOON, undefined],
    ['had its instances before', NOON - 1, NOON],
  ])('is forgotten or not when a job has run that %s', async (_, startedAt, since) => {
    await room.noteNoRoom(TYPE, NOON);
    await room.noteRoom(TYPE, startedAt);
    expect(await room.noRoomSince(TYPE, NOON + 1000)).toBe(since);
  });

  test('that there is room is noted once, and no room after it again', async () => {
    await room.noteNoRoom(TYPE, NOON);
    await room.noteRoom(TYPE, NOON + 500);
    await room.noteRoom(TYPE, NOON + 600);
    await room.noteNoRoom(TYPE, NOON + 1000);
    expect(await room.noRoomSince(TYPE, NOON + 1000)).toBe(NOON + 1000);
  });
});

describe('places in the queue of tries', () => {
  withoutWaiting();

  test('are a minute away at least and half a minute apart, whoever asks at once', async () => {
    const asks = fc.array(fc.record({ after: fc.nat({ max: 5 * MINUTE }), atOnce: fc.integer({ min: 1, max: 5 }) }));
    await fc.assert(
      fc.asyncProperty(asks, async (groups) => {
        const room = new RoomStore(new MemoryItemTable());
        const places: number[] = [];
        let now = 0;
        for (const { after, atOnce } of groups) {
          now += after;
          const got = await Promise.all(Array.from({ length: atOnce }, () => room.reserveTry(now)));
          for (const place of got) expect(place - now).toBeGreaterThanOrEqual(MINUTE);
          places.push(...got);
        }
        places.sort((a, b) => a - b);
        places.slice(1).forEach((place, i) => expect(place - places[i]).toBeGreaterThanOrEqual(MINUTE / 2));
      }),
      { numRuns: 50 },
    );
  });
});
