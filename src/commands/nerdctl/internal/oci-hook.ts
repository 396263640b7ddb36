/**
 * `nerdctl internal oci-hook`: runc executes it when a container's namespaces are there, and after the container is gone.
 * @models nerdctl v2.3.5 pkg/ocihook/ocihook.go, containerd/go-cni cni.go
 * @fidelity partial: no rootless mode, no AppArmor, no IPv6
 */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { lookPath, mkdirAll, readAll, readFile, removeAll, writeFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { addNetworkList, delNetworkList, type RuntimeConf } from '../../../protocols/cni/libcni.ts';
import type { CniResult } from '../../../protocols/cni/types.ts';
import type { State } from '../../../protocols/oci-runtime/types.ts';
import { ContainerdError, nativeError, wrapping } from '../../common/containerd/errors.ts';
import { networkKind } from '../container-network.ts';
import {
  acquireName,
  dataStore,
  loadLifecycle,
  loadPorts,
  type PortMapping,
  releaseName,
  storeLifecycle,
} from '../data-store.ts';
import { acquireHosts, releaseHosts } from '../hosts-store.ts';
import { jsonLabel, LABELS } from '../labels.ts';
import { type CniEnvironment, cniEnvironment, ensureDefaultNetwork, type Network, networkNamed } from '../networks.ts';
import { fail, log } from '../run.ts';

type Hook = {
  state: State;
  annotations: Record<string, string>;
  store: string;
  namespace: string;
  stateDir: string;
  env: CniEnvironment;
  ports: PortMapping[];
  /** None for networks that are not CNI's. */
  networks: Network[];
};

export async function ociHook(ctx: Context, cli: CobraContext, event: string): Promise<void> {
  if (event === '') fail('event type needs to be passed');
  let state: State;
  try {
    state = JSON.parse(utf8(await readAll(ctx, 0))) as State;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail('EOF');
  }
  const annotations = state.annotations ?? {};
  const stateDir = annotations[LABELS.stateDir] ?? '';
  if (stateDir === '') fail('state dir must be set');
  await mkdirAll(ctx, stateDir, 0o700);
  const logFile = `${stateDir}/oci-hook.${event}.log`;
  await writeFile(ctx, logFile, '');
  const namespace = annotations[LABELS.namespace] ?? '';
  if (namespace === '') fail('namespace must be set');
  const env = { ...cniEnvironment(cli), namespace };
  const names = jsonLabel<string[]>(annotations, LABELS.networks) ?? [];
  const networks: Network[] = [];
  if (networkKind(names) === 'cni') {
    await ensureDefaultNetwork(ctx, env);
    for (const name of names) networks.push(await networkNamed(ctx, env, name));
  }
  const ports = await loadPorts(ctx, stateDir);
  const hook = { state, annotations, store: await dataStore(ctx, cli), namespace, stateDir, env, ports, networks };
  const pidFile = annotations[LABELS.pidFile] ?? '';
  if (pidFile !== '' && event === 'createRuntime') await writeFile(ctx, pidFile, String(state.pid ?? 0));
  try {
    if (event === 'createRuntime') await createRuntime(ctx, hook);
    else if (event === 'postStop') await postStop(ctx, hook);
    else fail(`unexpected event "${event}"`);
  } catch (error) {
    await writeFile(ctx, logFile, `${nativeError(error).message}\n`, { append: true });
    throw error;
  }
}

async function createRuntime(ctx: Context, hook: Hook): Promise<void> {
  const { annotations, state, stateDir } = hook;
  try {
    await acquireName(ctx, hook.store, hook.namespace, annotations[LABELS.name] ?? '', state.id);
  } catch (error) {
    await log(ctx, 'error', 'failed re-acquiring name - see https://github.com/containerd/nerdctl/issues/2992', error);
  }
  let failure: ContainerdError | null = null;
  if (hook.networks.length > 0) {
    try {
      await setUpNetwork(ctx, hook);
    } catch (error) {
      failure = nativeError(error);
    }
  }
  await storeLifecycle(ctx, stateDir, { startedAt: rfc3339Nano(ctx.wallTime), createError: failure !== null });
  if (failure !== null) throw failure;
}

function confFor({ state, namespace, ports, annotations }: Hook, netns: string, index: number): RuntimeConf {
  const args: [string, string][] = [['IgnoreUnknown', '1']];
  const ip = annotations[LABELS.ip] ?? '';
  const mac = annotations[LABELS.macAddress] ?? '';
  if (ip !== '') args.push(['IP', ip]);
  if (mac !== '') args.push(['MAC', mac]);
  args.push(['NERDCTL_CNI_DHCP_HOSTNAME', annotations[LABELS.hostname] ?? '']);
  return {
    containerId: `${namespace}-${state.id}`,
    netns,
    ifName: `eth${index}`,
    args,
    capabilityArgs: ports.length === 0 ? {} : { portMappings: ports },
  };
}

async function setUpNetwork(ctx: Context, hook: Hook): Promise<void> {
  const { state, annotations, env, namespace } = hook;
  if (hook.ports.length > 0) await reservePorts(ctx, hook);
  const netns = `/proc/${state.pid ?? 0}/ns/net`;
  const results: Record<string, CniResult> = {};
  try {
    for (const [i, network] of hook.networks.entries()) {
      results[network.name] = await wrapping('failed to call cni.Setup', () =>
        addNetworkList(ctx, network.list, confFor(hook, netns, i), [env.path]),
      );
    }
  } catch (error) {
    await log(ctx, 'warning', 'Container failed starting. Removing allocated network configuration.');
    await removeNetworks(ctx, hook, netns).catch(nativeError);
    await stopReserver(ctx, namespace, state.id);
    throw error;
  }
  const extra = jsonLabel<string[]>(annotations, LABELS.extraHosts) ?? [];
  await acquireHosts(ctx, hook.store, namespace, {
    ID: state.id,
    Networks: results,
    Hostname: annotations[LABELS.hostname] ?? '',
    ExtraHosts: Object.fromEntries(
      extra.map((entry) => [entry.slice(0, entry.indexOf(':')), entry.slice(entry.indexOf(':') + 1)]),
    ),
    Name: annotations[LABELS.name] ?? '',
    Domainname: annotations[LABELS.domainname] ?? '',
  });
}

async function removeNetworks(ctx: Context, hook: Hook, netns: string): Promise<void> {
  for (const [i, network] of hook.networks.entries()) {
    try {
      await delNetworkList(ctx, network.list, confFor(hook, netns, i), [hook.env.path]);
    } catch (error) {
      const words = nativeError(error).message;
      if (!(netns === '' && words.includes('no such file or directory')) && !words.includes('not found')) throw error;
    }
  }
}

async function postStop(ctx: Context, hook: Hook): Promise<void> {
  const { annotations, state, store, namespace, stateDir } = hook;
  const lifecycle = await loadLifecycle(ctx, stateDir);
  if (lifecycle.createError === true) {
    await storeLifecycle(ctx, stateDir, { ...lifecycle, createError: false });
    return;
  }
  if (hook.networks.length > 0) {
    try {
      await removeNetworks(ctx, hook, '');
    } catch (error) {
      await log(ctx, 'error', 'failed to call cni.Remove', error);
      throw error;
    }
    await stopReserver(ctx, namespace, state.id);
    await releaseHosts(ctx, store, namespace, state.id);
  }
  await releaseName(ctx, store, namespace, annotations[LABELS.name] ?? '', state.id);
}

const reserverDirectory = (namespace: string, id: string): string => `/run/nerdctl/${namespace}/${id}`;

/** A process that holds the ports, so that nobody else takes them and /proc/net shows them. */
async function reservePorts(ctx: Context, { ports, namespace, state }: Hook): Promise<void> {
  const { sys } = ctx;
  const sleep = await lookPath(ctx, 'sleep', '/usr/bin:/bin');
  if (sleep === null) fail('cannot start the port reserver process: exec: "sleep": executable file not found in $PATH');
  const held: number[] = [];
  for (const port of ports) {
    if (port.Protocol !== 'tcp') continue;
    try {
      held.push(await sys.listen(ctx, { family: 'inet', host: port.HostIP, port: port.HostPort }));
    } catch (error) {
      if (!isErrno(error)) throw error;
      const address = `${port.HostIP}:${port.HostPort}`;
      await log(
        ctx,
        'warning',
        `cannot reserve the port ${address}/tcp4`,
        new ContainerdError(`listen tcp4 ${address}: bind: ${error.go}`),
      );
    }
  }
  const stdio: Record<number, number | 'null'> = { 0: 'null', 1: 'null', 2: 'null' };
  for (const [i, fd] of held.entries()) stdio[3 + i] = fd;
  const pid = await sys.spawn(ctx, sleep, { argv: ['sleep', 'infinity'], stdio });
  for (const fd of held) await sys.close(ctx, fd);
  const directory = reserverDirectory(namespace, state.id);
  await mkdirAll(ctx, directory);
  await writeFile(ctx, `${directory}/port-reserver.pid`, String(pid));
}

/** CleanupPortReserverProcess. */
export async function stopReserver(ctx: Context, namespace: string, id: string): Promise<void> {
  const directory = reserverDirectory(namespace, id);
  try {
    const pid = Number(await readFile(ctx, `${directory}/port-reserver.pid`));
    if (pid > 0) await ctx.sys.kill(ctx, pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  await removeAll(ctx, directory);
}

/** cleanupNetwork of stop and kill: the forwarding goes before the container does. */
export async function cleanUpNetwork(
  ctx: Context,
  cli: CobraContext,
  id: string,
  annotations: Record<string, string>,
): Promise<void> {
  const names = jsonLabel<string[]>(annotations, LABELS.networks);
  if (names === null || networkKind(names) !== 'cni') return;
  const env = cniEnvironment(cli);
  const networks: Network[] = [];
  for (const name of names) networks.push(await networkNamed(ctx, env, name));
  const stateDir = annotations[LABELS.stateDir] ?? '';
  const state = { id, ociVersion: '', status: 'running' as const, bundle: '' };
  const ports = await loadPorts(ctx, stateDir);
  const namespace = annotations[LABELS.namespace] ?? env.namespace;
  const hook = { state, annotations, store: '', namespace, stateDir, env, ports, networks };
  await removeNetworks(ctx, hook, '');
}
