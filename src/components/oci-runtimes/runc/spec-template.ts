/** `runc spec`: the example config.json. @models runc spec.go, libcontainer/specconv/example.go @fidelity partial: --rootless only drops what needs root */

import { newError } from '../../../go/errors.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, writeFile } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { onPath } from '../shared/fault.ts';
import type { RuncCall } from './program.ts';
import { OCI_VERSION } from './spec.ts';

export async function writeSpec(ctx: Context, call: RuncCall): Promise<number> {
  const bundle = call.cli.string('bundle');
  if (bundle !== '') await onPath('chdir', bundle, ctx.sys.chdir(ctx, bundle));
  if (await exists(ctx, 'config.json')) throw newError('File config.json exists. Remove it first');
  const spec = call.cli.bool('rootless') ? rootless(example()) : example();
  await writeFile(ctx, 'config.json', marshalJson(spec as unknown as JsonValue, { indent: '\t' }), { mode: 0o666 });
  return 0;
}

const CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];

export function example(): Spec {
  return {
    ociVersion: OCI_VERSION,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'runc',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
      },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
      },
      {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'shm',
        options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
      },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
      {
        destination: '/sys/fs/cgroup',
        type: 'cgroup',
        source: 'cgroup',
        options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
      },
    ],
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      // On a machine with cgroup v2 the container gets a view of its own.
      namespaces: [
        { type: 'pid' },
        { type: 'network' },
        { type: 'ipc' },
        { type: 'uts' },
        { type: 'mount' },
        { type: 'cgroup' },
      ],
      maskedPaths: [
        '/proc/acpi',
        '/proc/asound',
        '/proc/kcore',
        '/proc/keys',
        '/proc/latency_stats',
        '/proc/timer_list',
        '/proc/timer_stats',
        '/proc/sched_debug',
        '/sys/firmware',
        '/proc/scsi',
      ],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

function rootless(spec: Spec): Spec {
  const linux = spec.linux ?? {};
  const { resources: _none, ...rest } = linux;
  return {
    ...spec,
    mounts: (spec.mounts ?? []).map((mount) =>
      mount.destination === '/sys'
        ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
        : mount,
    ),
    linux: {
      ...rest,
      uidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
      namespaces: [...(linux.namespaces ?? []).filter((ns) => ns.type !== 'network'), { type: 'user' }],
    },
  };
}
