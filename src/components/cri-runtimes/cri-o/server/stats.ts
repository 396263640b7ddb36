/**
 * ContainerStats, ListContainerStats, PodSandboxStats, ListPodSandboxStats: from the files of cgroups.
 * @models CRI-O 1.36 internal/lib/statsserver, internal/config/cgmgr/stats_linux.go
 * @fidelity partial: nothing is collected in the background; no pressure or I/O statistics
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile } from '../../../../linux/io.ts';
import type {
  ContainerStats,
  ContainerStatsRequest,
  ContainerStatsResponse,
  CpuUsage,
  ListContainerStatsRequest,
  ListContainerStatsResponse,
  ListPodSandboxStatsRequest,
  ListPodSandboxStatsResponse,
  MemoryUsage,
  PodSandboxStats,
  PodSandboxStatsRequest,
  PodSandboxStatsResponse,
  SwapUsage,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { inNetworkNamespace } from '../../shared/cni/netns.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import type { Container } from '../oci/container.ts';
import { cgroupDirectory, podDirectory } from './cgroup-paths.ts';
import { chosenContainers } from './list-containers.ts';
import { labelsMatch } from './list-pod-sandbox.ts';
import type { Sandbox } from './sandbox.ts';
import type { Server } from './server.ts';

const INTERFACE = 'eth0';
const NS_PER_SECOND = 1_000_000_000;
/** "No limit" is told as the largest number of pages there could be. */
const UNLIMITED = 9_223_372_036_854_771_712n;

type Measured = {
  cpu: Input<CpuUsage>;
  cpuNs: bigint;
  memory: Input<MemoryUsage>;
  swap: Input<SwapUsage>;
  pids: bigint;
};

export async function containerStats(
  ctx: Context,
  server: Server,
  request: ContainerStatsRequest,
): Promise<Input<ContainerStatsResponse>> {
  const container = await server.findContainer(ctx, request.containerId);
  return { stats: await statsOf(ctx, server, container) };
}

export async function listContainerStats(
  ctx: Context,
  server: Server,
  request: ListContainerStatsRequest,
): Promise<Input<ListContainerStatsResponse>> {
  const { filter } = request;
  const chosen = await chosenContainers(ctx, server, filter === undefined ? undefined : { ...filter });
  const stats: Input<ContainerStats>[] = [];
  for (const container of chosen) {
    if (container.state.status === 'stopped') continue;
    try {
      stats.push(await statsOf(ctx, server, container));
    } catch (error) {
      await server.log.warn(ctx, `Error getting stats of container ${container.id}: ${messageOf(error)}`);
    }
  }
  return { stats };
}

async function statsOf(ctx: Context, server: Server, container: Container): Promise<Input<ContainerStats>> {
  const sandbox = server.sandboxOf(container);
  const systemd = server.config.crio.runtime.cgroup_manager === 'systemd';
  const measured = await measure(ctx, cgroupDirectory(sandbox.cgroupParent, container.id, systemd));
  const usage = await writableUsage(ctx, server, container.id);
  const sample = { nanoseconds: measured.cpuNs, time: ctx.wallTime };
  const old = container.usage;
  container.usage = sample;
  const elapsed = old === null ? 0 : Number(sample.time - old.time);
  const nanoCores =
    old === null || elapsed <= 0
      ? 0n
      : BigInt(Math.floor((Number(sample.nanoseconds - old.nanoseconds) / elapsed) * NS_PER_SECOND));
  return {
    attributes: {
      id: container.id,
      metadata: container.metadata,
      labels: container.labels,
      annotations: container.annotations,
    },
    cpu: { ...measured.cpu, usageNanoCores: { value: nanoCores } },
    memory: measured.memory,
    swap: measured.swap,
    writableLayer: {
      timestamp: ctx.wallTime,
      fsId: { mountpoint: container.mountPoint },
      usedBytes: { value: BigInt(usage.bytes) },
      inodesUsed: { value: BigInt(usage.inodes) },
    },
  };
}

async function measure(ctx: Context, directory: string): Promise<Measured> {
  const read = (file: string): Promise<string> => readFile(ctx, `${directory}/${file}`);
  const values = async (file: string): Promise<Map<string, bigint>> =>
    new Map(
      (await read(file))
        .trim()
        .split('\n')
        .map((line) => {
          const [key = '', value = '0'] = line.split(' ');
          return [key, BigInt(value)];
        }),
    );
  const optional = async (file: string): Promise<string> => {
    try {
      return (await read(file)).trim();
    } catch (error) {
      if (isErrno(error)) return '0';
      throw error;
    }
  };
  try {
    const timestamp = ctx.wallTime;
    const cpu = await values('cpu.stat');
    const memory = await values('memory.stat');
    const usage = BigInt((await read('memory.current')).trim());
    const max = (await read('memory.max')).trim();
    const inactive = memory.get('inactive_file') ?? 0n;
    const workingSet = inactive < usage ? usage - inactive : 0n;
    const limit = max === 'max' ? UNLIMITED : BigInt(max);
    const swap = BigInt(await optional('memory.swap.current'));
    const swapMax = await optional('memory.swap.max');
    const cpuNs = (cpu.get('usage_usec') ?? 0n) * 1000n;
    return {
      cpuNs,
      cpu: { timestamp, usageCoreNanoSeconds: { value: cpuNs } },
      memory: {
        timestamp,
        workingSetBytes: { value: workingSet },
        availableBytes: { value: limit - workingSet },
        usageBytes: { value: usage },
        rssBytes: { value: memory.get('anon') ?? 0n },
        pageFaults: { value: memory.get('pgfault') ?? 0n },
        majorPageFaults: { value: memory.get('pgmajfault') ?? 0n },
      },
      swap: {
        timestamp,
        swapAvailableBytes: { value: (swapMax === 'max' ? UNLIMITED : BigInt(swapMax)) - swap },
        swapUsageBytes: { value: swap },
      },
      pids: BigInt(await optional('pids.current')),
    };
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failure(`unable to get cgroup stats of ${directory}: ${error.go}`);
  }
}

/** Lengths of what a container has written; directories take nothing. */
async function writableUsage(ctx: Context, server: Server, id: string): Promise<{ bytes: number; inodes: number }> {
  const usage = { bytes: 0, inodes: 0 };
  const layer = server.store.findContainer(id)?.layer;
  if (layer === undefined) return usage;
  const visit = async (path: string): Promise<void> => {
    const stat = await ctx.sys.lstat(ctx, path);
    usage.inodes++;
    if (stat.type !== 'directory') {
      usage.bytes += stat.size;
      return;
    }
    for (const entry of await ctx.sys.readDirectory(ctx, path)) await visit(`${path}/${entry.name}`);
  };
  await visit(`${server.store.directory(layer)}/diff`);
  return usage;
}

export async function podSandboxStats(
  ctx: Context,
  server: Server,
  request: PodSandboxStatsRequest,
): Promise<Input<PodSandboxStatsResponse>> {
  let sandbox: Sandbox;
  try {
    sandbox = server.findSandbox(request.podSandboxId);
  } catch (error) {
    throw wrap(`could not find pod "${request.podSandboxId}"`, error);
  }
  return { stats: await statsOfPod(ctx, server, sandbox) };
}

export async function listPodSandboxStats(
  ctx: Context,
  server: Server,
  request: ListPodSandboxStatsRequest,
): Promise<Input<ListPodSandboxStatsResponse>> {
  const { filter } = request;
  const stats: Input<PodSandboxStats>[] = [];
  for (const sandbox of server.sandboxes.values()) {
    if (!sandbox.created || sandbox.stopped) continue;
    if (filter !== undefined && filter.id !== '' && !sandbox.id.startsWith(filter.id)) continue;
    if (filter !== undefined && !labelsMatch(filter.labelSelector, sandbox.labels)) continue;
    stats.push(await statsOfPod(ctx, server, sandbox));
  }
  return { stats };
}

async function statsOfPod(ctx: Context, server: Server, sandbox: Sandbox): Promise<Input<PodSandboxStats>> {
  const systemd = server.config.crio.runtime.cgroup_manager === 'systemd';
  const containers: Input<ContainerStats>[] = [];
  for (const container of sandbox.containers.values()) {
    if (container.state.status === 'stopped') continue;
    containers.push(await statsOf(ctx, server, container));
  }
  const own =
    sandbox.cgroupParent === '' ? null : await measure(ctx, podDirectory(sandbox.cgroupParent, systemd)).catch(nothing);
  const network = sandbox.namespaces.net === undefined ? null : await counters(ctx, sandbox.namespaces.net);
  const timestamp = ctx.wallTime;
  return {
    attributes: {
      id: sandbox.id,
      metadata: sandbox.metadata,
      labels: sandbox.labels,
      annotations: sandbox.annotations,
    },
    linux: {
      ...(own === null ? {} : { cpu: own.cpu, memory: own.memory }),
      ...(network === null
        ? {}
        : {
            network: {
              timestamp,
              defaultInterface: {
                name: INTERFACE,
                rxBytes: { value: BigInt(network.rx) },
                txBytes: { value: BigInt(network.tx) },
                rxErrors: { value: 0n },
                txErrors: { value: 0n },
              },
            },
          }),
      process: { timestamp, processCount: { value: own?.pids ?? 0n } },
      containers,
    },
  };
}

function nothing(error: unknown): null {
  messageOf(error);
  return null;
}

async function counters(ctx: Context, path: string): Promise<{ rx: number; tx: number } | null> {
  try {
    const text = await inNetworkNamespace(ctx, path, async (inner) => {
      const link = (await inner.sys.netLinks(inner)).find(({ name }) => name === INTERFACE);
      return link === undefined ? '' : `${link.statistics.rxBytes} ${link.statistics.txBytes}`;
    });
    if (text === '') return null;
    const [rx = 0, tx = 0] = text.split(' ').map(Number);
    return { rx, tx };
  } catch (error) {
    return nothing(error);
  }
}
