import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');
const PAGES = ['README.md', 'CONTRIBUTING.md', ...readdirSync(path.join(ROOT, 'docs')).map((file) => `docs/${file}`)];

interface Snippet {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const SNIPPETS: Snippet[] = PAGES.filter((page) => page.endsWith('.md')).flatMap((page) =>
  [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    page,
    language,
    text,
  })),
);

const of = (language: string) => SNIPPETS.filter((snippet) => snippet.language === language);

/** What a snippet may take for granted: it stands in a stack, after the tuner of the page. */
const PRELUDE = `
import { Duration, Stack } from 'aws-cdk-lib';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as hpo from '../../lib';
const { ActiveWhen, Objective, OutcomeConstraint, Parameter, Scaling, Scheduler, SearchAlgorithm, TrainingImage, TrainingProgram, TrialRunner, Tuner } = hpo;
type Tuner = hpo.Tuner;
declare const topic: sns.Topic;
declare const scientists: iam.Role;
declare const dataBucket: s3.Bucket;
declare const vpc: ec2.Vpc;
declare const key: kms.Key;
declare const fileSystem: efs.FileSystem;
declare const image: hpo.TrainingImage;
declare const searchSpace: { [name: string]: hpo.Parameter };
void [sfn, tasks, targets, ActiveWhen, Objective, OutcomeConstraint, Parameter, Scaling, Scheduler, TrainingImage, TrainingProgram];
void [Duration, batch, lambda, SearchAlgorithm, TrialRunner, Tuner, topic, scientists, dataBucket, searchSpace];
`;

test('the TypeScript of README and docs compiles', () => {
  const folder = mkdtempSync(path.join(ROOT, 'test', 'docs-'));
  try {
    of('ts').forEach(({ text }, i) => {
      const declares = /\btuner\b/.test(text) && !/const tuner\b/.test(text) ? 'declare const tuner: Tuner;\n' : '';
      const body = `class Example extends Stack {\n  build() {\n${text}\n  }\n}\nvoid Example;\n`;
      writeFileSync(path.join(folder, `snippet-${i}.ts`), `${PRELUDE}${declares}${body}`);
    });
    const tsconfig = {
      extends: '../../tsconfig.dev.json',
      include: ['*.ts'],
      compilerOptions: { noUnusedLocals: false },
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const { stdout, status } = spawnSync('npx', ['tsc', '-p', folder], { cwd: ROOT, encoding: 'utf8' });
    expect([stdout, status]).toEqual(['', 0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

test.each(of('json'))('JSON of $page is JSON', ({ text }) => {
  expect(() => JSON.parse(text)).not.toThrow();
});

test('JavaScript of the docs parses', () => {
  for (const { text } of of('js')) {
    const { stderr, status } = spawnSync(process.execPath, ['--check', '--input-type=module'], {
      input: text,
      encoding: 'utf8',
    });
    expect([stderr, status]).toEqual(['', 0]);
  }
});

test('Python of README and docs parses, where there is a Python', () => {
  const program = 'import ast, sys; ast.parse(sys.stdin.read())';
  for (const { text } of of('python')) {
    const { error, stderr, status } = spawnSync('python3', ['-c', program], { input: text, encoding: 'utf8' });
    if (error !== undefined) return console.warn('no python3 here: the Python of the docs was not checked');
    expect([stderr, status]).toEqual(['', 0]);
  }
});

test('the npm scripts that README and docs name exist', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const text = PAGES.map((page) => readFileSync(path.join(ROOT, page), 'utf8')).join('\n');
  const named = [...text.matchAll(/npm run (?:-s )?([a-z:-]+)/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('links between README and docs lead somewhere', () => {
  for (const page of PAGES) {
    const links = [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, link]) => link,
    );
    for (const link of links) {
      expect(() => readFileSync(path.resolve(ROOT, path.dirname(page), link))).not.toThrow();
    }
  }
});
