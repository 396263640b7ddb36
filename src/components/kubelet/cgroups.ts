/**
 * The cgroups above the containers: kubepods, one per quality of service, one per pod.
 * @models kubernetes 1.36 pkg/kubelet/cm cgroup_manager_linux.go, qos_container_manager_linux.go, pod_container_manager_linux.go
 * @fidelity partial: limits are given to systemd with the slice, not once more when it is there
 */
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, mkdirAll, readFile, writeFile } from '../../linux/io.ts';
import type { Pod } from '../../protocols/kube/types.ts';
import { Slices } from '../../protocols/systemd/slice.ts';
import type { Scheduler } from '../../sim/scheduler.ts';
import { systemdProperty } from '../oci-runtimes/shared/systemd-properties.ts';
import { cpuWeightOf } from './cpu-weight.ts';
import { Failure } from './failures.ts';
import { CPU_PERIOD, milliToQuota, milliToShares } from './kuberuntime/resources.ts';
import { podResources, type QosClass, qosClassOf, uidOf } from './pod.ts';

const ROOT = '/sys/fs/cgroup';

export type CgroupDriver = 'systemd' | 'cgroupfs';

type Limits = { cpuWeight?: number; cpuMax?: string; memoryMax?: string };

export class Cgroups {
  readonly driver: CgroupDriver;
  private readonly slices: Slices;

  constructor(driver: CgroupDriver, scheduler: Scheduler) {
    this.driver = driver;
    this.slices = new Slices(scheduler);
  }

  /** `["kubepods", "burstable"]` as a path below the hierarchy's root, in the driver's spelling. */
  private path(parts: readonly string[]): string {
    if (this.driver === 'cgroupfs') return parts.map((part) => `/${part}`).join('');
    let prefix = '';
    return parts
      .map((part) => {
        prefix = prefix === '' ? part.replaceAll('-', '_') : `${prefix}-${part.replaceAll('-', '_')}`;
        return `/${prefix}.slice`;
      })
      .join('');
  }

  private podParts(uid: string, qos: QosClass): string[] {
    const name = `pod${uid}`;
    return qos === 'Guaranteed' ? ['kubepods', name] : ['kubepods', qos.toLowerCase(), name];
  }

  /** What the runtime gets as cgroup_parent. */
  parentOf(pod: Pod): string {
    return this.path(this.podParts(uidOf(pod), qosClassOf(pod)));
  }

  /** As the kubelet names it: `[kubepods besteffort podUID]`. */
  partsOf(pod: Pod): string {
    return `[${this.podParts(uidOf(pod), qosClassOf(pod)).join(' ')}]`;
  }

  /** The pod's own, as an absolute path. */
  directoryOf(pod: Pod): string {
    return ROOT + this.parentOf(pod);
  }

  /** Of all pods together. */
  get podsDirectory(): string {
    return ROOT + this.path(['kubepods']);
  }

  /** kubepods with the node's allocatable as its limit, and the two classes below it. */
  async setUp(ctx: Context, allocatable: { cpuMilli: number; memoryBytes: number }): Promise<void> {
    if (this.driver === 'cgroupfs') await enableControllers(ctx, ROOT);
    const { cpuMilli, memoryBytes } = allocatable;
    await this.make(ctx, this.path(['kubepods']), {
      cpuWeight: cpuWeightOf(milliToShares(cpuMilli)),
      memoryMax: String(memoryBytes),
    });
    await this.make(ctx, this.path(['kubepods', 'besteffort']), { cpuWeight: cpuWeightOf(2) });
    await this.make(ctx, this.path(['kubepods', 'burstable']), { cpuWeight: cpuWeightOf(2) });
  }

  async ensurePod(ctx: Context, pod: Pod): Promise<void> {
    const path = this.parentOf(pod);
    if (!(await exists(ctx, ROOT + path))) await this.make(ctx, path, limitsOf(pod));
  }

  /** `grow` only raises limits, so that what is inside may be raised after it; `fit` sets them as they are to be. */
  async resizePod(ctx: Context, pod: Pod, how: 'grow' | 'fit'): Promise<void> {
    const path = this.parentOf(pod);
    const { cpuWeight, cpuMax = `max ${CPU_PERIOD}`, memoryMax = 'max' } = limitsOf(pod);
    const amount = (text: string): number =>
      text.startsWith('max') ? Number.POSITIVE_INFINITY : Number.parseInt(text, 10);
    const changes: Limits = how === 'fit' && cpuWeight !== undefined ? { cpuWeight } : {};
    for (const [key, file, text] of [
      ['cpuMax', 'cpu.max', cpuMax],
      ['memoryMax', 'memory.max', memoryMax],
    ] as const) {
      const now = (await readFile(ctx, `${ROOT}${path}/${file}`)).trim();
      if (now !== text && (how === 'fit' || amount(text) > amount(now))) changes[key] = text;
    }
    if (Object.keys(changes).length > 0) await this.write(ctx, path, changes);
  }

  private async make(ctx: Context, path: string, limits: Limits): Promise<void> {
    const directory = ROOT + path;
    if (this.driver === 'systemd') {
      const [unit = '', parent = '-.slice'] = path.split('/').slice(1).reverse();
      const refused = await this.slices.start(ctx, unit, parent, propertiesOf(limits));
      if (refused !== null) throw new Failure(`unable to start unit ${quote(unit)}: ${refused}`);
      // systemd counts in whole percents.
      if (limits.cpuMax !== undefined) await writeFile(ctx, `${directory}/cpu.max`, limits.cpuMax);
      return;
    }
    await mkdirAll(ctx, directory);
    await enableControllers(ctx, directory);
    await this.write(ctx, path, limits);
  }

  private async write(ctx: Context, path: string, limits: Limits): Promise<void> {
    if (this.driver === 'systemd') {
      const unit = path.slice(path.lastIndexOf('/') + 1);
      const refused = await this.slices.setProperties(ctx, unit, propertiesOf(limits));
      if (refused !== null) throw new Failure(refused);
    }
    for (const [file, value] of filesOf(limits)) await writeFile(ctx, `${ROOT}${path}/${file}`, value);
  }

  /** CPU weight of the burstable class: the sum of its pods' requests. */
  async updateQos(ctx: Context, pods: readonly Pod[]): Promise<void> {
    let milli = 0;
    for (const pod of pods) if (qosClassOf(pod) === 'Burstable') milli += podResources(pod).cpuRequestMilli;
    const path = this.path(['kubepods', 'burstable']);
    const cpuWeight = cpuWeightOf(milliToShares(milli));
    if ((await readFile(ctx, `${ROOT}${path}/cpu.weight`)).trim() !== String(cpuWeight))
      await this.write(ctx, path, { cpuWeight });
  }

  /** Removes the pod's cgroup with what runtimes have left below it. False while something lives in it. */
  async destroyPod(ctx: Context, pod: Pod): Promise<boolean> {
    const path = this.parentOf(pod);
    const directory = ROOT + path;
    if (this.driver === 'systemd' && (await exists(ctx, directory))) {
      if (/^populated 1$/m.test(await readFile(ctx, `${directory}/cgroup.events`))) return false;
      await this.slices.stop(ctx, path.slice(path.lastIndexOf('/') + 1));
    }
    return removeTree(ctx, directory);
  }
}

const filesOf = ({ cpuWeight, cpuMax, memoryMax }: Limits): [file: string, value: string][] => [
  ...(cpuWeight === undefined ? [] : [['cpu.weight', String(cpuWeight)] as [string, string]]),
  ...(cpuMax === undefined ? [] : [['cpu.max', cpuMax] as [string, string]]),
  ...(memoryMax === undefined ? [] : [['memory.max', memoryMax] as [string, string]]),
];

const propertiesOf = (limits: Limits): string[] => filesOf(limits).flatMap((one) => systemdProperty(...one) ?? []);

function limitsOf(pod: Pod): Limits {
  const { cpuRequestMilli, cpuLimitMilli, cpuLimited, memoryLimit, memoryLimited } = podResources(pod);
  return {
    cpuWeight: cpuWeightOf(milliToShares(cpuRequestMilli)),
    ...(cpuLimited ? { cpuMax: `${milliToQuota(cpuLimitMilli)} ${CPU_PERIOD}` } : {}),
    ...(memoryLimited ? { memoryMax: String(memoryLimit) } : {}),
  };
}

async function enableControllers(ctx: Context, directory: string): Promise<void> {
  const available = (await readFile(ctx, `${directory}/cgroup.controllers`)).trim().split(/\s+/);
  const wanted = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'].filter((name) => available.includes(name));
  const enabled = (await readFile(ctx, `${directory}/cgroup.subtree_control`)).trim().split(/\s+/);
  const missing = wanted.filter((name) => !enabled.includes(name));
  if (missing.length === 0) return;
  await writeFile(ctx, `${directory}/cgroup.subtree_control`, missing.map((name) => `+${name}`).join(' '));
}

async function removeTree(ctx: Context, path: string): Promise<boolean> {
  try {
    for (const { name, type } of await ctx.sys.readDirectory(ctx, path))
      if (type === 'directory' && !(await removeTree(ctx, `${path}/${name}`))) return false;
    await ctx.sys.rmdir(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    if (isErrno(error, 'EBUSY', 'ENOTEMPTY')) return false;
    throw error;
  }
}
