/** What the node is made of, read from /proc and /etc. @models cadvisor machine info as pkg/kubelet/cadvisor uses it */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';

export type MachineInfo = {
  cores: number;
  memoryBytes: number;
  diskBytes: number;
  machineId: string;
  systemUuid: string;
  bootId: string;
  kernel: string;
  osImage: string;
};

export async function readMachineInfo(ctx: Context): Promise<MachineInfo> {
  const cpuinfo = await textOf(ctx, '/proc/cpuinfo');
  const meminfo = await textOf(ctx, '/proc/meminfo');
  const disk = await ctx.sys.statfs(ctx, '/');
  const release = await textOf(ctx, '/etc/os-release');
  const machineId = (await textOf(ctx, '/etc/machine-id')).trim();
  const uuid = (await textOf(ctx, '/sys/class/dmi/id/product_uuid')).trim();
  return {
    cores: Math.max(1, (cpuinfo.match(/^processor\s*:/gm) ?? []).length),
    memoryBytes: Number(/^MemTotal:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0) * 1024,
    diskBytes: disk.blocks * disk.blockSize,
    machineId,
    systemUuid: uuid === '' ? machineId : uuid,
    bootId: (await textOf(ctx, '/proc/sys/kernel/random/boot_id')).trim(),
    kernel: (await ctx.sys.uname(ctx)).release,
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'Unknown',
  };
}

async function textOf(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return '';
  }
}
