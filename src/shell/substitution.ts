/** `$(…)`, backquotes and `<(…)`. @models bash 5.2 subst.c command_substitute, process_substitute @fidelity full */
import type { ParsedScript } from 'unbash';
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { LARGE_BYTES, TEXT_BYTES_MAX } from '../linux/large.ts';
import { Rope, utf8 } from '../linux/rope.ts';
import { AbandonControl, exhausted } from './control.ts';
import { runStatements } from './evaluate.ts';
import { expandToString } from './expand.ts';
import { forkShell } from './fork.ts';
import { waitForPid } from './jobs.ts';
import { report } from './messages.ts';
import { fatalStatus } from './parameters.ts';
import { recognise } from './recognise.ts';
import { reportSyntax } from './run-text.ts';
import type { Shell } from './shell.ts';
import { Source } from './source.ts';

export async function substituteCommand(
  ctx: Context,
  sh: Shell,
  script: ParsedScript | undefined,
  text: string,
): Promise<string> {
  if (script === undefined) return '';
  if (script.errors !== undefined && script.errors.length > 0) {
    const inner = script.source ?? text.replace(/^(\$\(|`)|(\)|`)$/g, '');
    const r = recognise(inner);
    const token = r.status === 'error' ? r.token : null;
    await reportSyntax(ctx, sh, { token, looking: null, line: sh.line, lineText: inner }, 'command substitution');
    throw new AbandonControl(fatalStatus(sh), true);
  }
  const file = fileOnly(script);
  const [readEnd, writeEnd] = await ctx.sys.pipe(ctx);
  const pid = await forkShell(ctx, sh, { keepErrexit: sh.shopts.has('inherit_errexit') }, async (c, child) => {
    await c.sys.close(c, readEnd);
    await moveDescriptor(c, writeEnd, 1);
    if (script.source !== undefined) child.source = new Source(script.source, child.line);
    if (file !== null) return copyFile(c, child, await expandToString(c, child, file));
    return runStatements(c, child, script.commands, true);
  });
  await ctx.sys.close(ctx, writeEnd);
  const parts: Rope[] = [];
  for (let length = 0; ; ) {
    try {
      const part = await ctx.sys.readRope(ctx, readEnd, TEXT_BYTES_MAX);
      if (part.length === 0) break;
      parts.push(part);
      length += part.length;
    } catch (error) {
      if (!isErrno(error, 'EINTR')) throw error;
    }
    if (length > LARGE_BYTES) await (await import('./memory.ts')).holdValues(ctx, sh, length);
    if (length > TEXT_BYTES_MAX) throw exhausted(length);
  }
  const bytes = Rope.concat(parts).bytes();
  await ctx.sys.close(ctx, readEnd);
  const status = await waitForPid(ctx, sh, pid);
  sh.status = status;
  sh.substitutionStatus = status;
  return utf8(bytes.includes(0) ? bytes.filter((b) => b !== 0) : bytes).replace(/\n+$/, '');
}

export async function moveDescriptor(ctx: Context, from: number, to: number): Promise<void> {
  if (from === to) return;
  await ctx.sys.dup2(ctx, from, to);
  await ctx.sys.close(ctx, from);
}

/** `$(< file)`: the file itself, no command. */
function fileOnly(script: ParsedScript): import('unbash').Word | null {
  const only = script.commands.length === 1 ? script.commands[0] : undefined;
  const command = only?.command;
  if (
    command?.type !== 'Command' ||
    command.name !== undefined ||
    command.prefix.length !== 1 ||
    command.suffix.length !== 0
  )
    return null;
  const redirect = command.prefix[0];
  return redirect?.type === 'Redirect' && redirect.operator === '<' && redirect.descriptor === undefined
    ? (redirect.target ?? null)
    : null;
}

async function copyFile(ctx: Context, sh: Shell, path: string): Promise<number> {
  try {
    const fd = await ctx.sys.open(ctx, path, { read: true });
    for (;;) {
      const part = await ctx.sys.readRope(ctx, fd, 1 << 20);
      if (part.length === 0) return 0;
      await ctx.sys.write(ctx, 1, part);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
    await report(ctx, sh, `${path}: ${error.libc}`);
    return 1;
  }
}

/** A path under /dev/fd that names our end of the pipe; the other end is the forked list's. */
export async function processSubstitution(
  ctx: Context,
  sh: Shell,
  script: ParsedScript,
  operator: '<' | '>',
): Promise<string> {
  const [readEnd, writeEnd] = await ctx.sys.pipe(ctx);
  const [ours, theirs] = operator === '<' ? [readEnd, writeEnd] : [writeEnd, readEnd];
  await forkShell(ctx, sh, { keepErrexit: false, ...(sh.jobControl ? { group: 0 } : {}) }, async (c, child) => {
    await c.sys.close(c, ours);
    await moveDescriptor(c, theirs, operator === '<' ? 1 : 0);
    return runStatements(c, child, script.commands, true);
  });
  await ctx.sys.close(ctx, theirs);
  const high = await keepHigh(ctx, sh, ours);
  sh.substitutionDescriptors.push(high);
  return `/dev/fd/${high}`;
}

/** As fcntl(F_DUPFD): bash counts these down from 63. */
async function keepHigh(ctx: Context, sh: Shell, fd: number): Promise<number> {
  let high = 63;
  while (sh.savedDescriptors.has(high)) high--;
  sh.savedDescriptors.add(high);
  await moveDescriptor(ctx, fd, high);
  return high;
}

export async function closeSubstitutions(ctx: Context, sh: Shell, from: number): Promise<void> {
  for (const fd of sh.substitutionDescriptors.splice(from)) {
    sh.savedDescriptors.delete(fd);
    await ctx.sys.close(ctx, fd);
  }
}
