import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithPython, FakeStudy, refusal, STUDY } from './fake-study';

let study: FakeStudy;

beforeEach(async () => {
  study = await new FakeStudy().listen();
});
afterEach(() => study.close());

const statuses = () => study.recorded.map(({ outcome }) => outcome.status);

describeWithPython('preparation of what comes next', () => {
  test('is asked for where an answer says so, and only there', async () => {
    study.give(1);
    study.give(2, { prepare: true });
    study.give(3, { prepare: false });
    // the second one runs until the call has come, the others end at once.
    const called = join(study.folder, 'called');
    study.intercept = ({ call }) => {
      if (call === 'prepare') writeFileSync(called, '');
      return undefined;
    };
    const waits = `if [ $CDK_HPO_TRIAL = 2 ]; then for n in $(seq 500); do [ -e ${called} ] && break; sleep 0.02; done; fi`;
    await study.worker({ shell: waits }).finished;
    expect(study.callsOf('prepare')).toEqual([{ call: 'prepare', study: STUDY, worker: 1 }]);
    // while its trial runs.
    const order = study.calls.map(({ call, trial }) => `${call} ${trial ?? ''}`.trim());
    expect(order.indexOf('prepare')).toBeGreaterThan(order.indexOf('record 1'));
    expect(order.indexOf('prepare')).toBeLessThan(order.indexOf('record 2'));
  });

  test('is asked for once for all slots at a time, and no trial waits for it', async () => {
    [1, 2, 3, 4, 5, 6].forEach((trial) => study.give(trial, { prepare: true }));
    study.intercept = ({ call }) => (call === 'prepare' ? 'never' : undefined);
    const { code } = await study.worker({ shell: 'exit 0' }, ['--slots', '2']).finished;
    expect([code, statuses()]).toEqual([0, Array(6).fill('Completed')]);
    expect(study.callsOf('prepare')).toHaveLength(1);
  });

  test.each([
    ['fails', { functionError: true, body: { errorType: 'Error', errorMessage: 'out of luck' } }, /Error: out of luck/],
    ['is refused', refusal('InvalidRequest', 'call must be one of join, next'), /Refused: InvalidRequest: call must/],
  ])('that %s is told of, and changes nothing', async (_, answer, told) => {
    [1, 2].forEach((trial) => study.give(trial, { prepare: trial === 1 }));
    study.intercept = ({ call }) => (call === 'prepare' ? answer : undefined);
    // long enough for the call to be made and told of, and the others end at once.
    const waits = 'if [ $CDK_HPO_TRIAL = 1 ]; then sleep 4; fi';
    const { code, stderr } = await study.worker({ shell: waits }).finished;
    expect([code, statuses()]).toEqual([0, ['Completed', 'Completed']]);
    expect(stderr).toContain('what comes next could not be prepared: ');
    expect(stderr).toMatch(told);
  });
});
