/** Devices, found by their device number. @models Linux 6.12 drivers/char/{mem,random,misc}.c */

import { BlockFile, deviceOf } from './block/block-device.ts';
import type { Context } from './context.ts';
import { errno } from './errno.ts';
import { interruptible } from './interruptible.ts';
import type { Kernel } from './kernel.ts';
import { OpenFile } from './open-file.ts';
import type { Process } from './process.ts';
import { PtyMaster, PtySlave } from './pty.ts';
import { Rope } from './rope.ts';
import type { OpenFlags } from './syscalls.ts';
import { capable } from './user-namespace.ts';
import { DevptsFileSystem } from './vfs/devpts.ts';
import type { Inode } from './vfs/inode.ts';

const READ_MAX = 1 << 20;

class NullDevice extends OpenFile {
  override async read(): Promise<Rope> {
    return Rope.empty;
  }
  override async write(_ctx: Context, data: Rope): Promise<number> {
    return data.length;
  }
  override seek(): number {
    return 0;
  }
  override truncate(): void {}
}

class ZeroDevice extends NullDevice {
  override async read(_ctx?: Context, max = 0): Promise<Rope> {
    return Rope.of(new Uint8Array(Math.min(max, READ_MAX)));
  }
}

class FullDevice extends ZeroDevice {
  override async write(): Promise<number> {
    throw errno('ENOSPC');
  }
}

class RandomDevice extends NullDevice {
  override async read(ctx?: Context, max = 0): Promise<Rope> {
    return Rope.of((ctx as Context).random.bytes(Math.min(max, READ_MAX)));
  }
}

/** Records of the kernel's log; at its end a reader waits, or gets EAGAIN if it does not want to. */
class KernelLog extends OpenFile {
  /** Number of the next record to give, counted from boot. */
  private next = 0;
  private readonly kernel: Kernel;
  constructor(kernel: Kernel, path: string, flags: OpenFlags) {
    super(path, flags);
    this.kernel = kernel;
  }
  override async read(ctx: Context, max: number): Promise<Rope> {
    const { kernel } = this;
    while (this.next >= kernel.kmsgCount) {
      if (this.flags.nonBlock) throw errno('EAGAIN');
      await interruptible(ctx, kernel.kmsgGrown);
    }
    const first = kernel.kmsgCount - kernel.kmsg.length;
    const from = Math.max(this.next, first);
    let text = '';
    let count = 0;
    for (const { level, time, text: line } of kernel.kmsg.slice(from - first)) {
      const record = `${level},${from + count},${Math.floor(time / 1000)},-;${line}\n`;
      if (count > 0 && text.length + record.length > max) break;
      text += record;
      count++;
    }
    this.next = from + count;
    return Rope.text(text).slice(0, max);
  }
  override async write(_ctx: Context, data: Rope): Promise<number> {
    // As printk: an optional <priority> in front.
    const match = /^(?:<(\d+)>)?(.*)$/s.exec(data.toString().trimEnd());
    this.kernel.log(match?.[2] ?? '', Number(match?.[1] ?? 4) & 7);
    return data.length;
  }
}

function newKernelLog(kernel: Kernel, path: string, flags: OpenFlags, caller: Process): KernelLog {
  const isRestricted = (kernel.sysctls.get('kernel/dmesg_restrict') ?? '1') === '1';
  if (flags.read && isRestricted && !capable(caller, 'SYSLOG')) throw errno('EPERM');
  return new KernelLog(kernel, path, flags);
}

/** What can be done with these is done through system calls of their own (calls/virtual-machines.ts). */
export class KvmDevice extends OpenFile {}
export class VhostVsockDevice extends OpenFile {}
export class TunDevice extends OpenFile {}
/** calls/block-devices.ts */
export class LoopControl extends OpenFile {}
export class DeviceMapperControl extends OpenFile {}

/** The nodes of a devtmpfs: name, device number, mode. */
export const DEVICE_NODES: readonly (readonly [name: string, rdev: readonly [number, number], mode: number])[] = [
  ['null', [1, 3], 0o666],
  ['zero', [1, 5], 0o666],
  ['full', [1, 7], 0o666],
  ['random', [1, 8], 0o666],
  ['urandom', [1, 9], 0o666],
  ['kmsg', [1, 11], 0o644],
  ['tty', [5, 0], 0o666],
  ['console', [5, 1], 0o600],
  ['ptmx', [5, 2], 0o666],
];

export function openDevice(kernel: Kernel, ctx: Context, inode: Inode, flags: OpenFlags, path: string): OpenFile {
  const [major, minor] = inode.rdev;
  if (inode.type === 'block') return new BlockFile(deviceOf(kernel, inode), path, flags);
  switch (`${major}:${minor}`) {
    case '1:3':
      return new NullDevice(path, flags);
    case '1:5':
      return new ZeroDevice(path, flags);
    case '1:7':
      return new FullDevice(path, flags);
    case '1:8':
    case '1:9':
      return new RandomDevice(path, flags);
    case '1:11':
      return newKernelLog(kernel, path, flags, ctx.process);
    case '10:200':
      return new TunDevice(path, flags);
    case '10:236':
      return new DeviceMapperControl(path, flags);
    case '10:237':
      return new LoopControl(path, flags);
    case '10:232':
      return new KvmDevice(path, flags);
    case '10:241':
      return new VhostVsockDevice(path, flags);
    case '5:0': {
      const { terminal } = ctx.process;
      if (terminal === null) throw errno('ENXIO');
      return new PtySlave(terminal, path, flags);
    }
    case '5:1':
      return new NullDevice(path, flags);
    case '5:2': {
      if (!(inode.fs instanceof DevptsFileSystem)) throw errno('ENODEV');
      return new PtyMaster(inode.fs.allocate(), flags);
    }
    default:
      throw errno('ENXIO');
  }
}
