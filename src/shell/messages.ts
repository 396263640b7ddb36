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

/** Writes to standard error; a closed or broken one is nobody's business. */
export async function complain(ctx: Context, text: string): Promise<void> {
  try {
    await ctx.sys.write(ctx, 2, text);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

let ash: typeof import('./ash.ts') | null = null;

/** Fetched when there is the first such shell that needs it. */
export async function ashWords(): Promise<typeof import('./ash.ts')> {
  ash ??= await import('./ash.ts');
  return ash;
}

export async function report(ctx: Context, sh: Shell, message: string): Promise<void> {
  const text = sh.flavour === 'ash' ? (await ashWords()).expansionFailed(sh, message) : `${prefix(sh)}${message}\n`;
  await complain(ctx, text);
}

export async function builtinError(ctx: Context, sh: Shell, builtin: string, message: string): Promise<void> {
  if (sh.flavour === 'ash') await (await ashWords()).builtinFailed(ctx, sh, builtin, message);
  else await complain(ctx, `${prefix(sh)}${builtin}: ${message}\n`);
}
