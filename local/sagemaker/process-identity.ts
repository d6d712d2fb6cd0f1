import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process id together with what tells the process from a later one that got the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Undefined where the machine does not tell; such a process is never taken for the one that was meant. */
  readonly started?: string;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid) };
}

/** Whether the very process still runs. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return started !== undefined && startOf(pid) === started;
}

/** Ends the process and all of its group, when it is still that very process. */
export function killGroup(identity: ProcessIdentity): boolean {
  if (!isAlive(identity)) return false;
  return signalGroup(identity.pid, 'SIGKILL');
}

/** Sends a signal to a process group; false when there is none any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    // a group leader's id, negative, names its group; Windows knows no groups.
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
    return true;
  } catch (error) {
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxStartOf(pid);
  if (process.platform === 'win32') return undefined;
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? undefined : `ps:${started}`;
  } catch {
    return undefined;
  }
}

function linuxStartOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the second field, the program's name in brackets, may hold anything; the rest begins after it with the third.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `linux:${boot}:${startTicks}`;
  } catch {
    return undefined;
  }
}
