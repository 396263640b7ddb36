/** `runc update`: new limits for a live container. @models runc update.go @fidelity partial: no RDT, no real-time or kernel memory flags */
import { type GoError, newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { readAll, readFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Cpu, Memory, Resources } from '../../../protocols/oci-runtime/types.ts';
import { setScopeProperties } from '../../../protocols/systemd/scope.ts';
import { setLimits } from '../shared/cgroup.ts';
import { unitName } from '../shared/cgroup-path.ts';
import { messageOf, onPath } from '../shared/fault.ts';
import { systemdProperties } from '../shared/systemd-properties.ts';
import { cgroupOf, loadContainer, saveState } from './container.ts';
import { log } from './log.ts';
import type { RuncCall } from './program.ts';
import { decodeJson } from './spec.ts';

export async function update(ctx: Context, call: RuncCall): Promise<number> {
  const { cli } = call;
  const container = await loadContainer(ctx, call.root, cli.args[0] ?? '');
  const changes = cli.string('resources') === '' ? fromFlags(call) : await fromFile(ctx, cli.string('resources'));
  const before = container.state.config.cgroups.resources;
  const after: Resources = {
    ...before,
    ...changes,
    cpu: { ...before.cpu, ...changes.cpu },
    memory: { ...before.memory, ...changes.memory },
  };
  const period = changes.cpu?.period;
  const quota = changes.cpu?.quota;
  if (period !== undefined && quota === undefined && before.cpu?.quota !== undefined)
    after.cpu = { ...after.cpu, quota: before.cpu.quota };
  if ((changes.memory?.limit ?? 0) > 0 && changes.memory?.swap === undefined && (after.memory?.swap ?? 0) > 0) {
    const limit = changes.memory?.limit ?? 0;
    if ((after.memory?.swap ?? 0) < limit) after.memory = { ...after.memory, swap: limit };
  }
  const { cgroups } = container.state.config;
  try {
    if (cgroups.systemd) {
      const refused = await setScopeProperties(ctx, unitName(cgroups), systemdProperties(after));
      if (refused !== null) throw newError(refused);
    }
    await setLimits(ctx, cgroupOf(container), after);
  } catch (error) {
    const fault = messageOf(error);
    try {
      await setLimits(ctx, cgroupOf(container), before);
    } catch (second) {
      await log(
        ctx,
        call.logger,
        'warning',
        `Setting back cgroup configs failed due to error: ${messageOf(second)}, your state.json and actual configs might be inconsistent.`,
      );
    }
    throw newError(fault);
  }
  container.state.config.cgroups.resources = after;
  await saveState(ctx, container);
  return 0;
}

async function fromFile(ctx: Context, path: string): Promise<Resources> {
  const text = path === '-' ? utf8(await readAll(ctx, 0)) : await onPath('open', path, readFile(ctx, path));
  return decodeJson(text) as Resources;
}

function fromFlags(call: RuncCall): Resources {
  const { cli } = call;
  const cpu: Cpu = {};
  const memory: Memory = {};
  const count = (flag: string): number | undefined => {
    const text = cli.string(flag);
    if (text === '') return undefined;
    if (!/^-?\d+$/.test(text))
      throw newError(`invalid value for ${flag}: strconv.ParseInt: parsing "${text}": invalid syntax`);
    return Number(text);
  };
  const bytes = (flag: string): number | undefined => {
    const text = cli.string(flag);
    if (text === '') return undefined;
    return text === '-1' ? -1 : sizeInBytes(text, flag);
  };
  const set = <T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void => {
    if (value !== undefined) target[key] = value;
  };
  set(cpu, 'period', count('cpu-period'));
  set(cpu, 'quota', count('cpu-quota'));
  set(cpu, 'burst', count('cpu-burst'));
  set(cpu, 'shares', count('cpu-share'));
  set(cpu, 'idle', count('cpu-idle'));
  if (cli.string('cpuset-cpus') !== '') cpu.cpus = cli.string('cpuset-cpus');
  if (cli.string('cpuset-mems') !== '') cpu.mems = cli.string('cpuset-mems');
  set(memory, 'limit', bytes('memory'));
  set(memory, 'reservation', bytes('memory-reservation'));
  set(memory, 'swap', bytes('memory-swap'));
  const resources: Resources = { cpu, memory };
  if (cli.isSet('pids-limit')) resources.pids = { limit: cli.number('pids-limit') };
  if (cli.isSet('blkio-weight')) resources.blockIO = { weight: cli.number('blkio-weight') };
  return resources;
}

/** units.RAMInBytes: binary multiples, with or without `b` or `ib`. */
function sizeInBytes(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kKmMgGtTpP])?[iI]?[bB]?$/.exec(text);
  if (match === null) throw invalidSize(text, flag);
  const power = ['', 'k', 'm', 'g', 't', 'p'].indexOf((match[2] ?? '').toLowerCase());
  let factor = 1;
  for (let i = 0; i < power; i++) factor *= 1024;
  return Math.trunc(Number(match[1]) * factor);
}

function invalidSize(text: string, flag: string): GoError {
  return newError(`invalid value for ${flag}: invalid size: '${text}'`);
}
