/** `kata-runtime env`: the settings that count, from the configuration and the machine. @models kata-containers 4.1.0 src/runtime/cmd/kata-runtime/kata-env.go @fidelity partial: the keys that this node has values for */
import { parse } from 'smol-toml';
import type { Context } from '../../linux/context.ts';
import { exists, print, printError, readFile, runCommand } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';

type Table = { [key: string]: string | number | boolean | Table };

const PATHS = [
  '/etc/kata-containers/configuration.toml',
  '/opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml',
];
const META_VERSION = '1.0.27';

export async function env(
  ctx: Context,
  given: string,
  args: readonly string[],
  release: { version: string; oci: string },
): Promise<number> {
  let path = given;
  for (const candidate of PATHS) if (path === '' && (await exists(ctx, candidate))) path = candidate;
  if (path === '' || !(await exists(ctx, path))) {
    await printError(ctx, `cannot find configuration file: ${path === '' ? PATHS.join(', ') : path}\n`);
    return 1;
  }
  const file = parse(await readFile(ctx, path)) as Record<string, Record<string, Record<string, unknown>>>;
  const runtime: Record<string, unknown> = file['runtime'] ?? {};
  const name = String(runtime['hypervisor_name'] ?? 'qemu');
  const hypervisor = file['hypervisor']?.[name] ?? {};
  const text = (key: string): string => String(hypervisor[key] ?? '');
  const { release: kernel } = await ctx.sys.uname(ctx);
  const osRelease = await readFile(ctx, '/etc/os-release');
  const cpuinfo = await readFile(ctx, '/proc/cpuinfo');
  const memory = await readFile(ctx, '/proc/meminfo');
  const osField = (key: string): string => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(osRelease)?.[1] ?? '';
  const kB = (key: string): number => Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(memory)?.[1] ?? 0);
  const version = await runCommand(ctx, [text('path'), '--version']);
  const [major = '0', minor = '0', patch = '0'] = release.version.split('.');
  const values: Table = {
    Kernel: { Path: text('kernel'), Parameters: text('kernel_params') },
    Meta: { Version: META_VERSION },
    Image: { Path: text('image') },
    Initrd: { Path: text('initrd') },
    Hypervisor: {
      MachineType: text('machine_type'),
      Version: utf8(version.stdout).trim(),
      Path: text('path'),
      SharedFS: text('shared_fs'),
      VirtioFSDaemon: text('virtio_fs_daemon'),
      MemorySlots: Number(hypervisor['memory_slots'] ?? 10),
      Debug: hypervisor['enable_debug'] === true,
    },
    Runtime: {
      Path: '/opt/kata/bin/kata-runtime',
      Debug: runtime['enable_debug'] === true,
      DisableGuestSeccomp: hypervisor['disable_guest_seccomp'] === true,
      SandboxCgroupOnly: runtime['sandbox_cgroup_only'] === true,
      Config: { Path: path },
      Version: {
        OCI: release.oci,
        Version: {
          Semver: release.version,
          Commit: '',
          Major: Number(major),
          Minor: Number(minor),
          Patch: Number(patch),
        },
      },
    },
    Host: {
      Kernel: kernel,
      Architecture: 'amd64',
      VMContainerCapable: / vmx\b/.test(cpuinfo) && (await exists(ctx, '/dev/kvm')),
      SupportVSocks: await exists(ctx, '/dev/vhost-vsock'),
      Distro: { Name: osField('NAME'), Version: osField('VERSION_ID') },
      CPU: {
        Vendor: /^vendor_id\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? '',
        Model: /^model name\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? '',
        CPUs: cpuinfo.match(/^processor/gm)?.length ?? 0,
      },
      Memory: { Total: kB('MemTotal'), Free: kB('MemFree'), Available: kB('MemAvailable') },
    },
    Agent: { Debug: false, Trace: false },
  };
  await print(ctx, args.includes('--json') ? `${JSON.stringify(values, null, 2)}\n` : toml(values));
  return 0;
}

/** Tables indented by two spaces a level, as Go's toml encoder prints them. */
function toml(table: Table, path = '', indent = ''): string {
  let out = '';
  for (const [key, value] of Object.entries(table)) {
    if (typeof value !== 'object') out += `${indent}${key} = ${JSON.stringify(value)}\n`;
  }
  for (const [key, value] of Object.entries(table)) {
    if (typeof value !== 'object') continue;
    const name = path === '' ? key : `${path}.${key}`;
    out += `${out === '' || path !== '' ? '' : '\n'}${indent}[${name}]\n${toml(value, name, `${indent}  `)}`;
  }
  return out;
}
