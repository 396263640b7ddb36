/** type, hash, alias, unalias. @models bash 5.2 builtins/{type,hash,alias}.def */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { builtinError } from '../messages.ts';
import { valueOf } from '../parameters.ts';
import type { Shell } from '../shell.ts';
import { functionText } from './function-text.ts';
import { parseOptions, usage } from './options-parser.ts';
import { type Builtin, builtinFor } from './table.ts';

/** In the order of bash's own table. */
export const RESERVED = [
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'case',
  'esac',
  'for',
  'select',
  'while',
  'until',
  'do',
  'done',
  'in',
  'function',
  'time',
  '{',
  '}',
  '!',
  '[[',
  ']]',
  'coproc',
];

async function programsNamed(ctx: Context, sh: Shell, name: string, all: boolean): Promise<string[]> {
  const candidates = name.includes('/')
    ? [name]
    : valueOf(sh, 'PATH')
        .split(':')
        .map((d) => `${d || '.'}/${name}`);
  const found: string[] = [];
  for (const path of candidates) {
    try {
      const stat = await ctx.sys.stat(ctx, path);
      if (stat.type === 'file' && (stat.mode & 0o111) !== 0) found.push(path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    if (found.length > 0 && !all) break;
  }
  return found;
}

/** Every meaning of a name, first the one that would be used. */
export async function describeCommand(
  ctx: Context,
  sh: Shell,
  name: string,
  style: 'short' | 'long' | 'type',
  all = false,
): Promise<string[]> {
  const out: string[] = [];
  const add = (short: string, long: string, type: string): void => {
    out.push(style === 'short' ? short : style === 'long' ? long : type);
  };
  const alias = sh.aliases.get(name);
  if (alias !== undefined)
    add(
      `alias ${name}='${alias}'`,
      sh.flavour === 'ash' ? `${name} is an alias for ${alias}` : `${name} is aliased to \`${alias}'`,
      'alias',
    );
  if (RESERVED.includes(name)) add(name, `${name} is a shell keyword`, 'keyword');
  const fn = sh.functions.get(name);
  if (fn !== undefined)
    add(
      name,
      sh.flavour === 'ash' ? `${name} is a function` : `${name} is a function\n${functionText(name, fn).trimEnd()}`,
      'function',
    );
  if (builtinFor(sh, name) !== undefined) add(name, `${name} is a shell builtin`, 'builtin');
  if (out.length === 0 || all) {
    const hashed = sh.hashed.get(name);
    for (const path of await programsNamed(ctx, sh, name, all)) {
      add(
        path,
        hashed !== undefined && hashed.path === path && !all ? `${name} is hashed (${path})` : `${name} is ${path}`,
        'file',
      );
    }
  }
  return out;
}

const type: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'afptP');
  if ('bad' in parsed) return usage(ctx, sh, 'type', parsed.bad, 'type [-afptP] name [name ...]');
  const { options, rest } = parsed;
  let status = 0;
  let out = '';
  for (const name of rest) {
    let lines: string[];
    if (options.has('P')) lines = await programsNamed(ctx, sh, name, options.has('a'));
    else lines = await describeCommand(ctx, sh, name, options.has('t') ? 'type' : 'long', options.has('a'));
    if (options.has('p')) lines = lines[0]?.includes(' is /') ? [lines[0].replace(/^.* is (hashed \()?|\)$/g, '')] : [];
    if (lines.length === 0 && !options.has('p') && !options.has('P')) {
      status = sh.flavour === 'ash' ? 127 : 1;
      if (sh.flavour === 'ash') out += `${name}: not found\n`;
      else if (!options.has('t')) await builtinError(ctx, sh, 'type', `${name}: not found`);
    } else if (lines.length === 0) status = 1;
    if (!options.has('a')) lines = lines.slice(0, 1);
    for (const line of lines) out += `${line}\n`;
  }
  if (out !== '') await ctx.sys.write(ctx, 1, out);
  return status;
};

const hash: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'ldrtp:');
  if ('bad' in parsed) return usage(ctx, sh, 'hash', parsed.bad, 'hash [-lr] [-p pathname] [-dt] [name ...]');
  const { options, rest } = parsed;
  if (options.has('r')) sh.forgetPaths();
  if (rest.length === 0) {
    if (options.has('r')) return 0;
    if (sh.hashed.size === 0) await ctx.sys.write(ctx, 1, 'hash: hash table empty\n');
    else
      await ctx.sys.write(
        ctx,
        1,
        `hits\tcommand\n${[...sh.hashed.values()].map((h) => `${String(h.hits).padStart(4)}\t${h.path}\n`).join('')}`,
      );
    return 0;
  }
  let status = 0;
  for (const name of rest) {
    if (options.has('d')) sh.setHashed(name, null);
    else if (options.has('p')) sh.setHashed(name, { path: options.get('p') as string, hits: 0 });
    else if (options.has('t')) {
      const known = sh.hashed.get(name);
      if (known !== undefined) await ctx.sys.write(ctx, 1, `${known.path}\n`);
      else {
        await builtinError(ctx, sh, 'hash', `${name}: not found`);
        status = 1;
      }
    } else if (builtinFor(sh, name) === undefined) {
      const path = (await programsNamed(ctx, sh, name, false))[0];
      if (path !== undefined) sh.setHashed(name, { path, hits: 0 });
      else {
        await builtinError(ctx, sh, 'hash', `${name}: not found`);
        status = 1;
      }
    }
  }
  return status;
};

const alias: Builtin = async (ctx, sh, argv) => {
  const args = argv[1] === '-p' || argv[1] === '--' ? argv.slice(2) : argv.slice(1);
  const line = (name: string, value: string): string =>
    `${sh.flavour === 'ash' ? '' : 'alias '}${name}='${value.replace(/'/g, "'\\''")}'\n`;
  let status = 0;
  let out = '';
  if (args.length === 0)
    for (const [name, value] of [...sh.aliases].sort((a, b) => (a[0] < b[0] ? -1 : 1))) out += line(name, value);
  for (const arg of args) {
    const at = arg.indexOf('=');
    if (at > 0) {
      sh.setAlias(arg.slice(0, at), arg.slice(at + 1));
      continue;
    }
    const value = sh.aliases.get(arg);
    if (value === undefined) {
      await builtinError(ctx, sh, 'alias', `${arg}: not found`);
      status = 1;
    } else out += line(arg, value);
  }
  if (out !== '') await ctx.sys.write(ctx, 1, out);
  return status;
};

const unalias: Builtin = async (ctx, sh, argv) => {
  if (argv[1] === '-a') {
    sh.aliases = new Map();
    return 0;
  }
  if (argv.length === 1) return usage(ctx, sh, 'unalias', 'usage', 'unalias [-a] name [name ...]');
  let status = 0;
  for (const name of argv.slice(argv[1] === '--' ? 2 : 1)) {
    if (sh.setAlias(name, null)) continue;
    await builtinError(ctx, sh, 'unalias', `${name}: not found`);
    status = 1;
  }
  return status;
};

export const infoBuiltins: Record<string, Builtin> = { type, hash, alias, unalias };
