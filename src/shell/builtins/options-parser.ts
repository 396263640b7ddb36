/** getopt for builtins. */
import type { Context } from '../../linux/context.ts';
import { builtinError, complain } from '../messages.ts';
import type { Shell } from '../shell.ts';

export type ParsedOptions = { options: Map<string, string>; rest: string[] } | { bad: string };

/** `spec` as in getopt: letters, a colon after those with an argument. */
export function parseOptions(argv: readonly string[], spec: string): ParsedOptions {
  const options = new Map<string, string>();
  let i = 1;
  for (; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (arg === '--') {
      i++;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    for (let k = 1; k < arg.length; k++) {
      const letter = arg[k] as string;
      const at = spec.indexOf(letter);
      if (at < 0 || letter === ':') return { bad: `-${letter}: invalid option` };
      if (spec[at + 1] !== ':') {
        options.set(letter, '');
        continue;
      }
      const inline = arg.slice(k + 1);
      const value = inline !== '' ? inline : argv[++i];
      if (value === undefined) return { bad: `-${letter}: option requires an argument` };
      options.set(letter, value);
      break;
    }
  }
  return { options, rest: argv.slice(i) };
}

export async function usage(ctx: Context, sh: Shell, builtin: string, problem: string, text: string): Promise<number> {
  await builtinError(ctx, sh, builtin, problem);
  await complain(ctx, `${builtin}: usage: ${text}\n`);
  return 2;
}
