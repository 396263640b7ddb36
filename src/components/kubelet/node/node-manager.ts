/**
 * The node as the API knows it: registration, status, lease; and whether the runtime is fit for work.
 * @models kubernetes 1.36 pkg/kubelet kubelet_node_status.go runtime.go nodestatus/setters.go, component-helpers/apimachinery/lease
 * @fidelity partial: no volumes in use, no swap
 */

import { rfc3339, rfc3339Nano, rfc3339NanoFixed } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { RuntimeHandler, StatusResponse } from '../../../protocols/cri/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { formatQuantity, milliValue, quantityValue } from '../../../protocols/kube/quantity.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Condition, Lease, Node, NodeStatus } from '../../../protocols/kube/types.ts';
import type { NodeCapacity } from '../admission.ts';
import { isExpected } from '../client.ts';
import type { KubeletConfig } from '../config.ts';
import type { RuntimeService } from '../cri/runtime-service.ts';
import type { Recorder } from '../events.ts';
import { NO_PRESSURE, type Pressure } from '../eviction/thresholds.ts';
import type { NodeFacts } from '../kuberuntime/environment.ts';
import type { Log } from '../log.ts';
import type { Release } from '../release.ts';

import type { MachineInfo } from './machine-info.ts';

const SECOND = 1_000_000_000;
const RUNTIME_POLL_NS = 5 * SECOND;
const RUNTIME_DOWN_NS = 30 * SECOND;
const LEASE_NAMESPACE = 'kube-node-lease';
const IMAGES_MAX = 50;
const REGISTER_FIRST_NS = 200_000_000;
const REGISTER_MAX_NS = 7 * SECOND;

export type NodeParts = {
  name: string;
  ip: string;
  machine: MachineInfo;
  log: Log;
  release: Release;
  config: KubeletConfig;
  runtime: RuntimeService;
  client: KubeClient | null;
  recorder: Recorder;
  labels: Readonly<Record<string, string>>;
};

export class NodeManager {
  private readonly parts: NodeParts;
  readonly name: string;
  readonly ip: string;
  /** Further causes for which the runtime counts as unwell. */
  health: (ctx: Context) => string | null = () => null;
  /** What the node is short of. */
  pressure: () => Pressure = () => NO_PRESSURE;
  private lastRuntimeSync: number | null = null;
  private runtimeNotReady: string | null = null;
  private network: string | null = 'container runtime network not ready: network state unknown';
  private runtimeStatus: StatusResponse | null = null;
  private runtimeVersion = '';
  private registered = false;
  private conditions: Condition[] = [];
  private lastReport = 0;
  private isReady: boolean | null = null;
  private unschedulable = false;
  /** The labels that the API has for this node; null before the first look. */
  private apiLabels: Readonly<Record<string, string>> | null = null;

  constructor(parts: NodeParts) {
    this.parts = parts;
    this.name = parts.name;
    this.ip = parts.ip;
  }

  get capacityBytes(): number {
    return this.parts.machine.memoryBytes;
  }

  private reserved(name: 'cpu' | 'memory'): number {
    const { kubeReserved, systemReserved } = this.parts.config;
    const value = name === 'cpu' ? milliValue : quantityValue;
    return value(kubeReserved[name]) + value(systemReserved[name]);
  }

  private get evictionMemory(): number {
    const text = this.parts.config.evictionHard['memory.available'] ?? '0';
    return text.endsWith('%') ? Math.floor((this.capacityBytes * Number.parseFloat(text)) / 100) : quantityValue(text);
  }

  /** What pods may use, before the reserve that eviction defends. */
  get podLimits(): { cpuMilli: number; memoryBytes: number } {
    return {
      cpuMilli: this.parts.machine.cores * 1000 - this.reserved('cpu'),
      memoryBytes: this.capacityBytes - this.reserved('memory'),
    };
  }

  get facts(): NodeFacts {
    const { cpuMilli, memoryBytes } = this.podLimits;
    return { nodeName: this.name, hostIp: this.ip, cpuMilli, memoryBytes: memoryBytes - this.evictionMemory };
  }

  get admissionCapacity(): NodeCapacity {
    const { cpuMilli, memoryBytes } = this.facts;
    return { cpuMilli, memoryBytes, pods: this.parts.config.maxPods, labels: this.apiLabels ?? this.labels() };
  }

  /** The node lister's news: somebody may have labelled this node. */
  noteApi(node: Node): void {
    this.apiLabels = node.metadata.labels ?? {};
  }

  timeText(ctx: Context): string {
    return rfc3339Nano(ctx.wallTime);
  }

  /** null, or why no pod should be touched. */
  runtimeError(ctx: Context): string | null {
    return aggregate(this.runtimeErrors(ctx));
  }

  private runtimeErrors(ctx: Context): string[] {
    const base =
      this.lastRuntimeSync === null
        ? 'container runtime status check may not have completed yet'
        : ctx.now - this.lastRuntimeSync > RUNTIME_DOWN_NS
          ? 'container runtime is down'
          : null;
    return [base, this.health(ctx), this.runtimeNotReady].filter((text) => text !== null);
  }

  networkError(): string | null {
    return this.network;
  }

  start(ctx: Context): void {
    ctx.go('runtime-up', (c) => this.watchRuntime(c));
    if (this.parts.client === null) return;
    const { client } = this.parts;
    ctx.go('node-status', (c) => this.reportLoop(c, client));
    ctx.go('node-lease', (c) => this.leaseLoop(c, client));
  }

  // The runtime.

  private async watchRuntime(ctx: Context): Promise<never> {
    const { client } = this.parts;
    for (;;) {
      await this.updateRuntime(ctx);
      if (client !== null && this.registered && this.conditions.length > 0) {
        const before = this.isReady;
        if ((this.readyError(ctx) === null) !== before) await this.report(ctx, client);
      }
      await ctx.sleep(RUNTIME_POLL_NS);
    }
  }

  private async updateRuntime(ctx: Context): Promise<void> {
    const { runtime, log } = this.parts;
    let status: StatusResponse;
    try {
      if (this.runtimeVersion === '') {
        const { runtimeName, runtimeVersion } = await runtime.version(ctx);
        this.runtimeVersion = `${runtimeName}://${versionText(runtimeVersion)}`;
      }
      status = await runtime.status(ctx);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      await log.error(ctx, 'kubelet.go:3262', error, 'Container runtime sanity check failed');
      return;
    }
    this.runtimeStatus = status;
    const condition = (type: string): string | null => {
      const found = status.status?.conditions.find((one) => one.type === type);
      if (found?.status === true) return null;
      return `${type}=false reason:${found?.reason ?? ''} message:${found?.message ?? ''}`;
    };
    const network = condition('NetworkReady');
    this.network = network === null ? null : `container runtime network not ready: ${network}`;
    if (this.network !== null)
      await log.error(ctx, 'kubelet.go:3277', null, 'Container runtime network not ready', [
        'networkReady',
        network ?? '',
      ]);
    const ready = condition('RuntimeReady');
    this.runtimeNotReady = ready === null ? null : `container runtime not ready: ${ready}`;
    if (ready !== null)
      await log.error(ctx, 'kubelet.go:3290', null, 'Container runtime not ready', ['runtimeReady', ready]);
    this.lastRuntimeSync = ctx.now;
  }

  // The node object.

  private labels(): Record<string, string> {
    return {
      'beta.kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': this.name,
      'kubernetes.io/os': 'linux',
      ...this.parts.labels,
    };
  }

  private async reportLoop(ctx: Context, client: KubeClient): Promise<never> {
    const { config } = this.parts;
    if (config.registerNode) await this.register(ctx, client);
    this.registered = true;
    for (;;) {
      await this.report(ctx, client);
      // Until the node is ready for the first time the kubelet looks more often.
      await ctx.sleep(this.isReady === true ? config.nodeStatusUpdateFrequencyNs : SECOND);
    }
  }

  private async register(ctx: Context, client: KubeClient): Promise<void> {
    const { log, name } = this.parts;
    for (let pause = REGISTER_FIRST_NS; ; pause = Math.min(pause * 2, REGISTER_MAX_NS)) {
      await log.info(ctx, 2, 'kubelet_node_status.go:78', 'Attempting to register node', ['node', name]);
      try {
        await client.create<Node>(ctx, 'nodes', null, {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: {
            name,
            labels: this.labels(),
            annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
          },
          spec: {},
          status: await this.status(ctx),
        });
        await log.info(ctx, 2, 'kubelet_node_status.go:81', 'Successfully registered node', ['node', name]);
        return;
      } catch (error) {
        if (isStatusError(error, 'AlreadyExists')) {
          await log.info(ctx, 2, 'kubelet_node_status.go:128', 'Node was previously registered', ['node', name]);
          const node = await this.quietly(() => client.get<Node>(ctx, 'nodes', null, name));
          this.conditions = node?.status?.conditions ?? [];
          await log.info(ctx, 2, 'kubelet_node_status.go:81', 'Successfully registered node', ['node', name]);
          return;
        }
        if (!isExpected(error)) throw error;
        await log.error(ctx, 'kubelet_node_status.go:109', error, 'Unable to register node with API server', [
          'node',
          name,
        ]);
      }
      await ctx.sleep(pause);
    }
  }

  private async quietly<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await call();
    } catch (error) {
      if (!isExpected(error)) throw error;
      return null;
    }
  }

  private async report(ctx: Context, client: KubeClient): Promise<void> {
    const { log, config, name } = this.parts;
    try {
      const node = await client.get<Node>(ctx, 'nodes', null, name);
      this.conditions = node.status?.conditions ?? this.conditions;
      this.noteReboot(ctx, node);
      await this.noteSchedulable(ctx, node.spec.unschedulable === true);
      const status = await this.status(ctx);
      const bare = (one: NodeStatus): NodeStatus => ({
        ...one,
        conditions: (one.conditions ?? []).map(({ lastHeartbeatTime: _, ...rest }) => rest),
      });
      const old = node.status ?? {};
      const changed = Object.entries(bare(status)).some(
        ([key, value]) => !equal(value, (bare(old) as Record<string, unknown>)[key]),
      );
      if (!changed && ctx.now - this.lastReport < config.nodeStatusReportFrequencyNs) return;
      await client.patch<Node>(ctx, 'nodes', null, name, 'merge', { status }, { subresource: 'status' });
      this.conditions = status.conditions ?? [];
      this.lastReport = ctx.now;
    } catch (error) {
      if (!isExpected(error)) throw error;
      await log.error(ctx, 'kubelet_node_status.go:548', error, 'Error updating node status, will retry');
    }
  }

  private async noteSchedulable(ctx: Context, unschedulable: boolean): Promise<void> {
    if (unschedulable === this.unschedulable) return;
    this.unschedulable = unschedulable;
    await this.statusEvent(ctx, unschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable');
  }

  private async statusEvent(ctx: Context, event: string): Promise<void> {
    const { recorder, log, name } = this.parts;
    await log.info(
      ctx,
      2,
      'kubelet_node_status.go:689',
      'Recording event message for node',
      ['node', name],
      ['event', event],
    );
    recorder.node(ctx, name, 'Normal', event, `Node ${name} status is now: ${event}`);
  }

  private noteReboot(ctx: Context, { status }: Node): void {
    const { machine, recorder, name } = this.parts;
    const known = status?.nodeInfo?.bootID ?? '';
    if (known === '' || known === machine.bootId) return;
    const text = `Node ${name} has been rebooted, boot id: ${machine.bootId}`;
    recorder.node(ctx, name, 'Warning', 'Rebooted', text);
  }

  private readyError(ctx: Context): string | null {
    return aggregate([...this.runtimeErrors(ctx), ...(this.network === null ? [] : [this.network])]);
  }

  private async status(ctx: Context): Promise<NodeStatus> {
    const { machine, config, release, name, ip, runtime } = this.parts;
    const memory = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`;
    const cpu = (milli: number): string => formatQuantity({ milli: BigInt(milli), format: 'DecimalSI' });
    const { cpuMilli, memoryBytes } = this.facts;
    const disk = config.evictionHard['nodefs.available'] ?? '0';
    const kept = disk.endsWith('%') ? (machine.diskBytes * Number.parseFloat(disk)) / 100 : quantityValue(disk);
    const common = { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
    const images = (await this.quietlyGrpc(() => runtime.listImages(ctx))) ?? [];
    return {
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      capacity: {
        cpu: String(machine.cores),
        'ephemeral-storage': memory(machine.diskBytes),
        ...common,
        memory: memory(machine.memoryBytes),
        pods: String(config.maxPods),
      },
      allocatable: {
        cpu: cpu(cpuMilli),
        'ephemeral-storage': String(Math.floor(machine.diskBytes - kept)),
        ...common,
        memory: memory(memoryBytes),
        pods: String(config.maxPods),
      },
      conditions: await this.newConditions(ctx),
      daemonEndpoints: { kubeletEndpoint: { Port: config.port } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: machine.bootId,
        containerRuntimeVersion: this.runtimeVersion,
        kernelVersion: machine.kernel,
        kubeProxyVersion: '',
        kubeletVersion: release.version,
        machineID: machine.machineId,
        operatingSystem: 'linux',
        osImage: machine.osImage,
        systemUUID: machine.systemUuid,
      },
      images: images
        .filter(({ repoTags, repoDigests }) => repoTags.length + repoDigests.length > 0)
        .sort((a, b) => (a.size < b.size ? 1 : a.size > b.size ? -1 : a.id < b.id ? -1 : 1))
        .slice(0, IMAGES_MAX)
        .map(({ repoTags, repoDigests, size }) => ({ names: [...repoDigests, ...repoTags], sizeBytes: Number(size) })),
      ...(this.runtimeStatus === null ? {} : this.runtimeFeatures(this.runtimeStatus)),
    };
  }

  /** What the runtime said last of its handlers. */
  get runtimeHandlers(): readonly RuntimeHandler[] {
    return this.runtimeStatus?.runtimeHandlers ?? [];
  }

  private runtimeFeatures({ runtimeHandlers, features }: StatusResponse): Partial<NodeStatus> {
    return {
      ...(features === undefined ? {} : { features: { supplementalGroupsPolicy: features.supplementalGroupsPolicy } }),
      ...(runtimeHandlers.length === 0
        ? {}
        : {
            runtimeHandlers: runtimeHandlers.map(({ name, features: own }) => ({
              name,
              ...(own === undefined
                ? {}
                : {
                    features: {
                      recursiveReadOnlyMounts: own.recursiveReadOnlyMounts,
                      userNamespaces: own.userNamespaces,
                    },
                  }),
            })),
          }),
    };
  }

  private async quietlyGrpc<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return null;
    }
  }

  private async newConditions(ctx: Context): Promise<Condition[]> {
    const now = rfc3339(ctx.wallTime);
    const problem = this.readyError(ctx);
    const first = this.isReady === null;
    const wanted = pressureConditions(this.pressure());
    if (problem === null) wanted.push(['Ready', true, 'KubeletReady', 'kubelet is posting ready status', 'NodeReady']);
    else wanted.push(['Ready', false, 'KubeletNotReady', problem, 'NodeNotReady']);
    const conditions: Condition[] = [];
    for (const [type, ok, reason, message, event] of wanted) {
      const status = ok ? 'True' : 'False';
      const old = this.conditions.find((one) => one.type === type);
      const same = old?.status === status;
      conditions.push({
        type,
        status,
        lastHeartbeatTime: now,
        lastTransitionTime: same ? (old?.lastTransitionTime ?? now) : now,
        reason,
        message,
      });
      const isReadiness = type === 'Ready';
      if (isReadiness ? old !== undefined && !same : first || !same) await this.statusEvent(ctx, event);
    }
    this.isReady = problem === null;
    return conditions;
  }

  // The lease.

  private async leaseLoop(ctx: Context, client: KubeClient): Promise<never> {
    const { config, log, name } = this.parts;
    const renewNs = (config.nodeLeaseDurationSeconds * SECOND) / 4;
    let lease: Lease | null = null;
    let pause = 200_000_000;
    for (;;) {
      try {
        lease = await this.renew(ctx, client, lease);
        pause = 200_000_000;
        await ctx.sleep(renewNs);
      } catch (error) {
        if (!isExpected(error)) throw error;
        if (lease === null)
          await log.error(ctx, 'controller.go:145', error, 'Failed to ensure lease exists, will retry', [
            'interval',
            `${pause / 1_000_000}ms`,
          ]);
        else await log.error(ctx, 'controller.go:195', error, 'Failed to update lease', ['node', name]);
        lease = null;
        await ctx.sleep(pause);
        pause = Math.min(pause * 2, REGISTER_MAX_NS);
      }
    }
  }

  private async renew(ctx: Context, client: KubeClient, lease: Lease | null): Promise<Lease> {
    const { name, config } = this.parts;
    const renewTime = `${rfc3339NanoFixed(ctx.wallTime).slice(0, 26)}Z`;
    let current = lease;
    if (current === null) {
      try {
        current = await client.get<Lease>(ctx, 'leases', LEASE_NAMESPACE, name);
      } catch (error) {
        if (!isStatusError(error, 'NotFound')) throw error;
        const node = await this.quietly(() => client.get<Node>(ctx, 'nodes', null, name));
        return client.create<Lease>(ctx, 'leases', LEASE_NAMESPACE, {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: {
            name,
            namespace: LEASE_NAMESPACE,
            ...(node === null
              ? {}
              : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid }] }),
          },
          spec: { holderIdentity: name, leaseDurationSeconds: config.nodeLeaseDurationSeconds, renewTime },
        });
      }
    }
    return client.update<Lease>(ctx, 'leases', { ...current, spec: { ...current.spec, renewTime } });
  }
}

function aggregate(errors: readonly string[]): string | null {
  if (errors.length === 0) return null;
  return errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`;
}

type Wanted = [type: string, ok: boolean, reason: string, message: string, event: string];

/** `ok` is the condition's status: true for a node that is short of it. */
function pressureConditions({ memory, disk, pid }: Pressure): Wanted[] {
  const short = 'kubelet has insufficient';
  const enough = 'kubelet has sufficient';
  return [
    memory
      ? [
          'MemoryPressure',
          true,
          'KubeletHasInsufficientMemory',
          `${short} memory available`,
          'NodeHasInsufficientMemory',
        ]
      : [
          'MemoryPressure',
          false,
          'KubeletHasSufficientMemory',
          `${enough} memory available`,
          'NodeHasSufficientMemory',
        ],
    disk
      ? ['DiskPressure', true, 'KubeletHasDiskPressure', 'kubelet has disk pressure', 'NodeHasDiskPressure']
      : ['DiskPressure', false, 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure', 'NodeHasNoDiskPressure'],
    pid
      ? ['PIDPressure', true, 'KubeletHasInsufficientPID', `${short} PID available`, 'NodeHasInsufficientPID']
      : ['PIDPressure', false, 'KubeletHasSufficientPID', `${enough} PID available`, 'NodeHasSufficientPID'],
  ];
}

/** A version that is none by semver is cut down to its numbers: Debian's `1.4.13~ds1` is 1.4.13. @models k8s.io/apimachinery pkg/util/version @fidelity full */
function versionText(text: string): string {
  const [, numbers = '', rest = ''] = /^\s*v?(\d+(?:\.\d+)*)(.*)$/.exec(text) ?? [];
  if (numbers === '') return text;
  const isSemantic = numbers.split('.').length === 3 && /^(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.test(rest);
  return isSemantic ? `${numbers}${rest}` : numbers;
}
