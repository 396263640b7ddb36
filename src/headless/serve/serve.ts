/** `cutaway serve`: the simulated runtime's socket, and the Kubernetes API, as real ones for real clients. */
import { chmodSync, existsSync, lstatSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { CNI_CONFLIST_PATH, cniConflist } from '../../machine/containerd-node.ts';
import { Machine, type MachineOptions } from '../../machine/machine.ts';
import { machineFlags, machineOptions, parseFlags, UsageError } from '../arguments.ts';
import { ScriptSession } from '../session.ts';
import { Bridge } from './bridge.ts';
import { HostFileSystem } from './host-directory.ts';
import { HostMounts } from './host-mounts.ts';
import { serveKubeApi } from './kube-api.ts';
import { PUBLISHED_NETWORK, Publisher } from './publish.ts';
import { removeSharedSnapshots, sharedSnapshots } from './shared-snapshots.ts';
import { WallClock } from './wall-clock.ts';

const flags = {
  scenario: machineFlags.scenario,
  seed: machineFlags.seed,
  socket: { type: 'string' },
  'host-dir': { type: 'string' },
  publish: { type: 'boolean' },
  'kube-api': { type: 'boolean' },
  /** A line for the node's shell, before anybody is served. */
  run: { type: 'string', multiple: true },
} as const;
/** A served machine lives long: fewer events of its past are kept than of a short run's. */
const TRACED = { eventsMax: 200_000, payloadBytesMax: 32 << 20 };
const SYSTEM_DIRECTORIES = new Set(
  '/bin /boot /etc /home /lib /lib64 /opt /root /run /sbin /tmp /usr /var /var/lib /var/log /var/run'.split(' '),
);
type SharedDirectory = NonNullable<MachineOptions['mount']> & { points: Set<string> };

const SOCKETS = ['/run/containerd/containerd.sock', '/run/crio/crio.sock'];

/** Until SIGINT, SIGTERM or `stop`. */
export async function serve(args: string[], stop?: AbortSignal): Promise<number> {
  const { values } = parseFlags(args, flags, false);
  const { socket, 'kube-api': withApi = false } = values;
  if (socket === undefined && !withApi) throw new UsageError('--socket PATH is missing');
  const path = socket === undefined ? null : resolve(socket);
  const problem = path === null ? null : await clearTheWay(path);
  if (problem !== null) {
    process.stderr.write(`cutaway serve: ${problem}\n`);
    return 1;
  }
  const options = machineOptions(values);
  const mount = mountOf(values['host-dir']);
  // Containerd's own network, at addresses that a client can reach.
  const network = values.publish ? { [CNI_CONFLIST_PATH]: text(cniConflist(PUBLISHED_NETWORK)) } : {};
  const readyWallTimeNs = BigInt(Date.now()) * 1_000_000n;
  const machine = await Machine.boot({
    ...options,
    files: {
      ...network,
      ...(mount === undefined ? {} : sharedSnapshots(mount.path)),
      '/etc/sysctl.d/90-serve.conf': text(await localPorts()),
    },
    readyWallTimeNs,
    forgetful: true,
    traced: TRACED,
    ...(mount === undefined ? {} : { mount }),
  });
  machine.onDefect((report) =>
    process.stderr.write(`cutaway serve: a defect of the simulation, please report it: ${report}\n`),
  );
  for (const line of values.run ?? []) {
    for (const { stdout, stderr } of await new ScriptSession(machine).run(line)) process.stderr.write(stdout + stderr);
  }
  const inside = SOCKETS.find((one) => machine.hasSocket(one)) ?? null;
  if (inside === null && path !== null) {
    process.stderr.write(`cutaway serve: no runtime listens on this node (${SOCKETS.join(', ')})\n`);
    return 1;
  }
  const bridge = new Bridge(machine);
  const publisher = new Publisher(machine.kernel, bridge, values.publish === true);
  const clock = new WallClock(
    machine,
    () => bridge.hurried,
    () => {
      publisher.scan();
      bridge.settle();
    },
  );
  bridge.clock = clock;
  if (mount !== undefined) {
    const mounts = new HostMounts(machine.kernel, realpathSync(mount.path), mount.points);
    mounts.follow();
    bridge.beforeInput = () => mounts.follow();
  }
  if (path !== null && inside !== null) {
    try {
      await listen(bridge.serverFor({ family: 'unix', path: inside }), path);
    } catch (error) {
      process.stderr.write(`cutaway serve: cannot listen on ${path}: ${(error as Error).message}\n`);
      return 1;
    }
  }
  const api = withApi ? await serveKubeApi(machine, bridge) : null;
  if (withApi && api === null) {
    process.stderr.write(`cutaway serve: scenario ${options.scenario} has no Kubernetes API\n`);
    return 1;
  }
  const end = (): void => clock.stop();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  stop?.addEventListener('abort', end);
  if (path !== null)
    process.stdout.write(`cutaway serve: ${inside} of scenario ${options.scenario} on unix://${path}\n`);
  if (api !== null) process.stdout.write(`kube-api: ${api.url}\nkubeconfig: ${api.kubeconfig}\n`);
  await clock.run();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  bridge.close();
  if (mount !== undefined) removeSharedSnapshots(mount.path);
  api?.remove();
  return 0;
}

/** The node sees the directory at the same path; what belongs to its own system cannot be covered. */
function mountOf(directory: string | undefined): SharedDirectory | undefined {
  if (directory === undefined) return undefined;
  const path = resolve(directory);
  try {
    if (!statSync(path).isDirectory()) throw new Error('not a directory');
  } catch (error) {
    throw new UsageError(`--host-dir ${directory}: ${(error as Error).message}`);
  }
  const top = path.split('/')[1] ?? '';
  if (top === '' || SYSTEM_DIRECTORIES.has(path) || ['proc', 'sys', 'dev'].includes(top))
    throw new UsageError(`--host-dir ${directory}: would cover what the node itself needs`);
  const points = new Set<string>();
  return { path, points, open: (kernel) => new HostFileSystem(kernel.newDevice(), realpathSync(path), points) };
}

/** The runtime's streaming server takes the first port of these: one that is free here too. */
async function localPorts(): Promise<string> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen({ host: '127.0.0.1', port: 0 }, done));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((done) => probe.close(() => done()));
  return `net.ipv4.ip_local_port_range = ${port} 65535\n`;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

async function listen(server: Server, path: string): Promise<void> {
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen({ path }, done);
    });
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
}

/** Removes a socket that nobody listens on any more. Answers what stands in the way, or null. */
async function clearTheWay(path: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  if (!lstatSync(path).isSocket()) return `${path} exists and is not a socket`;
  const alive = await new Promise<boolean>((answer) => {
    const probe = createConnection({ path });
    probe.once('connect', () => {
      probe.destroy();
      answer(true);
    });
    probe.once('error', () => answer(false));
  });
  if (alive) return `${path} is in use by another server`;
  unlinkSync(path);
  return null;
}
