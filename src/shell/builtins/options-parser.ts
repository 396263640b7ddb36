/** getopt for builtins. */
import type { Context } from '../../linux/context.ts';
import { builtinError, complain } from '../messages.ts';
import type { Shell } from '../shell.ts';

export type ParsedOptions = { options: Map<string, string>; rest: string[] } | { bad: string };

/** Options in the order given, each as often as it was given, up to the first that is wrong. */
export type ScannedOptions = { found: [letter: string, value: string][]; rest: string[]; bad: string | null };

/** `spec` as in getopt: letters, a colon after those with an argument. */
export function scanOptions(argv: readonly string[], spec: string): ScannedOptions {
  const found: [string, string][] = [];
  const wrong = (bad: string): ScannedOptions => ({ found, rest: [], bad });
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
      if (at < 0 || letter === ':') return wrong(`-${letter}: invalid option`);
      if (spec[at + 1] !== ':') {
        found.push([letter, '']);
        continue;
      }
      const inline = arg.slice(k + 1);
      const value = inline !== '' ? inline : argv[++i];
      if (value === undefined) return wrong(`-${letter}: option requires an argument`);
      found.push([letter, value]);
      break;
    }
  }
  return { found, rest: argv.slice(i), bad: null };
}

/** The same where each counts once. */
export function parseOptions(argv: readonly string[], spec: string): ParsedOptions {
  const { found, rest, bad } = scanOptions(argv, spec);
  return bad === null ? { options: new Map(found), rest } : { bad };
}

export async function usage(ctx: Context, sh: Shell, builtin: string, problem: string, text: string): Promise<number> {
  await builtinError(ctx, sh, builtin, problem);
  if (sh.flavour !== 'ash') await complain(ctx, `${builtin}: usage: ${text}\n`);
  return 2;
}
