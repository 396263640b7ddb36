/** Redirections. @models bash 5.2 redir.c @fidelity partial: no /dev/tcp */
import type { Redirection } from 'unbash';
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import type { OpenFlags } from '../linux/syscalls.ts';
import { expandHeredoc, expandToString, expandWords } from './expand.ts';
import { report } from './messages.ts';
import type { Shell } from './shell.ts';
import { setScalar } from './variables.ts';

/** A descriptor as it was before a redirection: a saved copy, or null where it was closed. */
export type Undo = { fd: number; saved: number | null }[];

/** Thrown when a redirection fails; the message is already out. */
export class RedirectionFailed {}

const FIRST_SAVED = 10;
/** A here-document longer than a pipe holds goes through a file. */
const PIPE_BYTES = 65_536;

function freeHigh(sh: Shell): number {
  let fd = FIRST_SAVED;
  while (sh.savedDescriptors.has(fd)) fd++;
  sh.savedDescriptors.add(fd);
  return fd;
}

async function save(ctx: Context, sh: Shell, fd: number, undo: Undo | null): Promise<void> {
  if (undo === null || undo.some((u) => u.fd === fd)) return;
  const high = freeHigh(sh);
  try {
    await ctx.sys.dup2(ctx, fd, high);
    await ctx.sys.setCloseOnExec(ctx, high, true);
    undo.push({ fd, saved: high });
  } catch (error) {
    if (!isErrno(error)) throw error;
    sh.savedDescriptors.delete(high);
    undo.push({ fd, saved: null });
  }
}

export async function undoRedirections(ctx: Context, sh: Shell, undo: Undo): Promise<void> {
  for (const { fd, saved } of undo.reverse()) {
    if (saved === null) {
      await closeQuietly(ctx, fd);
      continue;
    }
    await ctx.sys.dup2(ctx, saved, fd);
    await ctx.sys.close(ctx, saved);
    sh.savedDescriptors.delete(saved);
  }
}

/** `exec >x` makes redirections last: only the copies go. */
export async function keepRedirections(ctx: Context, sh: Shell, undo: Undo): Promise<void> {
  for (const { saved } of undo) {
    if (saved === null) continue;
    await ctx.sys.close(ctx, saved);
    sh.savedDescriptors.delete(saved);
  }
}

async function closeQuietly(ctx: Context, fd: number): Promise<void> {
  try {
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

async function install(ctx: Context, sh: Shell, from: number, to: number, undo: Undo | null): Promise<void> {
  if (from === to) return;
  await save(ctx, sh, to, undo);
  await ctx.sys.dup2(ctx, from, to);
  await ctx.sys.close(ctx, from);
}

/** Performs redirections in order. `undo` null: in a forked child, nothing needs to be restored. */
export async function redirect(
  ctx: Context,
  sh: Shell,
  redirections: readonly Redirection[],
  undo: Undo | null,
): Promise<void> {
  for (const r of redirections) await one(ctx, sh, r, undo);
}

async function fail(ctx: Context, sh: Shell, message: string): Promise<never> {
  await report(ctx, sh, message);
  throw new RedirectionFailed();
}

async function one(ctx: Context, sh: Shell, r: Redirection, undo: Undo | null): Promise<void> {
  const named = r.descriptor?.type === 'FileDescriptorVariable' ? r.descriptor.name : null;
  let fd = r.descriptor?.type === 'FileDescriptor' ? r.descriptor.value : r.operator.startsWith('<') ? 0 : 1;
  if (r.type === 'HereDoc' || r.type === 'HereString') {
    const text =
      r.type === 'HereDoc'
        ? await heredocText(ctx, sh, r)
        : `${r.target === undefined ? '' : await expandToString(ctx, sh, r.target)}\n`;
    if (named !== null) fd = assignDescriptor(sh, named);
    await install(ctx, sh, await textDescriptor(ctx, text), fd, undo);
    return;
  }
  if (r.target === undefined) return;
  const words = await expandWords(ctx, sh, [r.target]);
  const target = words[0];
  if (words.length !== 1 || target === undefined) return fail(ctx, sh, `${r.target.text}: ambiguous redirect`);
  if (r.operator === '<&' || r.operator === '>&') {
    if (/^\d+-?$/.test(target) || target === '-') {
      if (named !== null && target === '-') fd = Number(sh.scopes[0]?.get(named)?.value ?? -1);
      else if (named !== null) fd = assignDescriptor(sh, named);
      await duplicate(ctx, sh, fd, target, undo);
      return;
    }
    if (r.operator === '<&' || r.descriptor !== undefined) return fail(ctx, sh, `${target}: ambiguous redirect`);
  }
  const both = r.operator === '&>' || r.operator === '&>>' || r.operator === '>&';
  const flags = openFlags(sh, r.operator);
  let opened: number;
  try {
    if (sh.option('noclobber') && (r.operator === '>' || r.operator === '&>') && (await isRegular(ctx, target))) {
      return await fail(ctx, sh, `${target}: cannot overwrite existing file`);
    }
    opened = await ctx.sys.open(ctx, target, flags, 0o666);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (sh.flavour === 'ash') {
      return fail(
        ctx,
        sh,
        `can't ${flags.create ? 'create' : 'open'} ${target}: ${error.code === 'ENOENT' ? (flags.create ? 'nonexistent directory' : 'no such file') : error.libc}`,
      );
    }
    return fail(ctx, sh, `${target}: ${error.libc}`);
  }
  if (named !== null) fd = assignDescriptor(sh, named);
  await install(ctx, sh, opened, fd, named === null ? undo : null);
  if (both) {
    await save(ctx, sh, 2, undo);
    await ctx.sys.dup2(ctx, 1, 2);
  }
}

function assignDescriptor(sh: Shell, name: string): number {
  const fd = freeHigh(sh);
  setScalar(sh, name, String(fd));
  return fd;
}

async function isRegular(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'file';
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

function openFlags(_sh: Shell, operator: string): OpenFlags {
  switch (operator) {
    case '<':
      return { read: true };
    case '<>':
      return { read: true, write: true, create: true };
    case '>>':
    case '&>>':
      return { write: true, create: true, append: true };
    default:
      return { write: true, create: true, truncate: true };
  }
}

async function duplicate(ctx: Context, sh: Shell, fd: number, target: string, undo: Undo | null): Promise<void> {
  if (target === '-') {
    await save(ctx, sh, fd, undo);
    await closeQuietly(ctx, fd);
    return;
  }
  const from = Number.parseInt(target, 10);
  await save(ctx, sh, fd, undo);
  try {
    if (from !== fd) await ctx.sys.dup2(ctx, from, fd);
    else await ctx.sys.fstat(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await fail(ctx, sh, `${from}: ${error.libc}`);
  }
  if (target.endsWith('-') && from !== fd) {
    await save(ctx, sh, from, undo);
    await ctx.sys.close(ctx, from);
  }
}

async function heredocText(ctx: Context, sh: Shell, r: Extract<Redirection, { type: 'HereDoc' }>): Promise<string> {
  let text = r.operator === '<<-' ? r.body.text.replace(/^\t+/gm, '') : r.body.text;
  if (text !== '' && !text.endsWith('\n')) text += '\n';
  return r.delimiter?.quoted ? text : expandHeredoc(ctx, sh, text);
}

async function textDescriptor(ctx: Context, text: string): Promise<number> {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= PIPE_BYTES) {
    const [readEnd, writeEnd] = await ctx.sys.pipe(ctx);
    if (bytes.length > 0) await ctx.sys.write(ctx, writeEnd, bytes);
    await ctx.sys.close(ctx, writeEnd);
    return readEnd;
  }
  const path = `/tmp/sh-thd.${ctx.random.hex(6)}`;
  const out = await ctx.sys.open(ctx, path, { write: true, create: true, exclusive: true }, 0o600);
  await ctx.sys.write(ctx, out, bytes);
  await ctx.sys.close(ctx, out);
  const fd = await ctx.sys.open(ctx, path, { read: true });
  await ctx.sys.unlink(ctx, path);
  return fd;
}
