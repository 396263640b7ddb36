/** Error messages as bash and ash prefix them. */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import type { Shell } from './shell.ts';

/** `bash: line 3: ` in scripts, `-bash: ` at a prompt; ash names the line only together with a builtin. */
export function prefix(sh: Shell): string {
  if (sh.interactive) return `${sh.name}: `;
  if (sh.flavour === 'ash')
    return sh.commandString || sh.readingStdin ? `${sh.name}: ` : `${sh.name}: line ${sh.line}: `;
  // Functions that came with -c have no file: bash calls their source "environment".
  const name = sh.commandString && sh.callStack.length > 0 ? 'environment' : sh.name;
  return `${name}: line ${sh.line}: `;
}

/** The prefix of a builtin's message. */
export function builtinPrefix(sh: Shell, builtin: string): string {
  if (sh.flavour === 'ash') return `${sh.name}: ${builtin}: ${sh.interactive ? '' : `line ${sh.line}: `}`;
  return `${prefix(sh)}${builtin}: `;
}

/** Writes to standard error; a closed or broken one is nobody's business. */
export async function complain(ctx: Context, text: string): Promise<void> {
  try {
    await ctx.sys.write(ctx, 2, text);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

export async function report(ctx: Context, sh: Shell, message: string): Promise<void> {
  await complain(ctx, `${prefix(sh)}${message}\n`);
}

export async function builtinError(ctx: Context, sh: Shell, builtin: string, message: string): Promise<void> {
  await complain(ctx, `${builtinPrefix(sh, builtin)}${message}\n`);
}
