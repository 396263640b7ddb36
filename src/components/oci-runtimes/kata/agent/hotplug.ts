/** CPUs and memory that came into the machine are brought online. @models kata-containers 4.1.0 src/agent/src/{sandbox,rpc}.rs online_cpu_memory @fidelity full */
import { newError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, readFile, writeFile } from '../../../../linux/io.ts';

const CPUS = '/sys/devices/system/cpu';
const MEMORY = '/sys/devices/system/memory';
const ATTEMPTS_MAX = 100;
const RETRY_NS = 50_000_000;

export async function bringOnline(ctx: Context, cpus: number, cpuOnly: boolean): Promise<void> {
  if (cpus > 0) await onlineCpus(ctx, cpus);
  if (!cpuOnly) await onlineAll(ctx, MEMORY, /^memory\d+$/);
}

/** They may not all be there yet; the first is always online, and has no such file. */
async function onlineCpus(ctx: Context, wanted: number): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    await onlineAll(ctx, CPUS, /^cpu\d+$/);
    if ((await countOnline(ctx)) >= wanted) return;
    await ctx.sleep(RETRY_NS);
  }
  throw newError(`failed to online ${wanted - 1} CPU(s)`);
}

async function onlineAll(ctx: Context, directory: string, pattern: RegExp): Promise<void> {
  for (const { name } of await ctx.sys.readDirectory(ctx, directory)) {
    const file = `${directory}/${name}/online`;
    if (!pattern.test(name) || !(await exists(ctx, file)) || (await readFile(ctx, file)).trim() !== '0') continue;
    try {
      await writeFile(ctx, file, '1');
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

async function countOnline(ctx: Context): Promise<number> {
  let count = 0;
  for (const part of (await readFile(ctx, `${CPUS}/online`)).trim().split(',')) {
    const [first = '0', last = first] = part.split('-');
    count += Number(last) - Number(first) + 1;
  }
  return count;
}

export async function memoryBlockSize(ctx: Context): Promise<bigint> {
  return BigInt(`0x${(await readFile(ctx, `${MEMORY}/block_size_bytes`)).trim()}`);
}
