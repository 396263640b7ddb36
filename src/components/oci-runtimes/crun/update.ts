/** `crun update`. @models crun src/update.c @fidelity partial: no RDT, no real-time or kernel memory values */
import type { Context } from '../../../linux/context.ts';
import { readAll, readFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Cpu, Memory, Resources } from '../../../protocols/oci-runtime/types.ts';
import { setScopeProperties } from '../../../protocols/systemd/scope.ts';
import { systemdProperties } from '../shared/systemd-properties.ts';
import type { CrunCall } from './call.ts';
import { limitCgroup } from './cgroup.ts';
import { attempt, failure } from './failure.ts';
import { parseJson } from './json-c.ts';
import { cgroupOf, cgroupTop, isRunning, readStatus } from './status.ts';

export async function update(ctx: Context, call: CrunCall): Promise<number> {
  const id = call.args[0] ?? '';
  const file = call.value('resources');
  const status = await readStatus(ctx, call.root, id);
  if (!(await isRunning(ctx, status))) throw failure(`the container \`${id}\` is not running`);
  const resources = file === undefined ? fromValues(call) : await fromFile(ctx, file);
  const refused =
    status.scope === '' ? null : await setScopeProperties(ctx, status.scope, systemdProperties(resources));
  if (refused !== null) throw failure(`sd-bus call: ${refused}`);
  const [top, inner] = [cgroupTop(status), cgroupOf(status)];
  await limitCgroup(ctx, top === inner ? [top] : [top, inner], resources);
  return 0;
}

async function fromFile(ctx: Context, path: string): Promise<Resources> {
  const text = path === '-' ? utf8(await readAll(ctx, 0)) : await attempt(`open \`${path}\``, readFile(ctx, path));
  return parseJson(text) as Resources;
}

function fromValues(call: CrunCall): Resources {
  const number = (name: string): number | undefined => {
    const text = call.value(name);
    if (text === undefined) return undefined;
    // As strtoll reads it: what is no number is nothing.
    return Number(/^\s*[-+]?\d+/.exec(text)?.[0] ?? 0);
  };
  const given = <T extends object>(entries: Record<string, number | string | undefined>): T =>
    Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;
  const cpu = given<Cpu>({
    period: number('cpu-period'),
    quota: number('cpu-quota'),
    shares: number('cpu-share'),
    cpus: call.value('cpuset-cpus'),
    mems: call.value('cpuset-mems'),
  });
  const memory = given<Memory>({
    limit: number('memory'),
    reservation: number('memory-reservation'),
    swap: number('memory-swap'),
  });
  const pids = number('pids-limit');
  const weight = number('blkio-weight');
  return {
    cpu,
    memory,
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
    ...(weight === undefined ? {} : { blockIO: { weight } }),
  };
}
