/**
 * What flags of run and create say about the OCI spec.
 * @models nerdctl v2.3.5 pkg/cmd/container/run_linux.go run_cgroup_linux.go run_security_linux.go run_ulimit_linux.go run_user.go
 * @fidelity partial: no seccomp and AppArmor profiles, no user namespaces, no block I/O limits
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { Status } from '../../protocols/containerd/types/task/generated.ts';
import { ALL_CAPABILITIES } from '../../protocols/oci-runtime/default-spec.ts';
import type { Client } from '../common/containerd/client.ts';
import { loadTask } from '../common/containerd/container.ts';
import {
  addHostDevices,
  addMounts,
  type FullSpec,
  joinNamespace,
  makePrivileged,
  setCapabilities,
  stayInHostNamespace,
} from '../common/containerd/spec.ts';
import { fail, keyValues, log } from './run.ts';
import { ramInBytes, sizeFault } from './sizes.ts';
import { matchContainers } from './walker.ts';

const CPU_PERIOD = 100_000;
const UNPRIVILEGED_PORT = 'net.ipv4.ip_unprivileged_port_start';

/** cgroups, capabilities, privileges, limits and namespaces. Returns the label of the pid namespace's container. */
export async function applyFlags(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  spec: FullSpec,
  id: string,
): Promise<{ pidContainer: string; ipc: string }> {
  spec.mounts = spec.mounts.filter(({ destination }) => destination !== '/run');
  addMounts(spec, [
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['ro', 'nosuid', 'noexec', 'nodev'],
    },
  ]);
  applyCgroup(cli, spec, id);
  applyResources(cli, spec);
  await applyDevices(ctx, cli, spec);
  await applyCapabilities(ctx, cli, spec);
  await applySecurity(ctx, cli, spec);
  applyUlimits(cli, spec);
  const sysctl = keyValues(cli.strings('sysctl'));
  if (Object.keys(sysctl).length > 0) spec.linux.sysctl = { ...spec.linux.sysctl, ...sysctl };
  const ipc = await applyIpc(ctx, cli, client, spec);
  const pidContainer = await applyPid(ctx, cli, client, spec);
  if (!['', 'host'].includes(cli.string('uts')))
    fail(`unknown uts value. valid value(s) are 'host', got: ${quote(cli.string('uts'))}`);
  if (cli.isSet('oom-score-adj')) {
    const score = cli.number('oom-score-adj');
    if (score < -1000 || score > 1000) fail(`invalid value ${score}, range for oom score adj is [-1000, 1000]`);
    spec.process.oomScoreAdj = score;
  }
  if (cli.bool('read-only')) spec.root.readonly = true;
  return { pidContainer, ipc };
}

/** Without the host's network, ports below 1024 need no capability. */
export function openLowPorts(spec: FullSpec): void {
  spec.linux.sysctl = { [UNPRIVILEGED_PORT]: '0', ...spec.linux.sysctl };
}

function applyCgroup(cli: CobraContext, spec: FullSpec, id: string): void {
  const parent = cli.string('cgroup-parent');
  const manager = cli.string('cgroup-manager');
  if (manager === 'none') spec.linux.cgroupsPath = '';
  else if (manager === 'systemd') {
    if (parent !== '' && (parent.length <= 6 || !parent.endsWith('.slice')))
      fail('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"');
    spec.linux.cgroupsPath = `${parent === '' ? 'system.slice' : parent}:nerdctl:${id}`;
  } else if (parent !== '') spec.linux.cgroupsPath = `${parent}/${id}`;
  switch (cli.string('cgroupns')) {
    case 'private':
      spec.linux.namespaces = [...(spec.linux.namespaces ?? []), { type: 'cgroup' }];
      break;
    case 'host':
      stayInHostNamespace(spec, 'cgroup');
      break;
    default:
      fail(`unknown cgroupns mode ${quote(cli.string('cgroupns'))}`);
  }
}

function bytes(cli: CobraContext, flag: string, words: string): number {
  const text = cli.string(flag);
  if (text === '') return 0;
  return ramInBytes(text) ?? fail(`failed to parse ${words} bytes ${quote(text)}: ${sizeFault(text)}`);
}

function applyResources(cli: CobraContext, spec: FullSpec): void {
  const cpu: Record<string, number | string> = {};
  const cpus = cli.number('cpus');
  const hasQuota = cli.number('cpu-quota') !== -1 || cli.number('cpu-period') !== 0;
  if (cpus > 0) Object.assign(cpu, { quota: Math.trunc(cpus * CPU_PERIOD), period: CPU_PERIOD });
  if (cli.number('cpu-shares') !== 0) cpu['shares'] = cli.number('cpu-shares');
  if (cli.string('cpuset-cpus') !== '') cpu['cpus'] = cli.string('cpuset-cpus');
  if (hasQuota) {
    if (cpus > 0) fail('cpus and quota/period should be used separately');
    Object.assign(cpu, { quota: cli.number('cpu-quota'), period: cli.number('cpu-period') });
  }
  if (cli.string('cpuset-mems') !== '') cpu['mems'] = cli.string('cpuset-mems');
  const memory: Record<string, number | boolean> = {};
  const limit = bytes(cli, 'memory', 'memory');
  if (limit !== 0) memory['limit'] = limit;
  const reservation = bytes(cli, 'memory-reservation', 'memory');
  const swapText = cli.string('memory-swap');
  let swap = swapText === '-1' ? -1 : swapText === '' ? limit * 2 : bytes(cli, 'memory-swap', 'memory-swap');
  if (limit > 0 && swap > 0 && swap < limit)
    fail('minimum memoryswap limit should be larger than memory limit, see usage');
  if (swap === 0) swap = limit * 2;
  if (swap !== 0) memory['swap'] = swap;
  if (limit > 0 && reservation > 0 && limit < reservation)
    fail('minimum memory limit can not be less than memory reservation limit, see usage');
  if (cli.isSet('memory-reservation')) memory['reservation'] = reservation;
  const swappiness = cli.number('memory-swappiness');
  if (swappiness > 100 || swappiness < -1) fail(`invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  if (swappiness >= 0) memory['swappiness'] = swappiness;
  if (cli.bool('oom-kill-disable')) memory['disableOOMKiller'] = true;
  const pids = cli.number('pids-limit');
  spec.linux.resources = {
    ...spec.linux.resources,
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(pids > 0 ? { pids: { limit: pids } } : {}),
  };
}

async function applyDevices(ctx: Context, cli: CobraContext, spec: FullSpec): Promise<void> {
  for (const text of cli.strings('device')) {
    const { host, inside, mode } = parseDevice(text);
    let stat: Awaited<ReturnType<Context['sys']['stat']>>;
    try {
      stat = await ctx.sys.stat(ctx, host);
    } catch (error) {
      if (!isErrno(error)) throw error;
      fail(`stat ${host}: ${error.go}`);
    }
    if (stat.type !== 'char' && stat.type !== 'block') fail('not a device node');
    const type = stat.type === 'char' ? ('c' as const) : ('b' as const);
    const [major, minor] = stat.rdev;
    spec.linux.devices = [
      ...(spec.linux.devices ?? []),
      { path: inside, type, major, minor, fileMode: stat.mode, uid: stat.uid, gid: stat.gid },
    ];
    spec.linux.resources = {
      ...spec.linux.resources,
      devices: [...(spec.linux.resources?.devices ?? []), { allow: true, type, major, minor, access: mode }],
    };
  }
}

function parseDevice(text: string): { host: string; inside: string; mode: string } {
  const wrong = (why: string): never => fail(`failed to parse device ${quote(text)}: ${why}`);
  const [host = '', second, third, ...more] = text.split(':');
  if (more.length > 0) wrong('too many `:` symbols');
  if (!host.startsWith('/')) wrong(`${quote(host)} is not an absolute path`);
  const isMode = second !== undefined && third === undefined && !second.includes('/');
  const mode = third ?? (isMode ? second : 'rwm');
  const odd = [...mode].find((letter) => !'rwm'.includes(letter));
  if (odd !== undefined) wrong(`invalid mode ${quote(mode)}: unexpected rune ${odd.charCodeAt(0)}`);
  return { host, inside: second === undefined || isMode ? host : second, mode };
}

async function capabilityName(ctx: Context, text: string): Promise<string> {
  const upper = text.toUpperCase();
  const name = upper === '' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!ALL_CAPABILITIES.includes(name)) await log(ctx, 'warning', `unknown capability name ${quote(name)}`);
  return name;
}

async function applyCapabilities(ctx: Context, cli: CobraContext, spec: FullSpec): Promise<void> {
  const added = [...new Set(cli.strings('cap-add'))];
  const dropped = [...new Set(cli.strings('cap-drop'))];
  if (dropped.includes('ALL')) setCapabilities(spec, () => []);
  if (added.includes('ALL')) setCapabilities(spec, () => [...ALL_CAPABILITIES]);
  else {
    const names: string[] = [];
    for (const text of added) names.push(await capabilityName(ctx, text));
    setCapabilities(spec, (list) => [...list, ...names.filter((name) => !list.includes(name))]);
  }
  if (dropped.includes('ALL')) return;
  const names: string[] = [];
  for (const text of dropped) names.push(await capabilityName(ctx, text));
  setCapabilities(spec, (list) => list.filter((name) => !names.includes(name)));
}

const SECURITY_OPTIONS = [
  'seccomp',
  'apparmor',
  'no-new-privileges',
  'systempaths',
  'privileged-without-host-devices',
  'writable-cgroups',
  'label',
];

async function applySecurity(ctx: Context, cli: CobraContext, spec: FullSpec): Promise<void> {
  const options = keyValues(cli.strings('security-opt').map((text) => text.replace(/^([a-z-]+):/, '$1=')));
  for (const key of Object.keys(options))
    if (!SECURITY_OPTIONS.includes(key)) await log(ctx, 'warning', `unknown security-opt: ${quote(key)}`);
  const isOn = (key: string): boolean => key in options && !/^(0|f|false)$/i.test(options[key] ?? '');
  spec.process.noNewPrivileges = isOn('no-new-privileges');
  if ('systempaths' in options) {
    if (options['systempaths'] !== 'unconfined') fail('invalid security-opt "systempaths=unconfined"');
    spec.linux.maskedPaths = [];
    spec.linux.readonlyPaths = [];
  }
  const privileged = cli.bool('privileged');
  const withoutDevices = isOn('privileged-without-host-devices');
  if (withoutDevices && !privileged)
    fail("flag `--security-opt privileged-without-host-devices` can't be used without `--privileged` enabled");
  if (isOn('writable-cgroups')) writableCgroup(spec);
  if (!privileged) return;
  makePrivileged(spec);
  spec.process.noNewPrivileges = false;
  if (!withoutDevices) await addHostDevices(ctx, spec);
}

function writableCgroup(spec: FullSpec): void {
  spec.mounts = spec.mounts.map((mount) =>
    mount.type === 'cgroup'
      ? { ...mount, options: (mount.options ?? []).map((option) => (option === 'ro' ? 'rw' : option)) }
      : mount,
  );
}

/** Without any, the process has the shim's limits, not the spec's. */
function applyUlimits(cli: CobraContext, spec: FullSpec): void {
  spec.process.rlimits = cli.strings('ulimit').map((text) => {
    const [name = '', values = ''] = text.split('=');
    const [soft = '', hard = soft] = values.split(':');
    if (name === '' || !/^-?\d+$/.test(soft) || !/^-?\d+$/.test(hard)) fail(`invalid ulimit argument: ${text}`);
    if (Number(soft) > Number(hard))
      fail(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
    return { type: `RLIMIT_${name.toUpperCase()}`, hard: Number(hard), soft: Number(soft) };
  });
}

async function applyIpc(ctx: Context, cli: CobraContext, client: Client, spec: FullSpec): Promise<string> {
  const mode = cli.string('ipc').toLowerCase();
  const size = cli.string('shm-size');
  if (size !== '') {
    const shm = ramInBytes(size) ?? fail(sizeFault(size));
    spec.mounts = spec.mounts.map((mount) =>
      mount.destination === '/dev/shm'
        ? { ...mount, options: [...(mount.options ?? []).filter((o) => !o.startsWith('size=')), `size=${shm}`] }
        : mount,
    );
  }
  const label = (name: string): string => JSON.stringify({ mode: name, ...(size === '' ? {} : { shmSize: size }) });
  if (mode === '' || mode === 'private' || mode === 'shareable') return label(mode === '' ? 'private' : mode);
  if (mode === 'host') {
    stayInHostNamespace(spec, 'ipc');
    addMounts(spec, [
      { destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'nosuid', 'noexec', 'nodev'] },
    ]);
    return label('host');
  }
  if (!mode.startsWith('container:'))
    fail('error: --ipc should be one of: host, private, shareable, container:<container>');
  const pid = await runningPid(ctx, client, mode.slice('container:'.length));
  joinNamespace(spec, 'ipc', `/proc/${pid.pid}/ns/ipc`);
  return label('container');
}

async function applyPid(ctx: Context, cli: CobraContext, client: Client, spec: FullSpec): Promise<string> {
  const mode = cli.string('pid').toLowerCase();
  if (mode === '') return '';
  if (mode === 'host') {
    stayInHostNamespace(spec, 'pid');
    return '';
  }
  const [kind, name = ''] = mode.split(':');
  if (kind !== 'container' || !mode.includes(':')) fail('invalid pid namespace. Set --pid=[host|container:<name|id>');
  const { id, pid } = await runningPid(ctx, client, name);
  joinNamespace(spec, 'pid', `/proc/${pid}/ns/pid`);
  return id;
}

async function runningPid(ctx: Context, client: Client, request: string): Promise<{ id: string; pid: number }> {
  const found = await matchContainers(ctx, client, request);
  if (found.length > 1) fail(`multiple IDs found with provided prefix: ${request}`);
  const { id } = found[0] ?? fail(`no such container: ${request}`);
  const task = await loadTask(ctx, client, id);
  if (task.status !== Status.RUNNING) fail('shared container is not running');
  return { id, pid: task.pid };
}

/** --env-file and --env: a name alone takes the value of our own environment. */
export async function environment(ctx: Context, cli: CobraContext): Promise<string[]> {
  const found: string[] = [];
  const add = (entry: string): void => {
    if (entry.includes('=')) found.push(entry);
    else {
      const own = ctx.process.env.find((candidate) => candidate.startsWith(`${entry}=`));
      if (own !== undefined) found.push(own);
    }
  };
  for (const path of cli.strings('env-file')) for (const line of await linesOf(ctx, path)) add(line);
  for (const entry of cli.strings('env')) {
    if (entry === '' || entry.startsWith('=')) fail(`invalid environment variable: ${entry}`);
    add(entry);
  }
  return found;
}

/** Lines of a file without blanks and comments. */
export async function linesOf(ctx: Context, path: string): Promise<string[]> {
  try {
    return (await readFile(ctx, path))
      .split('\n')
      .map((line) => line.trimStart().replace(/\r$/, ''))
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    if (!isErrno(error)) throw error;
    return fail(`open ${path}: ${error.go}`);
  }
}
