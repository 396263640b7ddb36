/** setcap, getcap. @models libcap 2.75 progs/{setcap,getcap}.c, libcap/cap_text.c cap_from_text @fidelity partial: no setcap -f, no --license */
import { ALL_CAPABILITIES } from '../../linux/capabilities.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import {
  CAPABILITY_ATTRIBUTE,
  decodeFileCapabilities,
  encodeFileCapabilities,
  type FileCapabilities,
} from '../../linux/file-capabilities.ts';
import { print, printError, readAll } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { utf8 } from '../../linux/rope.ts';
import { capabilityText } from './capsh.ts';

type Flag = 'e' | 'i' | 'p';
type Sets = Record<Flag, Set<string>>;

const SETCAP_USAGE = `usage: setcap [-h] [-q] [-v] [-n <rootid>] (-r|-|<caps>) <filename> [ ... (-r|-|<capsN>) <filenameN> ]

 Note <filename> must be a regular (non-symlink) file.
 -r          the file has none any more
 -           the text comes from stdin
 <capsN>     what the file is to have, as cap_from_text(3) reads it
 -h          this text, and exit status 0
 -q          say nothing
 -v          compare with what the file has
 -n <rootid> only for a user namespace with this root
`;
const GETCAP_USAGE =
  'usage: getcap [-h] [-l] [-n] [-r] [-v] <filename> [<filename> ...]\n\n\tPrint the capabilities of files.\n';

/** Clauses of names and what is done with their flags; null for what is none. */
function fromText(text: string): Sets | null {
  const sets: Sets = { e: new Set(), i: new Set(), p: new Set() };
  for (const clause of text.split(/\s+/).filter((part) => part !== '')) {
    const parts = /^([\w,]*)((?:[-+=][eip]*)+)$/.exec(clause);
    if (parts === null) return null;
    const [, list = '', operations = ''] = parts;
    // Nothing before `=` means all.
    if (list === '' && !operations.startsWith('=')) return null;
    const names =
      list === '' || list.toLowerCase() === 'all'
        ? [...ALL_CAPABILITIES]
        : list.split(',').map((name) => (/^cap_/i.test(name) ? name.slice('cap_'.length).toUpperCase() : ''));
    if (names.some((name) => !ALL_CAPABILITIES.some((known) => known === name))) return null;
    for (const [, operator, flags = ''] of operations.matchAll(/([-+=])([eip]*)/g)) {
      for (const flag of ['e', 'i', 'p'] as const)
        for (const name of names) {
          if (operator === '=' || (operator === '-' && flags.includes(flag))) sets[flag].delete(name);
          if (operator !== '-' && flags.includes(flag)) sets[flag].add(name);
        }
    }
  }
  return sets;
}

/** As the attribute can hold them: effective are all or none; null if they cannot be told so. */
function toFile({ e, i, p }: Sets, rootId: number | null): FileCapabilities | null {
  const lacking = [...i, ...p].some((name) => !e.has(name));
  return e.size > 0 && lacking ? null : { permitted: p, inheritable: i, effective: e.size > 0, rootId };
}

function ofFile({ permitted, inheritable, effective }: FileCapabilities): Sets {
  return {
    e: new Set(effective ? [...permitted, ...inheritable] : []),
    i: new Set(inheritable),
    p: new Set(permitted),
  };
}

async function read(ctx: Context, path: string): Promise<FileCapabilities | null> {
  try {
    return decodeFileCapabilities(await ctx.sys.getxattr(ctx, path, CAPABILITY_ATTRIBUTE));
  } catch (error) {
    if (isErrno(error, 'ENODATA')) return null;
    throw error;
  }
}

class SetcapFault extends Error {}

async function fromStdin(ctx: Context, quiet: boolean): Promise<string> {
  if (!quiet) await printError(ctx, 'Please enter caps for file [empty line to end]:\n');
  return utf8(await readAll(ctx, 0)).split('\n\n')[0] ?? '';
}

/** Whether the file has what is said. */
async function verify(ctx: Context, path: string, wanted: Sets, quiet: boolean): Promise<boolean> {
  const found = await read(ctx, path);
  const has: Sets = found === null ? { e: new Set(), i: new Set(), p: new Set() } : ofFile(found);
  const same = (flag: Flag): boolean =>
    has[flag].size === wanted[flag].size && [...has[flag]].every((name) => wanted[flag].has(name));
  const differing = (['p', 'i', 'e'] as const).filter((flag) => !same(flag));
  if (!quiet)
    await print(ctx, differing.length === 0 ? `${path}: OK\n` : `${path} differs in [${differing.join('')}]\n`);
  return differing.length === 0;
}

async function store(ctx: Context, path: string, wanted: Sets | null, rootId: number | null): Promise<void> {
  const { capabilities } = ctx.process.credentials;
  if (!capabilities.permitted.has('SETFCAP'))
    throw new SetcapFault('unable to set CAP_SETFCAP effective capability: Operation not permitted');
  try {
    if ((await ctx.sys.lstat(ctx, path)).type !== 'file')
      throw new SetcapFault(`Invalid file '${path}' for capability operation`);
    if (wanted === null) {
      await ctx.sys.removexattr(ctx, path, CAPABILITY_ATTRIBUTE);
      return;
    }
    const stored = toFile(wanted, rootId);
    if (stored === null) throw new SetcapFault(`Invalid file '${path}' for capability operation`);
    await ctx.sys.setxattr(ctx, path, CAPABILITY_ATTRIBUTE, encodeFileCapabilities(stored));
  } catch (error) {
    if (isErrno(error, 'ENODATA')) throw new SetcapFault(`File '${path}' has no capablity to remove`);
    if (!isErrno(error)) throw error;
    throw new SetcapFault(`Failed to set capabilities on file '${path}': ${error.libc}`);
  }
}

/** As strtoul reads it, cut to 32 bits; null for what is none, or not positive. */
function rootIdOf(text: string): number | null {
  if (!/^\s*\+?\d+$/.test(text)) return null;
  const id = Number(BigInt.asUintN(32, BigInt(text.trim().replace('+', ''))));
  return id > 0 ? id : null;
}

export const setcap: Program = {
  name: 'setcap',
  async main(ctx, argv) {
    const words = argv.slice(1);
    let quiet = false;
    let checks = false;
    let rootId: number | null = null;
    let code = 0;
    const usage = async (status: number): Promise<number> => {
      await printError(ctx, SETCAP_USAGE);
      return status;
    };
    if (words.length === 0) return usage(1);
    while (words.length > 0) {
      const word = words.shift() ?? '';
      if (word === '-h') return usage(0);
      if (word === '-q') quiet = true;
      else if (word === '-v') checks = true;
      else if (word === '-n') {
        const text = words.shift();
        if (text === undefined) {
          await printError(ctx, 'usage: .. -n <rootid> .. - rootid!=0 file caps');
          return 1;
        }
        rootId = rootIdOf(text);
        if (rootId === null) {
          await printError(ctx, `bad ns rootid: want positive integer, got "${text}"\n`);
          return 1;
        }
      } else {
        const text = word === '-' ? await fromStdin(ctx, quiet) : word;
        const wanted = word === '-r' ? null : fromText(text);
        if (word !== '-r' && wanted === null) {
          await printError(ctx, 'fatal error: Invalid argument\n');
          return usage(1);
        }
        const path = words.shift();
        if (path === undefined) return usage(1);
        try {
          if (checks)
            code = (await verify(ctx, path, wanted ?? { e: new Set(), i: new Set(), p: new Set() }, quiet)) ? code : 1;
          else await store(ctx, path, wanted, rootId === 0 ? null : rootId);
        } catch (error) {
          if (!(error instanceof SetcapFault) && !isErrno(error)) throw error;
          await printError(ctx, `${error instanceof SetcapFault ? error.message : `${path}: ${error.libc}`}\n`);
          return 1;
        }
      }
    }
    return code;
  },
};

export const getcap: Program = {
  name: 'getcap',
  async main(ctx, argv) {
    const words = argv.slice(1);
    const has = (flag: string): boolean => words.includes(`-${flag}`);
    const paths = words.filter((word) => !word.startsWith('-'));
    if (has('h') || paths.length === 0) {
      await printError(ctx, GETCAP_USAGE);
      return has('h') ? 0 : 1;
    }
    const show = async (path: string): Promise<void> => {
      const stat = await ctx.sys.lstat(ctx, path);
      if (stat.type === 'directory' && has('r'))
        for (const { name } of await ctx.sys.readDirectory(ctx, path)) await show(`${path}/${name}`);
      const found = stat.type === 'file' ? await read(ctx, path) : null;
      if (found === null) {
        if (has('v')) await print(ctx, `${path}\n`);
        return;
      }
      const { e, i, p } = ofFile(found);
      const root = has('n') && found.rootId !== null ? ` [rootid=${found.rootId}]` : '';
      await print(ctx, `${path} ${capabilityText({ effective: e, inheritable: i, permitted: p })}${root}\n`);
    };
    for (const path of paths) {
      try {
        await show(path);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await printError(ctx, `${path} (${error.libc})\n`);
      }
    }
    return 0;
  },
};
