import { writeFileSync } from 'node:fs';
import { describeWithPython, eventually, FakeStudy } from './fake-study';

let study: FakeStudy;

beforeEach(async () => {
  study = await new FakeStudy().listen();
});
afterEach(() => study.close());

const OFTEN = { CDK_HPO_WORKER_CHECKPOINT_SECONDS: '0.05' };
const MANIFEST = 'cdk-hpo-checkpoint.json';
const PUTS = /^(PUT|DELETE) checkpoints\/1\//;

function changes(): string[] {
  return study.s3Calls.filter((call) => PUTS.test(call)).map((call) => call.replace('checkpoints/1/', ''));
}

describeWithPython('checkpoints', () => {
  test('of an earlier attempt are there when the next one begins, and are not sent back', async () => {
    study.store.put('s3://bucket/checkpoints/1/resource-2-save-1/weights', 'two');
    study.store.put(
      `s3://bucket/checkpoints/1/resource-2-save-1/${MANIFEST}`,
      '{"resource":2,"save":1,"files":{"weights":3}}',
    );
    study.store.put('s3://bucket/checkpoints/10/other', 'of another trial');
    study.give(1, { attempt: 2 });
    const program = [
      'import cdk_hpo, os',
      'latest = cdk_hpo.latest_checkpoint()',
      'print("at", latest.resource, open(latest.folder + "/weights").read(), os.listdir(cdk_hpo.checkpoint_dir()))',
    ];
    const { stdout } = await study.worker({ python: program }).finished;
    expect(stdout).toContain("[trial 1] at 2 two ['resource-2-save-1']\n");
    expect(changes()).toEqual([]);
  });

  test('more than one page of them are restored', async () => {
    for (let number = 0; number < 1001; number++) study.store.put(`s3://bucket/checkpoints/1/a b+%${number}`, 'x');
    study.give(1);
    const { stdout } = await study.worker({ shell: 'ls $SAGEMAKER_BASE_DIR/checkpoints | wc -l' }).finished;
    expect(stdout.trim()).toMatch(/\[trial 1\] +1001$/);
    expect(study.outcomeOf(1)?.status).toBe('Completed');
  });

  test('are uploaded while the trial runs, and what vanished is deleted', async () => {
    study.give(1);
    const program = [
      'import os, time',
      'home = os.environ["SAGEMAKER_BASE_DIR"] + "/checkpoints/"',
      'open(home + "one", "w").write("1")',
      'os.mkdir(home + ".writing-x"); open(home + ".writing-x/draft", "w").write("half")',
      'while not os.path.exists("go-on"): time.sleep(0.01)',
      'os.remove(home + "one"); open(home + "two", "w").write("2")',
      'while not os.path.exists("end"): time.sleep(0.01)',
    ];
    const worker = study.worker({ python: program }, [], OFTEN);
    await eventually(() => study.object('checkpoints/1/one') === '1');
    writeFileSync(`${study.folder}/go-on`, '');
    await eventually(() => study.object('checkpoints/1/one') === undefined);
    expect(study.keys('checkpoints/1/')).toEqual(['two']);
    writeFileSync(`${study.folder}/end`, '');
    expect((await worker.finished).code).toBe(0);
    expect(changes()).toEqual(['PUT one', 'PUT two', 'DELETE one']);
  });

  test('have their manifest in S3 only while all that it lists is there', async () => {
    study.give(1);
    // the second one replaces the first; at the end the first is written over, in place.
    const program = [
      'import cdk_hpo, os, time',
      'def save(resource):',
      '    with cdk_hpo.checkpoint(resource, keep=1) as folder:',
      '        for name in "abc": open(os.path.join(folder, name), "w").write(name * resource)',
      'def wait(name):',
      '    print(name, flush=True)',
      '    while not os.path.exists(name): time.sleep(0.01)',
      'save(1); wait("first")',
      'save(2); wait("second")',
      'open(cdk_hpo.latest_checkpoint().folder + "/b", "w").write("changed")',
    ];
    const worker = study.worker({ python: program }, [], OFTEN);
    await eventually(() => changes().length >= 4);
    writeFileSync(`${study.folder}/first`, '');
    await eventually(() => changes().length >= 12);
    writeFileSync(`${study.folder}/second`, '');
    await worker.finished;
    const [one, two] = ['resource-1-save-1/', 'resource-2-save-2/'];
    const all = changes();
    const sorted = (from: number, to: number) => all.slice(from, to).sort();
    expect(sorted(0, 3)).toEqual(['a', 'b', 'c'].map((name) => `PUT ${one}${name}`));
    expect(all[3]).toBe(`PUT ${one}${MANIFEST}`);
    expect(sorted(4, 7)).toEqual(['a', 'b', 'c'].map((name) => `PUT ${two}${name}`));
    expect(all.slice(7, 9)).toEqual([`PUT ${two}${MANIFEST}`, `DELETE ${one}${MANIFEST}`]);
    expect(sorted(9, 12)).toEqual(['a', 'b', 'c'].map((name) => `DELETE ${one}${name}`));
    expect(all.slice(12)).toEqual([`DELETE ${two}${MANIFEST}`, `PUT ${two}b`, `PUT ${two}${MANIFEST}`]);
  });

  test('are uploaded a last time when the trial has ended, whatever its end', async () => {
    study.give(1);
    await study.worker({ shell: 'echo last > $SAGEMAKER_BASE_DIR/checkpoints/state; exit 1' }).finished;
    expect(study.object('checkpoints/1/state')).toBe('last\n');
    expect(study.outcomeOf(1)?.status).toBe('Failed');
  });

  test('that cannot be read make the attempt fail as infrastructure', async () => {
    study.interceptS3 = (call) => (call.startsWith('GET') ? 403 : undefined);
    study.give(1);
    await study.worker({ shell: 'exit 0' }).finished;
    expect(study.outcomeOf(1)?.failureReason).toMatch(/^InternalServerError: .*403/);
  });

  test('that cannot be written for a while are told of once, and written later', async () => {
    let failures = 0;
    study.interceptS3 = (call) => (PUTS.test(call) && failures++ < 6 ? 403 : undefined);
    study.give(1);
    const program = 'echo x > $SAGEMAKER_BASE_DIR/checkpoints/state; sleep 1';
    const { stderr } = await study.worker({ shell: program }, [], OFTEN).finished;
    expect(stderr.match(/could not be uploaded/g)).toHaveLength(1);
    expect([study.object('checkpoints/1/state'), study.outcomeOf(1)?.status]).toEqual(['x\n', 'Completed']);
  });

  test('a model that cannot be written makes a completed trial fail as infrastructure', async () => {
    study.interceptS3 = (call) => (call.startsWith('PUT output/') ? 403 : undefined);
    study.give(1);
    await study.worker({ shell: 'echo x > $SM_MODEL_DIR/model' }).finished;
    expect(study.outcomeOf(1)).toMatchObject({
      status: 'Failed',
      failureReason: expect.stringMatching(/^InternalServerError: .*s3:\/\/bucket\/output\/1-1\/model.tar.gz/),
    });
  });
});
