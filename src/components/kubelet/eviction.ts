/**
 * Before the node itself runs out of something, pods go: the one that uses most beyond what it asked for, one at a time.
 * @models kubernetes 1.36 pkg/kubelet/eviction eviction_manager.go helpers.go
 * @fidelity partial: hard thresholds of memory.available, nodefs.available, imagefs.available and pid.available, on one
 *   filesystem; no soft ones, no kernel notification
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import { formatQuantity, quantityValue } from '../../protocols/kube/quantity.ts';
import type { Pod, PodStatus } from '../../protocols/kube/types.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import type { Recorder } from './events.ts';
import type { ImageCollector } from './image-gc.ts';
import { LABELS } from './kuberuntime/labels.ts';
import { allContainers, isCriticalPod, podResources, uidOf } from './pod.ts';

const SECOND = 1_000_000_000;
const MONITOR_NS = 10 * SECOND;
/** How long a pressure is reported after it has gone. */
const TRANSITION_NS = 300 * SECOND;
const GRACE_SECONDS = 1;
const DEPTH_MAX = 32;

export type Pressure = { memory: boolean; disk: boolean; pid: boolean };
type Signal = 'memory.available' | 'nodefs.available' | 'imagefs.available' | 'pid.available';
type Observation = { available: number; capacity: number };

const RESOURCES: Readonly<Record<Signal, keyof Pressure>> = {
  'memory.available': 'memory',
  'nodefs.available': 'disk',
  'imagefs.available': 'disk',
  'pid.available': 'pid',
};
const NAMES: Readonly<Record<keyof Pressure, string>> = { memory: 'memory', disk: 'ephemeral-storage', pid: 'pids' };

export type EvictionParts = {
  nodeName: string;
  rootDir: string;
  thresholds: Readonly<Record<string, string>>;
  runtime: RuntimeService;
  recorder: Recorder;
  images: ImageCollector;
  pods(): Pod[];
  kill(uid: string, verdict: Partial<PodStatus>, graceSeconds: number): void;
  pressureChanged(pressure: Pressure): void;
};

type Usage = { pod: Pod; bytes: Map<string, number>; total: number };

export class EvictionManager {
  private readonly parts: EvictionParts;
  /** Until when each is reported. */
  private readonly until = new Map<keyof Pressure, number>();
  private told: Pressure = { memory: false, disk: false, pid: false };

  constructor(parts: EvictionParts) {
    this.parts = parts;
  }

  async run(ctx: Context): Promise<never> {
    for (;;) {
      await ctx.sleep(MONITOR_NS);
      try {
        await this.enforceVolumeLimits(ctx);
        await this.synchronize(ctx);
      } catch (error) {
        if (!isErrno(error) && !(error instanceof GrpcError)) throw error;
      }
    }
  }

  private async synchronize(ctx: Context): Promise<void> {
    const { recorder, nodeName, images } = this.parts;
    const met = await this.metSignals(ctx);
    for (const { signal } of met) this.until.set(RESOURCES[signal], ctx.now + TRANSITION_NS);
    const is = (kind: keyof Pressure): boolean => (this.until.get(kind) ?? 0) > ctx.now;
    const pressure = { memory: is('memory'), disk: is('disk'), pid: is('pid') };
    if ((['memory', 'disk', 'pid'] as const).some((kind) => pressure[kind] !== this.told[kind])) {
      this.told = pressure;
      this.parts.pressureChanged(pressure);
    }
    // Memory first.
    const order: readonly Signal[] = ['memory.available', 'nodefs.available', 'imagefs.available', 'pid.available'];
    const worst = order.map((signal) => met.find((one) => one.signal === signal)).find((one) => one !== undefined);
    if (worst === undefined) return;
    const resource = RESOURCES[worst.signal];
    recorder.node(ctx, nodeName, 'Warning', 'EvictionThresholdMet', `Attempting to reclaim ${NAMES[resource]}`);
    if (resource === 'disk') {
      await images.deleteUnused(ctx);
      const still = await this.metSignals(ctx);
      if (!still.some(({ signal }) => RESOURCES[signal] === 'disk')) return;
    }
    await this.evictOne(ctx, worst, resource);
  }

  private async metSignals(
    ctx: Context,
  ): Promise<{ signal: Signal; threshold: number; available: number; text: string }[]> {
    const observed = await this.observe(ctx);
    const met = [];
    for (const [signal, { available, capacity }] of observed) {
      const text = this.parts.thresholds[signal];
      if (text === undefined) continue;
      const threshold = text.endsWith('%') ? (capacity * Number.parseFloat(text)) / 100 : quantityValue(text);
      if (available < threshold) met.push({ signal, threshold: Math.floor(threshold), available, text });
    }
    return met;
  }

  private async observe(ctx: Context): Promise<Map<Signal, Observation>> {
    const memory = await readFile(ctx, '/proc/meminfo');
    const kB = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) * 1024;
    const disk = await ctx.sys.statfs(ctx, '/');
    const fs = { available: disk.blocksFree * disk.blockSize, capacity: disk.blocks * disk.blockSize };
    const pids = Number((await readFile(ctx, '/proc/sys/kernel/pid_max')).trim());
    const running = Number((await readFile(ctx, '/proc/loadavg')).split(' ')[3]?.split('/')[1] ?? 0);
    return new Map<Signal, Observation>([
      ['memory.available', { available: kB('MemAvailable'), capacity: kB('MemTotal') }],
      ['nodefs.available', fs],
      ['imagefs.available', fs],
      ['pid.available', { available: pids - running, capacity: pids }],
    ]);
  }

  private async evictOne(
    ctx: Context,
    { threshold, available }: { threshold: number; available: number },
    resource: keyof Pressure,
  ): Promise<void> {
    const usages = (await this.usages(ctx, resource)).filter(({ pod }) => !isCriticalPod(pod) && isActive(pod));
    const request = ({ pod }: Usage): number => (resource === 'memory' ? podResources(pod).memoryRequest : 0);
    usages.sort(
      (a, b) =>
        Number(b.total > request(b)) - Number(a.total > request(a)) ||
        (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) ||
        b.total - request(b) - (a.total - request(a)),
    );
    const [victim] = usages;
    if (victim === undefined) return;
    const name = NAMES[resource];
    const amount = (bytes: number): string =>
      formatQuantity({
        milli: BigInt(Math.floor(bytes)) * 1000n,
        format: resource === 'pid' ? 'DecimalSI' : 'BinarySI',
      });
    let message = `The node was low on resource: ${name}. Threshold quantity: ${amount(threshold)}, available: ${shown(available)}. `;
    for (const container of allContainers(victim.pod)) {
      const used = victim.bytes.get(container.name) ?? 0;
      const asked = resource === 'memory' ? (container.resources?.requests?.memory ?? '0') : '0';
      if (used > quantityValue(asked))
        message += `Container ${container.name} was using ${shown(used)}, request is ${asked}, has larger consumption of ${name}. `;
    }
    this.evict(ctx, victim.pod, message);
  }

  private evict(ctx: Context, pod: Pod, message: string): void {
    this.parts.recorder.pod(ctx, pod, 'Warning', 'Evicted', message);
    this.parts.kill(uidOf(pod), { phase: 'Failed', reason: 'Evicted', message }, GRACE_SECONDS);
  }

  private async usages(ctx: Context, resource: keyof Pressure): Promise<Usage[]> {
    const found = new Map(
      this.parts.pods().map((pod): [string, Usage] => [uidOf(pod), { pod, bytes: new Map(), total: 0 }]),
    );
    for (const { attributes, memory, writableLayer } of await this.parts.runtime.listContainerStats(ctx)) {
      const usage = found.get(attributes?.labels[LABELS.podUid] ?? '');
      if (usage === undefined) continue;
      const bytes = Number(
        (resource === 'memory' ? memory?.workingSetBytes?.value : writableLayer?.usedBytes?.value) ?? 0n,
      );
      usage.bytes.set(attributes?.labels[LABELS.containerName] ?? '', bytes);
      usage.total += bytes;
    }
    if (resource === 'disk')
      for (const usage of found.values())
        usage.total += await sizeOf(
          ctx,
          `${this.parts.rootDir}/pods/${uidOf(usage.pod)}/volumes/kubernetes.io~empty-dir`,
        );
    return [...found.values()];
  }

  /** emptyDir's sizeLimit. */
  private async enforceVolumeLimits(ctx: Context): Promise<void> {
    for (const pod of this.parts.pods().filter(isActive)) {
      for (const { name, emptyDir } of pod.spec.volumes ?? []) {
        const limit = emptyDir?.sizeLimit;
        if (limit === undefined || limit === '0') continue;
        const path = `${this.parts.rootDir}/pods/${uidOf(pod)}/volumes/kubernetes.io~empty-dir/${name}`;
        if ((await sizeOf(ctx, path)) <= quantityValue(limit)) continue;
        this.evict(ctx, pod, `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `);
        break;
      }
    }
  }
}

function isActive(pod: Pod): boolean {
  return (
    pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded' && pod.metadata.deletionTimestamp === undefined
  );
}

/** As resource.Quantity prints bytes that it was given as a number: whole Ki where that is exact. */
function shown(bytes: number): string {
  const whole = Math.floor(bytes);
  return whole % 1024 === 0 ? `${whole / 1024}Ki` : String(whole);
}

async function sizeOf(ctx: Context, path: string, depth = 0): Promise<number> {
  try {
    const stat = await ctx.sys.lstat(ctx, path);
    if (stat.type !== 'directory') return stat.size;
    let sum = 0;
    if (depth < DEPTH_MAX)
      for (const entry of await ctx.sys.readDirectory(ctx, path))
        sum += await sizeOf(ctx, `${path}/${entry.name}`, depth + 1);
    return sum;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return 0;
  }
}
