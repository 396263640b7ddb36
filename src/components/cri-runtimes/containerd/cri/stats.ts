/**
 * ContainerStats, ListContainerStats, PodSandboxStats, ListPodSandboxStats.
 * @models containerd 2.1 internal/cri/server/container_stats*.go, sandbox_stats*.go
 * @fidelity partial: the writable layer is measured when asked for
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { readFile } from '../../../../linux/io.ts';
import { Metrics } from '../../../../protocols/cgroups/v2/generated.ts';
import type {
  ContainerStats,
  ContainerStatsRequest,
  ContainerStatsResponse,
  ListContainerStatsRequest,
  ListContainerStatsResponse,
  ListPodSandboxStatsRequest,
  ListPodSandboxStatsResponse,
  NetworkUsage,
  PodSandboxStats,
  PodSandboxStatsRequest,
  PodSandboxStatsResponse,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { inNetworkNamespace } from '../../shared/cni/netns.ts';
import { failure, isKind, isNotFound, messageOf, wrap } from '../../shared/errors.ts';
import { DEFAULT_INTERFACE } from '../cni/go-cni.ts';
import { isClosed } from '../tasks/shim.ts';
import type { CriService } from './cri-service.ts';
import { fullIdOf, labelsMatch } from './filters.ts';
import { snapshotsHolding } from './runtime-snapshotter.ts';
import { CRI_NAMESPACE, type CriContainer, type Sandbox, type UsageSample } from './types.ts';

const NS_PER_SECOND = 1_000_000_000;

type Measured = { stats: Input<ContainerStats>; pids: bigint };

export async function containerStats(
  ctx: Context,
  cri: CriService,
  request: ContainerStatsRequest,
): Promise<Input<ContainerStatsResponse>> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    throw wrap('failed to find container', error);
  }
  const metrics = await metricsOf(ctx, cri, container.id);
  if (metrics === null) throw failure('unexpected metrics response: []');
  cri.sandboxes.get(container.metadata.sandboxId);
  return { stats: (await measure(ctx, cri, container, metrics)).stats };
}

export async function listContainerStats(
  ctx: Context,
  cri: CriService,
  request: ListContainerStatsRequest,
): Promise<Input<ListContainerStatsResponse>> {
  const filter = request.filter;
  const id = fullIdOf(cri.containers, filter?.id ?? '');
  const sandboxId = fullIdOf(cri.sandboxes, filter?.podSandboxId ?? '');
  const chosen = cri.containers
    .list()
    .filter(
      (container) =>
        (id === '' || container.id === id) &&
        (sandboxId === '' || container.metadata.sandboxId === sandboxId) &&
        labelsMatch(filter?.labelSelector ?? {}, container.metadata.config.labels),
    );
  return { stats: (await measureAll(ctx, cri, chosen)).map((measured) => measured.stats) };
}

async function measureAll(ctx: Context, cri: CriService, containers: readonly CriContainer[]): Promise<Measured[]> {
  const out: Measured[] = [];
  for (const container of containers) {
    if (cri.sandboxes.find(container.metadata.sandboxId) === undefined) {
      const { id, metadata } = container;
      await cri.log.warn(
        ctx,
        `skipping container ${quote(id)}, failed to get metrics handler: failed to find sandbox id ${quote(metadata.sandboxId)}: not found`,
      );
      continue;
    }
    const measured = await measure(ctx, cri, container, await metricsOf(ctx, cri, container.id));
    const { cpu } = measured.stats;
    const usage = cpu?.usageCoreNanoSeconds?.value;
    if (usage === undefined) {
      out.push(measured);
      continue;
    }
    const usageNanoCores = { value: nanoCores(container, { nanoseconds: BigInt(usage), time: ctx.wallTime }) };
    out.push({ ...measured, stats: { ...measured.stats, cpu: { ...cpu, usageNanoCores } } });
  }
  return out;
}

/** Null when there is no task. */
async function metricsOf(ctx: Context, cri: CriService, id: string): Promise<Metrics | null> {
  const shim = cri.parts.tasks.find(CRI_NAMESPACE, id);
  if (shim === undefined) return null;
  try {
    const any = await shim.stats(ctx);
    return any === null ? null : Metrics.decode(any.value);
  } catch (error) {
    if (!isNotFound(error)) await cri.log.error(ctx, `collecting metrics for ${id}`, error);
    return null;
  }
}

async function measure(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  metrics: Metrics | null,
): Promise<Measured> {
  const { config } = container.metadata;
  const now = ctx.wallTime;
  const snapshots = snapshotsHolding(cri.parts, container.id);
  const usage = snapshots.has(CRI_NAMESPACE, container.id)
    ? await snapshots.usage(ctx, CRI_NAMESPACE, container.id)
    : { size: 0, inodes: 0 };
  const { cpu, memory } = metrics ?? {};
  const stats: Input<ContainerStats> = {
    attributes: {
      id: container.id,
      ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
      labels: config.labels,
      annotations: config.annotations,
    },
    writableLayer: {
      timestamp: now,
      fsId: { mountpoint: snapshots.root },
      usedBytes: { value: BigInt(usage.size) },
      inodesUsed: { value: BigInt(usage.inodes) },
    },
    ...(cpu === undefined ? {} : { cpu: { timestamp: now, usageCoreNanoSeconds: { value: cpu.usageUsec * 1000n } } }),
    ...(memory === undefined ? {} : { memory: memoryUsage(now, memory) }),
  };
  return { stats, pids: metrics?.pids?.current ?? 0n };
}

/** Above this a limit means "none". */
const UNLIMITED = 1n << 62n;

type MemoryNumbers = Pick<
  NonNullable<Metrics['memory']>,
  'usage' | 'usageLimit' | 'inactiveFile' | 'anon' | 'pgfault' | 'pgmajfault'
>;

function memoryUsage(timestamp: bigint, memory: MemoryNumbers): Input<NonNullable<ContainerStats['memory']>> {
  const workingSet = memory.inactiveFile < memory.usage ? memory.usage - memory.inactiveFile : 0n;
  const available = memory.usageLimit > UNLIMITED ? 0n : memory.usageLimit - workingSet;
  return {
    timestamp,
    workingSetBytes: { value: workingSet },
    availableBytes: { value: BigInt.asUintN(64, available) },
    usageBytes: { value: memory.usage },
    rssBytes: { value: memory.anon },
    pageFaults: { value: memory.pgfault },
    majorPageFaults: { value: memory.pgmajfault },
  };
}

/** The average since this was last asked; nothing the first time. */
function nanoCores(owner: CriContainer, sample: UsageSample): bigint {
  const old = owner.usage;
  if (old === null) {
    owner.usage = sample;
    return 0n;
  }
  const elapsed = Number(sample.time - old.time);
  if (elapsed <= 0 || sample.nanoseconds < old.nanoseconds) return 0n;
  owner.usage = sample;
  return BigInt(Math.floor((Number(sample.nanoseconds - old.nanoseconds) / elapsed) * NS_PER_SECOND));
}

export async function podSandboxStats(
  ctx: Context,
  cri: CriService,
  request: PodSandboxStatsRequest,
): Promise<Input<PodSandboxStatsResponse>> {
  let sandbox: Sandbox;
  try {
    sandbox = cri.sandboxes.get(request.podSandboxId);
  } catch (error) {
    throw wrap(`an error occurred when trying to find sandbox ${request.podSandboxId}`, error);
  }
  try {
    return { stats: await statsOfPod(ctx, cri, sandbox) };
  } catch (error) {
    throw wrap('failed to decode pod sandbox metrics', error);
  }
}

export async function listPodSandboxStats(
  ctx: Context,
  cri: CriService,
  request: ListPodSandboxStatsRequest,
): Promise<Input<ListPodSandboxStatsResponse>> {
  const stats: Input<PodSandboxStats>[] = [];
  const errors: string[] = [];
  for (const sandbox of chosenSandboxes(cri, request)) {
    try {
      stats.push(await statsOfPod(ctx, cri, sandbox));
    } catch (error) {
      if (isKind(error, 'Unavailable', 'NotFound') || isClosed(error)) continue;
      errors.push(`failed to decode sandbox container metrics for sandbox ${quote(sandbox.id)}: ${messageOf(error)}`);
    }
  }
  if (errors.length > 0) throw failure(errors.join('\n'));
  return { stats };
}

function chosenSandboxes(cri: CriService, { filter }: ListPodSandboxStatsRequest): Sandbox[] {
  const all = cri.sandboxes.list();
  if (filter === undefined) return all;
  const id = fullIdOf(cri.sandboxes, filter.id);
  return all.filter(
    (sandbox) =>
      (id === '' || sandbox.id === id) &&
      labelsMatch(filter.labelSelector, sandbox.metadata.config.labels) &&
      sandbox.status.state === 'ready',
  );
}

async function statsOfPod(ctx: Context, cri: CriService, sandbox: Sandbox): Promise<Input<PodSandboxStats>> {
  const { id, metadata, status } = sandbox;
  if (status.state !== 'ready') {
    throw failure(
      `failed to get pod sandbox stats since sandbox container ${quote(id)} is not in ready state: unavailable`,
      'Unavailable',
    );
  }
  const parent = metadata.config.linux?.cgroupParent ?? '';
  if (parent === '') {
    throw failure(
      `failed getting metrics for sandbox ${id}: failed to get cgroup metrics for sandbox ${id} because cgroupPath is empty`,
    );
  }
  const cgroup = await readCgroup(ctx, parent).catch((error: unknown) => {
    throw wrap(`failed getting metrics for sandbox ${id}: failed to get stats for cgroup: ${parent}`, error);
  });
  const { config } = metadata;
  const now = ctx.wallTime;
  const network = metadata.netNsPath === '' ? null : await interfaceCounters(ctx, metadata.netNsPath);
  const measured = await measureAll(
    ctx,
    cri,
    cri.containers.list().filter((container) => container.metadata.sandboxId === id),
  );
  return {
    attributes: {
      id,
      ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
      labels: config.labels,
      annotations: config.annotations,
    },
    linux: {
      cpu: { timestamp: now, usageCoreNanoSeconds: { value: cgroup.cpuNs } },
      memory: memoryUsage(now, cgroup.memory),
      ...(network === null ? {} : { network }),
      process: { timestamp: now, processCount: { value: measured.reduce((sum, { pids }) => sum + pids, 0n) } },
      containers: measured.map(({ stats }) => stats),
    },
  };
}

const CGROUP_ROOT = '/sys/fs/cgroup';

/** A cgroup as the kernel's files show it. */
async function readCgroup(ctx: Context, parent: string): Promise<{ cpuNs: bigint; memory: MemoryNumbers }> {
  const directory = `${CGROUP_ROOT}${parent.startsWith('/') ? '' : '/'}${parent}`;
  const values = async (file: string): Promise<Map<string, bigint>> => {
    const lines = (await readFile(ctx, `${directory}/${file}`)).trim().split('\n');
    return new Map(
      lines.map((line) => {
        const [key = '', value = '0'] = line.split(' ');
        return [key, BigInt(value)];
      }),
    );
  };
  const cpu = await values('cpu.stat');
  const memory = await values('memory.stat');
  const limit = (await readFile(ctx, `${directory}/memory.max`)).trim();
  return {
    cpuNs: (cpu.get('usage_usec') ?? 0n) * 1000n,
    memory: {
      usage: BigInt((await readFile(ctx, `${directory}/memory.current`)).trim()),
      usageLimit: limit === 'max' ? UNLIMITED * 3n : BigInt(limit),
      inactiveFile: memory.get('inactive_file') ?? 0n,
      anon: memory.get('anon') ?? 0n,
      pgfault: memory.get('pgfault') ?? 0n,
      pgmajfault: memory.get('pgmajfault') ?? 0n,
    },
  };
}

async function interfaceCounters(ctx: Context, path: string): Promise<Input<NetworkUsage>> {
  const counters = { rx: 0, tx: 0 };
  try {
    const text = await inNetworkNamespace(ctx, path, async (c) => {
      const link = (await c.sys.netLinks(c)).find((candidate) => candidate.name === DEFAULT_INTERFACE);
      return `${link?.statistics.rxBytes ?? 0} ${link?.statistics.txBytes ?? 0}`;
    });
    [counters.rx = 0, counters.tx = 0] = text.split(' ').map(Number);
  } catch (error) {
    messageOf(error);
  }
  const none = { value: 0n };
  return {
    defaultInterface: {
      name: DEFAULT_INTERFACE,
      rxBytes: { value: BigInt(counters.rx) },
      rxErrors: none,
      txBytes: { value: BigInt(counters.tx) },
      txErrors: none,
    },
  };
}
