import { createHash } from 'node:crypto';
import type { Clock } from '../clock';
import type { ComputeEnvironmentDescription } from '../template/description';
import type { ResourceNeed } from './batch-job';
import { smallestInstance } from './instance-size';

export interface ComputeEnvironmentOptions {
  readonly clock: Clock;
  readonly instanceStartSeconds: number;
  readonly idleSeconds: number;
  readonly maxGpus: number;
}

/** An instance with the jobs on it; on Fargate each job has its own. */
interface Host {
  readonly id: string;
  readonly vcpus: number;
  readonly readyAt: number;
  readonly places: Set<Place>;
  idleSince: number;
}

interface Placed {
  readonly host: Host;
  readonly need: ResourceNeed;
  readonly lost: AbortController;
}

/** A job's share of a host. */
export interface Place {
  readonly environment: ComputeEnvironment;
  /** When the host can start a container. */
  readonly readyAt: number;
  /** What Batch says when the host is lost. */
  readonly lossReason: string;
  /** Aborted when the host is lost. */
  readonly lost: AbortSignal;
}

/**
 * The instances of a compute environment: launched when a job finds no room, shared, and ended when they were idle
 * for some time. Time is looked at when something is asked, so that no idle instance keeps anybody waiting for its end.
 */
export class ComputeEnvironment {
  private hosts: Host[] = [];
  private usedGpus = 0;
  private launched = 0;
  private readonly placed = new Map<Place, Placed>();

  constructor(
    private readonly description: ComputeEnvironmentDescription,
    private readonly options: ComputeEnvironmentOptions,
  ) {
    // they have been there since long before the first job.
    if (description.minVcpus > 0) this.launch(description.minVcpus, options.clock.now());
  }

  /** Whether a job would fit if it were alone. */
  canEverHold({ vcpus, gpus }: ResourceNeed): boolean {
    if (this.exceedsMaxVcpus({ vcpus })) return false;
    if (gpus > this.options.maxGpus || (gpus > 0 && this.isFargate)) return false;
    return this.isFargate || vcpus <= this.description.minVcpus || this.sizeFor(vcpus) !== undefined;
  }

  /** Whether a job asks for more vCPUs than all instances together may have. */
  exceedsMaxVcpus({ vcpus }: Pick<ResourceNeed, 'vcpus'>): boolean {
    return vcpus > this.description.maxVcpus;
  }

  /** Finds room for a job, or launches an instance for it; undefined when there is no room at present. */
  place(need: ResourceNeed): Place | undefined {
    this.endIdle();
    if (!this.canEverHold(need) || this.usedGpus + need.gpus > this.options.maxGpus) return undefined;
    const host = this.findHost(need.vcpus) ?? this.launchFor(need.vcpus);
    if (host === undefined) return undefined;
    this.usedGpus += need.gpus;
    const lost = new AbortController();
    const place: Place = {
      environment: this,
      readyAt: host.readyAt,
      lossReason: this.isFargate ? 'Your Spot Task was interrupted.' : `Host EC2 (instance ${host.id}) terminated.`,
      lost: lost.signal,
    };
    host.places.add(place);
    this.placed.set(place, { host, need, lost });
    return place;
  }

  release(place: Place): void {
    const placed = this.placed.get(place);
    if (placed === undefined) return;
    const { host, need } = placed;
    this.placed.delete(place);
    this.usedGpus -= need.gpus;
    host.places.delete(place);
    host.idleSince = this.options.clock.now();
    if (this.isFargate) this.end(host);
  }

  /** The host of a place is gone, with all that runs on it. */
  lose(place: Place): void {
    const host = this.placed.get(place)?.host;
    if (host === undefined) return;
    this.end(host);
    for (const other of [...host.places]) this.placed.get(other)!.lost.abort(new Error(place.lossReason));
  }

  /** vCPUs of the instances that run, idle ones among them: what is paid for. */
  launchedVcpus(): number {
    this.endIdle();
    return this.hosts.reduce((sum, { vcpus }) => sum + vcpus, 0);
  }

  private get isFargate(): boolean {
    return this.description.resources.startsWith('FARGATE');
  }

  private sizeFor(vcpus: number): number | undefined {
    return this.isFargate ? vcpus : smallestInstance(this.description.instanceTypes, vcpus);
  }

  private findHost(vcpus: number): Host | undefined {
    if (this.isFargate) return undefined;
    const free = this.hosts.filter((host) => host.vcpus - this.usedVcpus(host) >= vcpus);
    // one that runs before one that is being launched.
    return free.sort((a, b) => a.readyAt - b.readyAt)[0];
  }

  private launchFor(vcpus: number): Host | undefined {
    const size = this.sizeFor(vcpus);
    if (size === undefined) return undefined;
    const { maxVcpus } = this.description;
    const busy = this.hosts.filter(({ places }) => places.size > 0).reduce((sum, host) => sum + host.vcpus, 0);
    if (vcpus > maxVcpus - busy) return undefined;
    // idle instances that are too small make room for one that is not.
    const idle = this.hosts.filter(({ places }) => places.size === 0).sort((a, b) => a.idleSince - b.idleSince);
    while (vcpus > maxVcpus - this.sum()) this.end(idle.shift()!);
    // an instance is cut to what MaxvCpus leaves: only what jobs ask for holds other jobs back.
    const readyAt = this.options.clock.now() + this.options.instanceStartSeconds * 1000;
    return this.launch(Math.min(size, maxVcpus - this.sum()), readyAt);
  }

  private launch(vcpus: number, readyAt: number): Host {
    const digest = createHash('sha256').update(`${this.description.arn}/${++this.launched}`).digest('hex');
    const host: Host = { id: `i-0${digest.slice(0, 16)}`, vcpus, readyAt, places: new Set(), idleSince: readyAt };
    this.hosts.push(host);
    return host;
  }

  private endIdle(): void {
    const { clock, idleSeconds } = this.options;
    const over = clock.now() - idleSeconds * 1000;
    for (const host of [...this.hosts]) {
      const isIdle = host.places.size === 0 && host.idleSince <= over;
      if (isIdle && this.sum() - host.vcpus >= this.description.minVcpus) this.end(host);
    }
  }

  private end(host: Host): void {
    this.hosts = this.hosts.filter((other) => other !== host);
  }

  private sum(): number {
    return this.hosts.reduce((sum, { vcpus }) => sum + vcpus, 0);
  }

  private usedVcpus(host: Host): number {
    return [...host.places].reduce((sum, place) => sum + this.placed.get(place)!.need.vcpus, 0);
  }
}
