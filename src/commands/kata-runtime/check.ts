/** `kata-runtime check`: what the processor and the kernel offer, then whether a VM can be made. @models kata-containers 4.1.0 src/runtime/cmd/kata-runtime/{kata-check,kata-check_amd64}.go @fidelity partial: no look at newer releases */
import { logrusText } from '../../go/logrus.ts';
import { rfc3339NanoFixed } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, print, printError, readFile } from '../../linux/io.ts';

const CPU_FLAGS: readonly (readonly [name: string, description: string])[] = [
  ['vmx', 'Virtualization support'],
  ['lm', '64Bit CPU'],
  ['sse4_1', 'SSE4.1'],
];

const MODULES: readonly (readonly [name: string, description: string])[] = [
  ['kvm', 'Kernel-based Virtual Machine'],
  ['kvm_intel', 'Intel KVM'],
  ['vhost', 'Host kernel accelerator for virtio'],
  ['vhost_net', 'Host kernel accelerator for virtio network'],
  ['vhost_vsock', 'Host Support for Linux VM Sockets'],
];

type Level = 'info' | 'warning' | 'error';

export async function check(ctx: Context, args: readonly string[]): Promise<number> {
  const verbose = args.includes('--verbose') || args.includes('-v');
  const log = async (level: Level, message: string, fields: Record<string, unknown> = {}): Promise<void> => {
    if (level === 'info' && !verbose) return;
    const all = { arch: 'amd64', ...fields, name: 'kata-runtime', pid: ctx.sys.getpid(ctx), source: 'runtime' };
    await printError(ctx, logrusText({ level, message, fields: all, timeNs: ctx.wallTime }, rfc3339NanoFixed));
  };
  if (!args.includes('--no-network-checks') && !args.includes('-n'))
    await log('warning', 'Not running network checks as super user');
  const cpuinfo = await readFile(ctx, '/proc/cpuinfo');
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(' ') ?? []);
  let problems = 0;
  if (cpuinfo.includes('GenuineIntel'))
    await log('info', 'CPU property found', { description: 'Intel Architecture CPU', type: 'attribute' });
  for (const [name, description] of CPU_FLAGS) {
    const found = flags.has(name);
    if (!found) problems++;
    await log(found ? 'info' : 'error', `CPU property ${found ? 'found' : 'not found'}`, { description, type: 'flag' });
  }
  for (const [name, description] of MODULES) {
    const found = await exists(ctx, `/sys/module/${name}`);
    if (!found) problems++;
    await log(found ? 'info' : 'error', `kernel property ${found ? 'found' : 'not found'}`, {
      description,
      type: 'module',
    });
  }
  if (problems > 0) {
    await log('error', 'ERROR: System is not capable of running Kata Containers');
    await printError(ctx, 'ERROR: System is not capable of running Kata Containers\n');
    return 1;
  }
  await print(ctx, 'System is capable of running Kata Containers\n');
  return createMachine(ctx, log);
}

/** As root also the thing itself: open the device and make a VM. */
async function createMachine(
  ctx: Context,
  log: (level: Level, message: string, fields?: Record<string, unknown>) => Promise<void>,
): Promise<number> {
  try {
    const kvm = await ctx.sys.open(ctx, '/dev/kvm', { read: true, write: true });
    const machine = await ctx.sys.createVirtualMachine(ctx, kvm, { vcpus: 1, memoryBytes: 0 });
    for (const fd of [machine, kvm]) await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await log('error', `cannot open kvm device: ${error.go}`, { 'check-type': 'full', device: '/dev/kvm' });
    await log('error', error.go);
    await printError(ctx, `${error.go}\n`);
    return 1;
  }
  await print(ctx, 'System can currently create Kata Containers\n');
  return 0;
}
