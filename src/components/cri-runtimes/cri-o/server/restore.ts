/**
 * What a daemon that starts again finds: records of containers in storage, their config.json with annotations, and
 * state.json.
 * @models CRI-O 1.36 internal/lib/container_server.go LoadSandbox, LoadContainer; server/server.go restore, wipeIfAppropriate
 * @fidelity partial: no repair of damaged storage
 */

import { quote } from '../../../../go/quote.ts';
import { parseRfc3339 } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { exists, readFile } from '../../../../linux/io.ts';
import type { CniResult } from '../../../../protocols/cni/types.ts';
import { Mount, NamespaceMode, UserNamespace } from '../../../../protocols/cri/generated.ts';
import { Mutex } from '../../../../sim/primitives.ts';
import type { ContainerRecord, RuntimeMetadata } from '../../shared/containers-storage/records.ts';
import { messageOf, pathFailure, wrap } from '../../shared/errors.ts';
import { messageFromJson } from '../../shared/go-json.ts';
import type { PortMapping } from '../network/host-ports.ts';
import { type Container, type ContainerState, newContainer } from '../oci/container.ts';
import { removeNamespaces } from './namespaces.ts';
import { removeSandbox } from './remove-pod-sandbox.ts';
import { type Pinned, podNetworkOf, type Sandbox } from './sandbox.ts';
import type { Server } from './server.ts';
import type { WorkSpec } from './spec-base.ts';
import { stopNetwork, stopSandbox } from './stop-pod-sandbox.ts';
import { mapsOf } from './user-namespace.ts';

const PREFIX = 'io.kubernetes.cri-o.';
const CLEANUP_FIRST_NS = 500_000_000;
const CLEANUP_TRIES_MAX = 20;

export async function restore(ctx: Context, server: Server): Promise<void> {
  const records = server.store.containers.map((record) => ({
    record,
    metadata: JSON.parse(record.metadata) as RuntimeMetadata,
  }));
  // What has no pod is not of CRI-O: somebody else's in the same store.
  const pods = records.filter(({ metadata }) => metadata.pod === true);
  const containers = records.filter(({ metadata }) => metadata.pod !== true && (metadata['pod-id'] ?? '') !== '');
  const lost: Sandbox[] = [];
  for (const { record } of pods) {
    try {
      await restoreSandbox(ctx, server, record);
    } catch (error) {
      const { id } = record;
      await server.log.warn(ctx, `Could not restore sandbox ${id}: ${wordsOf(error)}`);
      const sandbox = server.sandboxes.get(id);
      if (sandbox !== undefined) {
        await removeNamespaces(ctx, sandbox.namespaces);
        forget(server, sandbox);
        lost.push(sandbox);
      }
      await server.store.removeContainer(ctx, id);
      await server.log.warn(ctx, `Deleting all containers under sandbox ${id} since it could not be restored`);
      for (const each of containers)
        if (each.metadata['pod-id'] === id) await server.store.removeContainer(ctx, each.record.id);
    }
  }
  for (const { record } of containers) {
    if (server.store.findContainer(record.id) === undefined) continue;
    try {
      await restoreContainer(ctx, server, record);
    } catch (error) {
      await server.log.warn(ctx, `Could not restore container ${record.id}: ${wordsOf(error)}`);
      await server.store.removeContainer(ctx, record.id);
    }
  }
  await collectNetworks(ctx, server);
  for (const sandbox of lost) server.base.go('wipe-network', (inner) => cleanUpNetwork(inner, server, sandbox));
  for (const sandbox of [...server.sandboxes.values()].reverse()) await checkNetwork(ctx, server, sandbox);
}

function wordsOf(error: unknown): string {
  return error instanceof SyntaxError ? error.message : messageOf(error);
}

function forget(server: Server, sandbox: Sandbox): void {
  server.sandboxes.delete(sandbox.id);
  server.podNames.delete(sandbox.name);
  server.containerNames.delete(sandbox.infra.name);
}

/** Tried again until the network can be reached. */
async function cleanUpNetwork(ctx: Context, server: Server, sandbox: Sandbox): Promise<void> {
  for (let delay = CLEANUP_FIRST_NS, tries = 0; tries < CLEANUP_TRIES_MAX; delay *= 1.5, tries++) {
    await server.log.info(ctx, 'cleanup sandbox network');
    try {
      await stopNetwork(ctx, server, sandbox, server.log);
      await server.log.info(ctx, `Successfully cleaned up network for pod ${sandbox.id}`);
      return;
    } catch (error) {
      await server.log.error(ctx, `Failed to cleanup (probably retrying): ${messageOf(error)}`);
    }
    await ctx.sleep(Math.round(delay));
  }
}

/** Attachments of pods that are not known any more. */
async function collectNetworks(ctx: Context, server: Server): Promise<void> {
  try {
    await server.network.collect(ctx, new Set(server.sandboxes.keys()));
  } catch (error) {
    await server.log.error(
      ctx,
      `Garbage collect stale network resources during server startup failed: ${messageOf(error)}`,
    );
  }
}

async function readSpec(ctx: Context, server: Server, id: string): Promise<WorkSpec> {
  return JSON.parse(await readFile(ctx, `${server.store.workDirectory(id)}/config.json`)) as WorkSpec;
}

function annotation(spec: WorkSpec, name: string): string {
  return spec.annotations[`${PREFIX}${name}`] ?? '';
}

function jsonOf<T>(text: string, standard: T): T {
  return text === '' || text === 'null' ? standard : (JSON.parse(text) as T);
}

function timeOf(text: string): bigint {
  const parsed = parseRfc3339(text);
  return parsed.ok ? parsed.ns : 0n;
}

function containerOf(ctx: Context, server: Server, record: ContainerRecord, spec: WorkSpec): Container {
  const { id } = record;
  const isPod = annotation(spec, 'ContainerType') === 'sandbox';
  const spoofed = spec.annotations['spoofed.crio.io'] === 'true';
  const digests = annotation(spec, 'ImageRepoDigests');
  const metadata = jsonOf<{ name?: string; attempt?: number }>(annotation(spec, 'Metadata'), {});
  return newContainer(ctx, {
    id,
    name: isPod ? annotation(spec, 'ContainerName') : annotation(spec, 'Name'),
    bundle: server.store.runDirectory(id),
    directory: server.store.workDirectory(id),
    logPath: annotation(spec, 'LogPath'),
    labels: jsonOf(annotation(spec, 'Labels'), {}),
    annotations: jsonOf(annotation(spec, 'Annotations'), {}),
    userImage: annotation(spec, 'Image'),
    imageName: annotation(spec, 'ImageName'),
    imageId: record.image,
    imageRef: digests === '' ? record.image : (digests.split(',')[0] ?? ''),
    metadata: { name: metadata.name ?? '', attempt: metadata.attempt ?? 0 },
    sandboxId: annotation(spec, 'SandboxID'),
    terminal: annotation(spec, 'TTY') === 'true',
    stdin: annotation(spec, 'Stdin') === 'true',
    stdinOnce: annotation(spec, 'StdinOnce') === 'true',
    handler: server.sandboxes.get(annotation(spec, 'SandboxID'))?.handler ?? annotation(spec, 'RuntimeHandler'),
    createdAt: timeOf(annotation(spec, 'Created')),
    stopSignal: spec.annotations['org.opencontainers.image.stopSignal'] ?? 'SIGTERM',
    volumes: jsonOf<unknown[]>(annotation(spec, 'Volumes'), []).map((volume) => messageFromJson(Mount, volume)),
    privileged: (JSON.parse(record.metadata) as RuntimeMetadata).privileged === true,
    spoofed,
    spec,
    mountPoint: annotation(spec, 'MountPoint'),
  });
}

async function readState(ctx: Context, server: Server, container: Container): Promise<void> {
  const directory = container.spoofed ? container.bundle : container.directory;
  const path = `${directory}/state.json`;
  try {
    container.state = JSON.parse(await readFile(ctx, path)) as ContainerState;
  } catch (error) {
    const what = container.id === container.sandboxId ? 'sandbox' : 'container';
    throw wrap(`error reading ${what} state from disk ${quote(container.id)}`, pathFailure('open', path, error));
  }
  container.created = true;
  await server.stateToDisk(ctx, container, server.log);
}

async function restoreSandbox(ctx: Context, server: Server, record: ContainerRecord): Promise<void> {
  const { id } = record;
  const spec = await readSpec(ctx, server, id);
  const infra = containerOf(ctx, server, record, spec);
  const cniResult = jsonOf<CniResult | null>(annotation(spec, 'CNIResult'), null);
  const metadata = jsonOf<{ name?: string; uid?: string; namespace?: string; attempt?: number }>(
    annotation(spec, 'Metadata'),
    {},
  );
  const namespaces: Partial<Record<Pinned, string>> = {};
  for (const { type, path = '' } of spec.linux.namespaces ?? []) {
    const kind = type === 'network' ? 'net' : type;
    if (kind === 'net' || kind === 'ipc' || kind === 'uts' || kind === 'user') if (path !== '') namespaces[kind] = path;
  }
  const options = jsonOf<{
    network?: NamespaceMode;
    pid?: NamespaceMode;
    ipc?: NamespaceMode;
    target_id?: string;
    userns_options?: unknown;
  }>(annotation(spec, 'NamespaceOptions'), {});
  const logPath = annotation(spec, 'LogPath');
  const sandbox: Sandbox = {
    id,
    name: annotation(spec, 'Name'),
    metadata: {
      name: metadata.name ?? '',
      uid: metadata.uid ?? '',
      namespace: metadata.namespace ?? '',
      attempt: metadata.attempt ?? 0,
    },
    labels: infra.labels,
    annotations: infra.annotations,
    createdAt: infra.createdAt,
    logDir: logPath.slice(0, logPath.lastIndexOf('/')),
    handler: annotation(spec, 'RuntimeHandler'),
    hostname: annotation(spec, 'HostName'),
    hostnamePath: annotation(spec, 'HostnamePath'),
    resolvPath: annotation(spec, 'ResolvPath'),
    shmPath: annotation(spec, 'ShmPath'),
    containerEnvPath: `${infra.spoofed ? infra.bundle : infra.directory}/.containerenv`,
    privileged: annotation(spec, 'PrivilegedRuntime') === 'true',
    hostNetwork: annotation(spec, 'HostNetwork') === 'true',
    namespaceOptions: {
      network: options.network ?? NamespaceMode.POD,
      pid: options.pid ?? NamespaceMode.POD,
      ipc: options.ipc ?? NamespaceMode.POD,
      targetId: options.target_id ?? '',
      ...(options.userns_options === undefined
        ? {}
        : { usernsOptions: messageFromJson(UserNamespace, options.userns_options) }),
    },
    portMappings: jsonOf<PortMapping[]>(annotation(spec, 'PortMappings'), []),
    cgroupParent: annotation(spec, 'CgroupParent'),
    namespaces,
    maps: mapsOf(spec),
    ips: (cniResult?.ips ?? []).map(({ address }) => address.split('/')[0] ?? ''),
    cniResult,
    infra,
    containers: new Map(),
    created: true,
    stopped: false,
    networkStopped: false,
    stopLock: new Mutex(ctx.scheduler),
  };
  server.sandboxes.set(id, sandbox);
  server.podNames.set(sandbox.name, id);
  server.containerNames.set(infra.name, id);
  await readState(ctx, server, infra);
  // A pod whose namespaces are gone has been stopped, or the node has been rebooted.
  const pinned = Object.values(namespaces);
  let there = true;
  for (const path of pinned) if (!(await exists(ctx, path))) there = false;
  sandbox.stopped = !there || (!infra.spoofed && infra.state.status === 'stopped');
  sandbox.networkStopped = !there;
}

async function restoreContainer(ctx: Context, server: Server, record: ContainerRecord): Promise<void> {
  const spec = await readSpec(ctx, server, record.id);
  const container = containerOf(ctx, server, record, spec);
  if (!server.sandboxes.has(container.sandboxId)) {
    await server.store.removeContainer(ctx, record.id);
    return;
  }
  server.containerNames.set(container.name, container.id);
  server.addContainer(container);
  await readState(ctx, server, container);
}

async function checkNetwork(ctx: Context, server: Server, sandbox: Sandbox): Promise<void> {
  if (sandbox.hostNetwork || sandbox.stopped || server.network.status() !== null) return;
  try {
    await server.network.check(ctx, podNetworkOf(sandbox));
  } catch (error) {
    await server.log.warn(ctx, `Could not restore sandbox IP for ${sandbox.id}: ${messageOf(error)}`);
  }
}

/** After a reboot the pods of before are taken away; their images stay. */
export async function wipeContainers(ctx: Context, server: Server): Promise<void> {
  for (const sandbox of [...server.sandboxes.values()]) {
    try {
      await stopSandbox(ctx, server, sandbox, server.log);
      await removeSandbox(ctx, server, sandbox, server.log);
    } catch (error) {
      await server.log.warn(ctx, `Failed to remove sandbox ${sandbox.id}: ${messageOf(error)}`);
    }
  }
}
