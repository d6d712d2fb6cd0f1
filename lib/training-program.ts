import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';
import { FileSystem, IgnoreMode } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3Assets from 'aws-cdk-lib/aws-s3-assets';
import * as cxapi from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { TRAINING_ENVIRONMENT } from './contract/environment';
import { CODE_CHANNEL, ENTRY_CHANNEL } from './private/program-channels';
import { grantReadPrefix } from './private/s3-access';
import { shippedFile } from './private/shipped-file';

/** What a training program adds to the training job. */
export interface TrainingProgramConfig {
  /**
   * The container's entry point.
   *
   * @default - the image's own
   */
  readonly entrypoint?: string[];

  /**
   * Channels, by name: `s3://` URIs.
   *
   * @default - none
   */
  readonly channels?: { [name: string]: string };

  /**
   * Environment variables.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * In its channel, the file that the entry point runs first.
   *
   * @default - the image's own entry point runs
   */
  readonly entryFile?: string;
}

/** Details of script mode. */
export interface ScriptOptions {
  /**
   * A twin of the program for the local runtime, where the training image isn't: a file of the same folder that another
   * interpreter runs, with the same hyperparameters and metrics.
   *
   * @default - the local runtime runs the program itself
   */
  readonly localEntry?: string;

  /**
   * Files of the folder that aren't uploaded, as glob patterns.
   *
   * @default - version control, virtual environments, installed packages and caches
   */
  readonly exclude?: string[];
}

/** The program that a trial runs in its container. */
export abstract class TrainingProgram {
  /** What the image runs by itself when SageMaker starts it. */
  public static fromImage(): TrainingProgram {
    return new ImageProgram();
  }

  /**
   * Script mode without Docker: a local folder goes up at deployment, and in any image with the entry's interpreter an
   * entry point of ours unpacks and runs it. The cdk-hpo client lies beside the program, so that `import cdk_hpo` works
   * in Python, and `import './cdk-hpo.mjs'` in JavaScript.
   *
   * The program gets its hyperparameters as command line options (`--name value`) and in the environment (`SM_HP_NAME`).
   *
   * @param folder path of the folder
   * @param entry file in the folder that is run: `.py` by `python3`; `.js`, `.mjs` or `.cjs` by `node`
   */
  public static fromScript(folder: string, entry: string, options: ScriptOptions = {}): TrainingProgram {
    return new ScriptProgram(folder, entry, options);
  }

  /**
   * Called by the trial runner.
   *
   * @param role the role that the training job reads its data with
   */
  public abstract bind(scope: Construct, role: iam.IGrantable): TrainingProgramConfig;
}

class ImageProgram extends TrainingProgram {
  public bind(): TrainingProgramConfig {
    return {};
  }
}

const DEFAULT_EXCLUDE = [
  '.git',
  '.venv',
  'venv',
  'node_modules',
  '__pycache__',
  '*.pyc',
  '.ipynb_checkpoints',
  'cdk.out',
  '.DS_Store',
];

interface Interpreter {
  readonly extensions: string[];
  /** Our entry point and the client, under `client/dist`. */
  readonly entryFile: string;
  readonly clientFile: string;
  /** Starts our entry point, whose name in its channel is a hash; each part has at most 256 characters. */
  readonly entrypoint: string[];
}

const INTERPRETERS: Interpreter[] = [
  {
    extensions: ['.py'],
    entryFile: 'entry/python_entry.py',
    clientFile: 'python/cdk_hpo.py',
    entrypoint: [
      'python3',
      '-c',
      `import glob,runpy;runpy.run_path(glob.glob('/opt/ml/input/data/${ENTRY_CHANNEL}/*.py')[0],run_name='__main__')`,
    ],
  },
  {
    extensions: ['.js', '.mjs', '.cjs'],
    entryFile: 'entry/node-entry.mjs',
    clientFile: 'node/cdk-hpo.mjs',
    entrypoint: [
      'node',
      '-e',
      `const d='/opt/ml/input/data/${ENTRY_CHANNEL}/',f=require('fs').readdirSync(d).find(n=>n.endsWith('.mjs'));` +
        `import(require('url').pathToFileURL(d+f).href)`,
    ],
  },
];

class ScriptProgram extends TrainingProgram {
  private readonly interpreter: Interpreter;

  constructor(
    private readonly folder: string,
    private readonly entry: string,
    private readonly options: ScriptOptions,
  ) {
    super();
    if (!fs.existsSync(folder) || !fs.statSync(folder).isDirectory()) {
      throw new Error(
        `folder of TrainingProgram.fromScript must be a folder, got ${JSON.stringify(path.resolve(folder))}`,
      );
    }
    this.interpreter = interpreterOf('entry', folder, entry);
    if (options.localEntry !== undefined) interpreterOf('localEntry', folder, options.localEntry);
  }

  public bind(scope: Construct, role: iam.IGrantable): TrainingProgramConfig {
    const local = this.options.localEntry;
    const localInterpreter = local === undefined ? undefined : interpreterOf('localEntry', this.folder, local);
    const interpreters = [this.interpreter, ...(localInterpreter ? [localInterpreter] : [])];
    const code = this.uploadCode(scope, interpreters);
    const entry = new s3Assets.Asset(scope, 'Entry', {
      path: shippedFile('client', 'dist', this.interpreter.entryFile),
    });
    grantReadPrefix(code.bucket, code.s3ObjectKey, role);
    grantReadPrefix(entry.bucket, entry.s3ObjectKey, role);
    return {
      entrypoint: this.interpreter.entrypoint,
      channels: { [CODE_CHANNEL]: code.s3ObjectUrl, [ENTRY_CHANNEL]: entry.s3ObjectUrl },
      entryFile: path.basename(entry.s3ObjectKey),
      environment: {
        [TRAINING_ENVIRONMENT.PROGRAM]: this.entry,
        ...(local !== undefined && { [TRAINING_ENVIRONMENT.LOCAL_PROGRAM]: local }),
      },
    };
  }

  /** The user's folder with our clients beside it, as one zip. */
  private uploadCode(scope: Construct, interpreters: Interpreter[]): s3Assets.Asset {
    // where assets aren't staged, the deployment reads this very folder.
    const keep = scope.node.tryGetContext(cxapi.DISABLE_ASSET_STAGING_CONTEXT) !== undefined;
    const staging = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-hpo-'));
    try {
      FileSystem.copyDirectory(path.resolve(this.folder), staging, {
        exclude: this.options.exclude ?? DEFAULT_EXCLUDE,
        ignoreMode: IgnoreMode.GLOB,
      });
      const entries = { entry: this.entry, localEntry: this.options.localEntry ?? this.entry };
      for (const [what, entry] of Object.entries(entries)) {
        if (!fs.existsSync(path.join(staging, entry))) {
          throw new Error(
            `${what} of TrainingProgram.fromScript must not be excluded by its exclude patterns, got ${JSON.stringify(entry)}`,
          );
        }
      }
      for (const { clientFile } of interpreters) {
        fs.copyFileSync(shippedFile('client', 'dist', clientFile), path.join(staging, path.basename(clientFile)));
      }
      return new s3Assets.Asset(scope, 'Code', { path: staging });
    } finally {
      if (!keep) fs.rmSync(staging, { recursive: true, force: true });
    }
  }
}

function interpreterOf(what: string, folder: string, entry: string): Interpreter {
  const extension = path.extname(entry);
  const interpreter = INTERPRETERS.find(({ extensions }) => extensions.includes(extension));
  if (interpreter === undefined) {
    const allowed = INTERPRETERS.flatMap(({ extensions }) => extensions).join(', ');
    throw new Error(`${what} of TrainingProgram.fromScript must end in ${allowed}, got ${JSON.stringify(entry)}`);
  }
  const file = path.resolve(folder, entry);
  if (!file.startsWith(path.resolve(folder) + path.sep) || !fs.existsSync(file)) {
    throw new Error(
      `${what} of TrainingProgram.fromScript must be a file in ${JSON.stringify(folder)}, got ${JSON.stringify(entry)}`,
    );
  }
  return interpreter;
}
