import { notBeforeNow } from '../../../lambda/core/step';

describe('the time of a request', () => {
  const NOW = '2026-03-01T12:00:00.000Z';

  beforeEach(() => jest.useFakeTimers({ now: Date.parse(NOW) }));
  afterEach(() => jest.useRealTimers());

  test('is now where the call is made again, a while after its step began', () => {
    expect(notBeforeNow({ study: 's', at: '2026-03-01T11:59:58.000Z' })).toEqual({ study: 's', at: NOW });
  });

  test.each([NOW, '2026-03-01T12:00:00.500Z', '2026-03-01T13:00:00+00:30'])('stays as it is at %s', (at) => {
    const request = { study: 's', at };
    expect(notBeforeNow(request)).toBe(request);
  });
});
