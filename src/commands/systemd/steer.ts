/** Verbs of systemctl that change something, or ask for a yes or no. @models systemd 257 src/systemctl */
import { printError } from '../../linux/io.ts';
import type { Reply } from '../../protocols/systemd/client.ts';
import { globRegex } from '../common/glob.ts';
import { type Call, getUnit, unitName, type Verb } from './call.ts';
import { enabledState } from './status.ts';

const NOT_ACTIVE = 3;
const NO_SUCH_UNIT = 4;

/** LSB codes that systemctl gives for the manager's refusals. */
function refusal(error: string): number {
  if (/ not (found|loaded)\.$/.test(error)) return 5;
  return /not applicable for unit/.test(error) ? 3 : 1;
}

export const steer =
  (method: string): Verb =>
  async (call) => {
    const { ctx, client } = call;
    let code = 0;
    for (const name of await expand(call)) {
      const reply = await client.call(ctx, method, { unit: name });
      if (reply.warning !== undefined) await printError(ctx, `${reply.warning}\n`);
      for (const line of reply.warnings ?? []) await printError(ctx, `${line}\n`);
      if (reply.ok) continue;
      await printError(ctx, `${reply.error}\n`);
      code = refusal(reply.error ?? '');
    }
    return code;
  };

/** Patterns stand for the units that are loaded. */
async function expand(call: Call): Promise<string[]> {
  const out: string[] = [];
  for (const arg of call.args) {
    if (!/[*?[]/.test(arg)) {
      out.push(unitName(arg));
      continue;
    }
    const glob = globRegex(arg);
    for (const unit of await call.client.units(call.ctx)) if (glob.test(unit.name)) out.push(unit.name);
  }
  return out;
}

export const reloadOrRestart: Verb = async (call) => {
  const reply = await call.client.call(call.ctx, 'ReloadUnit', { unit: unitName(call.args[0] as string) });
  return reply.ok ? 0 : steer('RestartUnit')(call);
};

export const tryRestart: Verb = async (call) => {
  let code = 0;
  for (const name of call.args)
    if ((await getUnit(call, name))?.activeState === 'active')
      code = await steer('RestartUnit')({ ...call, args: [name] });
  return code;
};

export const resetFailed: Verb = async (call) => {
  const { ctx, client, args } = call;
  if (args.length === 0) {
    await client.call(ctx, 'ResetFailed');
    return 0;
  }
  return steer('ResetFailed')(call);
};

export const setProperty: Verb = async ({ ctx, client, args, options }) => {
  const [name = '', ...pairs] = args;
  const reply = await client.call(ctx, 'SetProperties', {
    unit: unitName(name),
    text: pairs.join('\n'),
    runtime: options.has('runtime'),
  });
  if (reply.ok) return 0;
  await printError(ctx, `${reply.error}\n`);
  return 1;
};

/** Isolating would stop what this shell and the node live on: the target has to allow it, and here none does. */
export const isolate: Verb = async (call) => {
  const { ctx, args } = call;
  if ((await getUnit(call, args[0] as string)) === null) {
    await printError(
      ctx,
      `Failed to start ${unitName(args[0] as string)}: Unit ${unitName(args[0] as string)} not found.\n`,
    );
    return 5;
  }
  await printError(
    ctx,
    `Failed to start ${unitName(args[0] as string)}: Operation refused, unit may not be isolated.\n`,
  );
  return 4;
};

/** Vendor preset here is Debian's: everything that can be enabled is. */
export const preset: Verb = async (call) => {
  const able: string[] = [];
  for (const name of call.args) if ((await getUnit(call, name))?.installable !== false) able.push(name);
  return link('EnableUnit')({ ...call, args: able });
};

/** is-active and is-failed: success if any unit is in one of the states. */
export const check =
  (good: readonly string[], otherwise: number): Verb =>
  async (call) => {
    let found = false;
    let known = false;
    for (const name of call.args) {
      const unit = await getUnit(call, name);
      const state = unit?.activeState ?? 'inactive';
      if (unit !== null) known = true;
      if (good.includes(state)) found = true;
      if (!call.options.has('quiet')) await call.out.write(`${state}\n`);
    }
    return found ? 0 : known || otherwise === 1 ? otherwise : NO_SUCH_UNIT;
  };

export const isEnabled: Verb = async (call) => {
  let code = 1;
  for (const name of call.args) {
    const unit = await getUnit(call, name);
    const state = unit === null ? 'not-found' : await enabledState(unit);
    if (/^(enabled|static|transient|alias|indirect|generated)$/.test(state)) code = 0;
    else if (unit === null && code !== 0) code = NO_SUCH_UNIT;
    if (!call.options.has('quiet')) await call.out.write(`${state}\n`);
  }
  return code;
};

export const link =
  (method: string): Verb =>
  async (call) => {
    const { ctx, client, args, options } = call;
    let code = 0;
    for (const name of args.map(unitName)) {
      const reply: Reply = await client.call(ctx, method, { unit: name });
      if (!reply.ok) {
        await printError(ctx, `${reply.error}\n`);
        code = 1;
        continue;
      }
      if (!options.has('quiet')) for (const message of reply.messages ?? []) await printError(ctx, `${message}\n`);
      if (options.has('now'))
        code = await steer(method === 'EnableUnit' ? 'StartUnit' : 'StopUnit')({ ...call, args: [name] });
    }
    return code;
  };

export const kill: Verb = async ({ ctx, client, args, options }) => {
  const signal = options.value('signal') ?? 'SIGTERM';
  for (const name of args.map(unitName)) {
    const whom = options.value('kill-whom') ?? options.value('kill-who') ?? 'all';
    const reply = await client.call(ctx, 'KillUnit', { unit: name, signal, whom });
    if (reply.ok) continue;
    await printError(ctx, `${reply.error}\n`);
    return 1;
  }
  return 0;
};
