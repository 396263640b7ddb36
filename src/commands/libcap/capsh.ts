/** capsh, getpcaps. @models libcap 2.75 progs, libcap/cap_text.c @fidelity partial: capsh --print, --decode, --has-p, --supports and the drops that end in a command */

import { ALL_CAPABILITIES } from '../../linux/capabilities.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { execvp } from '../common/exec.ts';
import { nameTables } from '../common/users.ts';

type Sets = Record<'inheritable' | 'permitted' | 'effective' | 'bounding' | 'ambient', ReadonlySet<string>>;

const FIELDS = {
  inheritable: 'CapInh',
  permitted: 'CapPrm',
  effective: 'CapEff',
  bounding: 'CapBnd',
  ambient: 'CapAmb',
};
const named = (name: string): string => `cap_${name.toLowerCase()}`;

function decode(mask: string): Set<string> {
  const bits = BigInt(`0x${mask}`);
  return new Set(ALL_CAPABILITIES.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n));
}

function setsOf(status: string): Sets {
  const read = (field: string): Set<string> =>
    decode(new RegExp(`^${field}:\\t([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0');
  return {
    inheritable: read(FIELDS.inheritable),
    permitted: read(FIELDS.permitted),
    effective: read(FIELDS.effective),
    bounding: read(FIELDS.bounding),
    ambient: read(FIELDS.ambient),
  };
}

/** cap_to_text: what most have, after `=`; then groups that have more, and groups that have less. */
export function capabilityText({
  effective,
  inheritable,
  permitted,
}: Pick<Sets, 'effective' | 'inheritable' | 'permitted'>): string {
  const flags = (name: string): string =>
    `${effective.has(name) ? 'e' : ''}${inheritable.has(name) ? 'i' : ''}${permitted.has(name) ? 'p' : ''}`;
  const groups = new Map<string, string[]>();
  for (const name of ALL_CAPABILITIES) groups.set(flags(name), [...(groups.get(flags(name)) ?? []), name]);
  let base = '';
  let most = -1;
  // Of equally many the smaller set wins, as in the library's histogram from e|i|p downwards.
  for (const value of ['eip', 'ip', 'ep', 'ei', 'p', 'i', 'e', '']) {
    const count = groups.get(value)?.length ?? 0;
    if (count >= most) {
      most = count;
      base = value;
    }
  }
  let out = `=${base}`;
  const rest = ['p', 'i', 'ip', 'e', 'ep', 'ei', 'eip', ''].filter((value) => value !== base && groups.has(value));
  for (const value of rest) {
    const names = (groups.get(value) ?? []).map(named).join(',');
    const more = [...value].filter((flag) => !base.includes(flag)).join('');
    const less = [...base].filter((flag) => !value.includes(flag)).join('');
    out +=
      `${out === '=' ? '' : ' '}${names}${more === '' ? '' : `${out === '=' && less === '' ? '=' : '+'}${more}`}${less === '' ? '' : `-${less}`}`.replace(
        /^ ?/,
        out === '=' ? '' : ' ',
      );
  }
  return out.startsWith('=cap_') ? out.slice(1) : out;
}

async function statusOf(ctx: Context, pid: string): Promise<string | null> {
  try {
    return await readFile(ctx, `/proc/${pid}/status`);
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

export const getpcaps: Program = {
  name: 'getpcaps',
  async main(ctx, argv) {
    const pids = argv.slice(1);
    if (pids.length === 0 || pids[0] === '--help') {
      await printError(ctx, 'usage: getpcaps [opts] <pid> [<pid> ...]\n\n  Print the capabilities of processes.\n');
      return pids.length === 0 ? 1 : 0;
    }
    let code = 0;
    for (const pid of pids) {
      const status = await statusOf(ctx, pid);
      if (status === null) {
        await printError(ctx, `Failed to get cap's for process ${pid}: (No such process)\n`);
        code = 1;
      } else await print(ctx, `${pid}: ${capabilityText(setsOf(status))}\n`);
    }
    return code;
  },
};

async function report(ctx: Context): Promise<void> {
  const sets = setsOf((await statusOf(ctx, 'self')) ?? '');
  const status = (await statusOf(ctx, 'self')) ?? '';
  const list = (set: ReadonlySet<string>): string =>
    ALL_CAPABILITIES.filter((n) => set.has(n))
      .map(named)
      .join(',');
  const dropped = ALL_CAPABILITIES.filter((n) => !sets.bounding.has(n)).map((n) => `!${named(n)}`);
  const iab = [
    ...ALL_CAPABILITIES.filter((n) => sets.ambient.has(n) || sets.inheritable.has(n)).map(
      (n) => `${sets.ambient.has(n) ? '^' : ''}${named(n)}`,
    ),
    ...dropped,
  ];
  const { uid, euid, gid, groups } = ctx.process.credentials;
  const names = await nameTables(ctx);
  const noNewPrivileges = /^NoNewPrivs:\t1$/m.test(status) ? 1 : 0;
  await print(
    ctx,
    `Current: ${capabilityText(sets)}
Bounding set =${list(sets.bounding)}
Ambient set =${list(sets.ambient)}
Current IAB: ${iab.join(',')}
Securebits: 00/0x0/1'b0 (no-new-privs=${noNewPrivileges})
 secure-noroot: no (unlocked)
 secure-no-suid-fixup: no (unlocked)
 secure-keep-caps: no (unlocked)
 secure-no-ambient-raise: no (unlocked)
uid=${uid}(${names.user(uid)}) euid=${euid}(${names.user(euid)})
gid=${gid}(${names.group(gid)})
groups=${groups.map((g) => `${g}(${names.group(g)})`).join(',')}
Guessed mode: ${noNewPrivileges === 1 ? 'UNCERTAIN (0)' : 'HYBRID (4)'}
`,
  );
}

export const capsh: Program = {
  name: 'capsh',
  async main(ctx, argv) {
    const args = argv.slice(1);
    if (args.length === 0 || args[0] === '--help' || args[0] === '-h') {
      await print(
        ctx,
        'usage: capsh [args ...]\n  --print            show the capabilities of this process\n  --decode=MASK      names of the bits of MASK\n  --drop=LIST        take LIST out of the bounding set\n  --has-p=NAME       fail unless NAME is permitted\n  --supports=NAME    fail unless the kernel knows NAME\n  --uid=N --gid=N    become N\n  --current          one line: what and how\n  -- [ARGS]          then run /bin/bash with ARGS\n',
      );
      return args.length === 0 ? 1 : 0;
    }
    for (const [i, arg] of args.entries()) {
      const [option, value = ''] = [arg.replace(/=.*$/s, ''), arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : ''];
      if (option === '--print') await report(ctx);
      else if (option === '--current') {
        const sets = setsOf((await statusOf(ctx, 'self')) ?? '');
        await print(ctx, `Current: ${capabilityText(sets)}\n`);
      } else if (option === '--decode') {
        const mask = value.replace(/^0x/, '').padStart(16, '0');
        if (!/^[0-9a-f]+$/i.test(mask)) {
          await printError(ctx, `unable to decode ${value}\n`);
          return 1;
        }
        await print(ctx, `0x${mask}=${[...decode(mask)].map(named).join(',')}\n`);
      } else if (
        option === '--has-p' ||
        option === '--has-i' ||
        option === '--has-a' ||
        option === '--has-b' ||
        option === '--supports'
      ) {
        const name = value.toUpperCase().replace(/^CAP_/, '');
        if (!ALL_CAPABILITIES.some((known) => known === name)) {
          await printError(ctx, `cap[${value}] not recognized by library\n`);
          return 1;
        }
        const sets = setsOf((await statusOf(ctx, 'self')) ?? '');
        const held: Readonly<Record<string, ReadonlySet<string>>> = {
          '--has-p': sets.permitted,
          '--has-i': sets.inheritable,
          '--has-a': sets.ambient,
          '--has-b': sets.bounding,
        };
        const set = held[option];
        if (set !== undefined && !set.has(name)) {
          await printError(
            ctx,
            `${option.slice(2)}: cap '${named(name)}' not ${option === '--has-p' ? 'permitted' : 'set'}\n`,
          );
          return 1;
        }
      } else if (option === '--drop') {
        const names =
          value === 'all' ? [...ALL_CAPABILITIES] : value.split(',').map((n) => n.toUpperCase().replace(/^CAP_/, ''));
        const sets = setsOf((await statusOf(ctx, 'self')) ?? '');
        const unknown = names.find((n) => !ALL_CAPABILITIES.some((known) => known === n));
        if (unknown !== undefined) {
          await printError(ctx, `capability [${unknown.toLowerCase()}] is unknown to libcap\n`);
          return 1;
        }
        try {
          await ctx.sys.setCapabilities(ctx, { bounding: [...sets.bounding].filter((n) => !names.includes(n)) });
        } catch (error) {
          if (!isErrno(error)) throw error;
          await printError(ctx, `failed to drop [${value}]: ${error.libc}\n`);
          return 1;
        }
      } else if (option === '--uid') await ctx.sys.setuid(ctx, Number(value));
      else if (option === '--gid') await ctx.sys.setgid(ctx, Number(value));
      else if (option === '--') {
        const shell = ['/bin/bash', ...args.slice(i + 1)];
        const error = await execvp(ctx, shell);
        await printError(ctx, `execve '/bin/bash' failed: ${error.libc}\n`);
        return 1;
      } else {
        await printRefusal(ctx, `capsh: not simulated: ${arg}\n`);
        return 1;
      }
    }
    return 0;
  },
};
