import { RealClock } from '../clock';
import { failureReasonOf } from './failure-reason';
import type { JobExit, JobRun } from './job-launcher';

const WALL = new RealClock();

/** One run of several hosts: it ends well when all of them have; the first that does not ends the others. */
export function joinHosts(hosts: readonly JobRun[], stopGraceSeconds: number): JobRun {
  const over = new AbortController();
  let failed: JobExit | undefined;
  let told = false;
  const tell = (signal: 'terminate' | 'kill') => {
    told = true;
    for (const host of hosts) host[signal]();
  };
  const endOthers = () => {
    // who has told them to end sees to it that they do; a second SIGTERM may cut short what a program does at the first.
    if (told) return;
    tell('terminate');
    WALL.sleep(stopGraceSeconds * 1000, over.signal).then(
      () => tell('kill'),
      () => undefined,
    );
  };
  const follow = async (host: JobRun) => {
    const exit = await host.ended;
    if (failureReasonOf(exit) === undefined) return;
    failed ??= exit;
    endOthers();
  };
  return {
    ended: Promise.all(hosts.map(follow)).then(() => {
      over.abort(new Error('all hosts have ended.'));
      return failed ?? { exitCode: 0 };
    }),
    terminate: () => tell('terminate'),
    kill: () => tell('kill'),
    freezeLastHost: (seconds) => hosts.at(-1)?.freezeLastHost?.(seconds),
  };
}
