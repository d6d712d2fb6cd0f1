/** In the tests of this file nothing waits: neither for the pace of stops, nor before another try at the table. */
export function withoutWaiting(): void {
  let timers: jest.SpyInstance;
  beforeEach(() => {
    timers = jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((call: () => void) => setImmediate(call)) as unknown as typeof setTimeout);
  });
  afterEach(() => timers.mockRestore());
}
