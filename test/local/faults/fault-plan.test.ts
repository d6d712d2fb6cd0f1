import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_NAMES, checkFaultPlan, faultDefinition, parseFaultPlan } from '../../../local/faults';
import type { FaultPlan } from '../../../local/faults';

test('a name alone is a plan for the first call', () => {
  expect(parseFaultPlan('create-throttled')).toEqual({ name: 'create-throttled' });
});

test('fields follow the name, and a text may hold an equals sign', () => {
  expect(parseFaultPlan('out-of-memory,call=2,times=3,job=trial=1,afterSeconds=1.5')).toEqual({
    name: 'out-of-memory',
    call: 2,
    times: 3,
    job: 'trial=1',
    afterSeconds: 1.5,
  });
});

test.each([
  ['nothing', /name is "nothing"; use one of create-throttled, /],
  ['create-throttled,call', /"call" of create-throttled is no field with a value; write it as call=/],
  ['create-throttled,when=2', /"when=2" of create-throttled is no field/],
  ['create-throttled,call=0', /call of create-throttled is 0; give an integer of at least 1/],
  ['create-throttled,times=x', /times of create-throttled is NaN; give an integer/],
  ['create-throttled,step=RecordTrial', /step of create-throttled is RecordTrial; leave it out/],
  ['create-throttled,afterSeconds=1', /afterSeconds of create-throttled is 1; leave it out/],
  ['create-throttled,lastsSeconds=1', /lastsSeconds of create-throttled is 1; leave it out/],
  ['step-crashed,job=x', /job of step-crashed is x; leave it out: steps are selected by step/],
  ['slow-start,lastsSeconds=0', /lastsSeconds of slow-start is 0; give a number above 0/],
  ['program-error,afterSeconds=-1', /afterSeconds of program-error is -1; give a number of at least 0/],
])('%s is refused by what is wrong with it', (text, message) => {
  expect(() => parseFaultPlan(text)).toThrow(message);
});

test('all calls are struck by Infinity', () => {
  expect(() => checkFaultPlan({ name: 'create-quota', times: Infinity })).not.toThrow();
  expect(() => checkFaultPlan({ name: 'toString' } as unknown as FaultPlan)).toThrow(/name is "toString"/);
});

test('every fault says in one line what happens', () => {
  for (const name of FAULT_NAMES) expect(faultDefinition(name).description).toMatch(/^[A-Z][^\n]{10,110}\.$/);
});

test('every fault stands in the documentation with what happens', () => {
  const text = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'local-runtime.md'), 'utf8');
  const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const documented = Object.fromEntries(rows.map(([, name, description]) => [name, `${description}.`]));
  for (const name of FAULT_NAMES) expect(documented[`\`${name}\``]).toBe(faultDefinition(name).description);
});
