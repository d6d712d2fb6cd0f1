/**
 * In the tests of this file nothing waits, neither for the pace of stops nor before another try at the table: the clock jumps
 * instead.
 */
export function withoutWaiting(): void {
  const spies: jest.SpyInstance[] = [];
  beforeEach(() => {
    const now = Date.now.bind(Date);
    let ahead = 0;
    const jump = (call: () => void, wait: number = 0) => {
      ahead += wait;
      return setImmediate(call);
    };
    spies.push(
      jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead),
      jest.spyOn(globalThis, 'setTimeout').mockImplementation(jump as unknown as typeof setTimeout),
    );
  });
  afterEach(() => {
    for (const spy of spies.splice(0)) spy.mockRestore();
  });
}
