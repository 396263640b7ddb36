/** @models util-linux 2.41 sys-utils/renice.c @fidelity partial: no POSIXLY_CORRECT */
import { isErrno } from '../../linux/errno.ts';
import type { PriorityOf } from '../../linux/syscalls.ts';
import type { Invocation } from '../common/command.ts';
import { shortCommand } from '../common/short-command.ts';
import { readUsers } from '../common/users.ts';

const KINDS: Readonly<Record<PriorityOf, string>> = {
  process: 'process ID',
  group: 'process group ID',
  user: 'user ID',
};
const SWITCHES: Readonly<Record<string, PriorityOf>> = {
  '-p': 'process',
  '--pid': 'process',
  '-g': 'group',
  '--pgrp': 'group',
  '-u': 'user',
  '--user': 'user',
};

export const renice = shortCommand(
  {
    name: 'renice',
    version: 'util-linux) 2.41',
    usage: [
      '[-n|--priority|--relative] <priority> [-p|--pid] <pid>...',
      '[-n|--priority|--relative] <priority>  -g|--pgrp <pgid>...',
      '[-n|--priority|--relative] <priority>  -u|--user <user>...',
    ],
    about: '\nChange how nice processes are that run already.',
    notes: `  -n, --priority N     make them as nice as N, from -20 to 19
      --relative N     make them so much nicer than they are
  -p, --pid            what follows are processes (default)
  -g, --pgrp           what follows are process groups
  -u, --user           what follows are users: all their processes`,
    options: {},
    // Switches stand between the operands, and a number may begin with a minus.
    rewrite: (args) =>
      args.length === 1 && /^(-h|--help|-V|--version)$/.test(args[0] as string) ? asLong(args) : ['--', ...args],
  },
  async (call) => {
    const args = [...call.operands];
    const isRelative = args[0] === '--relative';
    if (isRelative || args[0] === '-n' || args[0] === '--priority') args.shift();
    const usage = async (text: string): Promise<number> => {
      await call.complain(`${text}\nTry '${call.name} --help' for more information.`);
      return 1;
    };
    if (args.length < 2) return usage('not enough arguments');
    const [amount = '', ...who] = args;
    if (!/^[+-]?\d+$/.test(amount)) return usage(`invalid priority '${amount}'`);
    let kind: PriorityOf = 'process';
    let status = 0;
    for (const one of who) {
      const next = SWITCHES[one];
      if (next !== undefined) {
        kind = next;
        continue;
      }
      const id = await numberOf(call, kind, one);
      if (id === null || !(await change(call, kind, id, Number(amount), isRelative))) status = 1;
    }
    return status;
  },
);

function asLong([only = '']: readonly string[]): string[] {
  return [only === '-h' ? '--help' : only === '-V' ? '--version' : only];
}

async function numberOf(call: Invocation, kind: PriorityOf, text: string): Promise<number | null> {
  const user = kind === 'user' ? (await readUsers(call.ctx)).find(({ name }) => name === text) : undefined;
  if (user !== undefined) return user.uid;
  if (/^\d+$/.test(text)) return Number(text);
  await call.complain(kind === 'user' ? `unknown user ${text}` : `bad ${KINDS[kind]} value: ${text}`);
  return null;
}

async function change(
  { ctx, complain, out }: Invocation,
  kind: PriorityOf,
  id: number,
  amount: number,
  isRelative: boolean,
): Promise<boolean> {
  const { sys } = ctx;
  let doing = 'get';
  try {
    const before = await sys.getPriority(ctx, kind, id);
    doing = 'set';
    await sys.setPriority(ctx, kind, id, isRelative ? before + amount : amount);
    doing = 'get';
    const now = await sys.getPriority(ctx, kind, id);
    await out.write(`${id} (${KINDS[kind]}) old priority ${before}, new priority ${now}\n`);
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await complain(`failed to ${doing} priority for ${id} (${KINDS[kind]}): ${error.libc}`);
    return false;
  }
}
