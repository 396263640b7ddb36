/**
 * config.json of a container of podman's.
 * @models podman 5.4 pkg/specgen/generate, libpod/container_internal_common.go
 * @fidelity partial: no devices, also not for privileged ones, seccomp, AppArmor or user namespaces
 */
import type { Context } from '../../../linux/context.ts';
import { readFile, writeFile } from '../../../linux/io.ts';
import type { ImageRunConfig } from '../../../protocols/oci/types.ts';
import { ALL_CAPABILITIES, criBaseSpec, specJson } from '../../../protocols/oci-runtime/default-spec.ts';
import { resolveUser, rootReader } from '../../../protocols/oci-runtime/user.ts';
import type { LibpodContainer } from './database.ts';
import { mountsOf, type Volume } from './volumes.ts';

export const CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP'],
  ...['SETUID', 'SYS_CHROOT'],
].map((name) => `CAP_${name}`);
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const SHORT_ID = 12;
const PIDS_MAX = 2048;

export type SpecOptions = {
  env: readonly string[];
  workdir: string;
  user: string;
  hostname: string;
  readOnly: boolean;
  memory: number;
  cpus: number;
  privileged: boolean;
  capabilities: readonly string[];
  volumes: readonly Volume[];
  /** Empty for one of its own, `host`, or a path. */
  pidNamespace: string;
  cgroupNamespace: string;
};

function namespace<T extends 'pid' | 'cgroup'>(type: T, mode: string): { type: T; path?: string }[] {
  if (mode === 'host') return [];
  return [mode === '' ? { type } : { type, path: mode }];
}

/** Writes it into `directory`, with the files that are mounted over the image's. */
export async function writeSpec(
  ctx: Context,
  container: LibpodContainer,
  image: ImageRunConfig,
  root: string,
  directory: string,
  runDirectory: string,
  options: SpecOptions,
): Promise<void> {
  const { id } = container;
  const spec = criBaseSpec('', id);
  const isHost = container.network === 'host';
  const nodeName = (await readFile(ctx, '/etc/hostname').catch(() => 'localhost')).trim();
  const hostname = options.hostname !== '' ? options.hostname : isHost ? nodeName : id.slice(0, SHORT_ID);
  spec.root = { path: root, ...(options.readOnly ? { readonly: true } : {}) };
  spec.hostname = hostname;
  const capabilities = options.privileged ? ALL_CAPABILITIES : options.capabilities;
  const env = new Map<string, string>();
  for (const entry of [
    PATH,
    ...(container.terminal ? ['TERM=xterm'] : []),
    'container=podman',
    ...(image.Env ?? []),
    'HOME=/root',
    `HOSTNAME=${hostname}`,
    ...options.env,
  ])
    env.set(entry.slice(0, entry.indexOf('=')), entry);
  spec.process = {
    ...spec.process,
    terminal: container.terminal,
    user: await resolveUser(ctx, options.user || image.User || '0', rootReader({ upper: root, lowers: [] })),
    args: container.command,
    env: [...env.values()],
    cwd: options.workdir || image.WorkingDir || '/',
    noNewPrivileges: false,
    capabilities: { bounding: [...capabilities], effective: [...capabilities], permitted: [...capabilities] },
    oomScoreAdj: 0,
  };
  const isRoot = spec.process.user.uid === 0;
  if (!isRoot && spec.process.capabilities !== undefined) spec.process.capabilities = { bounding: [...capabilities] };
  if (options.privileged) {
    spec.linux.maskedPaths = [];
    spec.linux.readonlyPaths = [];
    for (const mount of spec.mounts)
      if (mount.type === 'sysfs')
        mount.options = (mount.options ?? []).map((option) => (option === 'ro' ? 'rw' : option));
  }
  spec.linux.cgroupsPath = `machine.slice:libpod:${id}`;
  spec.linux.resources = {
    ...spec.linux.resources,
    pids: { limit: PIDS_MAX },
    ...(options.memory > 0 ? { memory: { limit: options.memory, swap: options.memory * 2 } } : {}),
    ...(options.cpus > 0 ? { cpu: { quota: Math.round(options.cpus * 100_000), period: 100_000 } } : {}),
  };
  spec.linux.namespaces = [
    ...(spec.linux.namespaces ?? []).filter(({ type }) => type !== 'network' && type !== 'pid'),
    ...namespace('pid', options.pidNamespace),
    ...namespace('cgroup', options.cgroupNamespace),
    // Without a network the runtime makes a namespace that has only lo.
    ...(isHost ? [] : [{ type: 'network' as const, ...(container.netns === '' ? {} : { path: container.netns }) }]),
  ];
  const own = container.address === '' ? [] : [`${container.address}\t${hostname} ${container.name}`];
  const files: [string, string][] = [
    [
      'hosts',
      ['127.0.0.1\tlocalhost localhost.localdomain', '::1\tlocalhost localhost.localdomain', ...own, ''].join('\n'),
    ],
    ['resolv.conf', await readFile(ctx, '/etc/resolv.conf').catch(() => '')],
    ['hostname', `${hostname}\n`],
  ];
  spec.mounts.push({
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['rprivate', 'nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
  });
  for (const [name, text] of files) {
    await writeFile(ctx, `${runDirectory}/${name}`, text);
    spec.mounts.push({
      destination: `/etc/${name}`,
      type: 'bind',
      source: `${runDirectory}/${name}`,
      options: ['bind', 'rprivate'],
    });
  }
  await writeFile(ctx, `${runDirectory}/.containerenv`, '');
  spec.mounts.push({
    destination: '/run/.containerenv',
    type: 'bind',
    source: `${runDirectory}/.containerenv`,
    options: ['bind', 'rprivate'],
  });
  spec.mounts.push(...(await mountsOf(ctx, options.volumes)));
  spec.annotations = { 'io.container.manager': 'libpod', 'org.opencontainers.image.stopSignal': container.stopSignal };
  await writeFile(ctx, `${directory}/config.json`, specJson(spec), { mode: 0o600 });
}
