/**
 * `runc events`: statistics from the cgroup's files, and OOM notices.
 * @models runc events.go, types/events.go @fidelity partial: cpu, memory and pids of v2; no blkio, hugetlb or network figures
 */
import { newError } from '../../../go/errors.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, readFile } from '../../../linux/io.ts';
import { keyedValue } from '../shared/cgroup.ts';
import { type Container, cgroupOf, loadContainer, statusOf } from './container.ts';
import type { RuncCall } from './program.ts';

export async function events(ctx: Context, call: RuncCall): Promise<number> {
  const { cli } = call;
  const container = await loadContainer(ctx, call.root, cli.args[0] ?? '');
  const intervalNs = cli.duration('interval');
  if (intervalNs <= 0) throw newError('duration interval must be greater than 0');
  if ((await statusOf(ctx, container)) === 'stopped')
    throw newError(`container with id ${container.id} is not running`);
  if (cli.bool('stats')) {
    await printEvent(ctx, container, 'stats', await statistics(ctx, container));
    return 0;
  }
  ctx.go('oom', (inner) => watchOom(inner, container));
  for (;;) {
    await ctx.sleep(intervalNs);
    if ((await statusOf(ctx, container)) === 'stopped') return 0;
    await printEvent(ctx, container, 'stats', await statistics(ctx, container));
  }
}

async function printEvent(
  ctx: Context,
  container: Container,
  type: string,
  data: JsonValue | undefined,
): Promise<void> {
  await print(ctx, `${marshalJson({ type, id: container.id, data })}\n`);
}

async function watchOom(ctx: Context, container: Container): Promise<void> {
  const path = `${cgroupOf(container)}/memory.events`;
  let seen = await keyedValue(ctx, path, 'oom_kill');
  for (;;) {
    try {
      await ctx.sys.watch(ctx, path);
    } catch (error) {
      if (isErrno(error)) return;
      throw error;
    }
    const now = await keyedValue(ctx, path, 'oom_kill');
    if (now > seen) await printEvent(ctx, container, 'oom', undefined);
    seen = now;
  }
}

const UNLIMITED = 18_446_744_073_709_551_615n;

async function statistics(ctx: Context, container: Container): Promise<JsonValue> {
  const directory = cgroupOf(container);
  const number = async (file: string): Promise<number | bigint> => {
    try {
      const text = (await readFile(ctx, `${directory}/${file}`)).trim();
      return text === 'max' ? UNLIMITED : Number(text);
    } catch (error) {
      if (isErrno(error)) return 0;
      throw error;
    }
  };
  const cpu = async (key: string): Promise<number> => (await keyedValue(ctx, `${directory}/cpu.stat`, key)) * 1000;
  const raw: Record<string, JsonValue> = {};
  for (const line of (await readFile(ctx, `${directory}/memory.stat`)).trim().split('\n')) {
    const [key, value] = line.split(' ');
    if (key !== undefined && key !== '') raw[key] = Number(value);
  }
  const memory = {
    limit: await number('memory.max'),
    usage: await number('memory.current'),
    max: await number('memory.peak'),
    failcnt: 0,
  };
  return {
    cpu: {
      usage: { total: await cpu('usage_usec'), kernel: await cpu('system_usec'), user: await cpu('user_usec') },
      throttling: {},
    },
    cpuset: {},
    memory: {
      usage: memory,
      swap: { limit: await number('memory.swap.max'), usage: await number('memory.swap.current'), failcnt: 0 },
      kernel: { failcnt: 0 },
      kernelTCP: { failcnt: 0 },
      raw: Object.fromEntries(Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    pids: { current: await number('pids.current'), limit: await number('pids.max') },
    blkio: {},
    hugetlb: {},
    intel_rdt: {},
    network_interfaces: null,
  };
}
