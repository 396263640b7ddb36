/** The frame of an applet: getopt32's rules, its usage text, its words. @models busybox 1.37 libbb/getopt32.c, libbb/appletlib.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Main } from '../../linux/program.ts';
import { Output, WriteError } from '../common/streams.ts';

export const BANNER = 'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.';

/** What `--help` and a wrong call show: the line after "Usage: ", and the rest. */
export type Usage = readonly [line: string, about: string];

export function usageText(name: string, usage: Usage): string {
  const [line, about] = usage;
  return `${BANNER}\n\nUsage: ${name}${line === '' ? '' : ` ${line}`}\n\n${about}\n`;
}

export class Flags {
  readonly given: [string, string][] = [];
  operands: string[] = [];

  has(letter: string): boolean {
    return this.given.some(([l]) => l === letter);
  }

  value(letter: string): string | undefined {
    return this.given.findLast(([l]) => l === letter)?.[1];
  }

  values(letter: string): string[] {
    return this.given.filter(([l]) => l === letter).map(([, v]) => v);
  }

  last(letters: string): string | undefined {
    return this.given.findLast(([l]) => letters.includes(l))?.[0];
  }
}

/** Ends an applet with its usage on standard error, after a message if there is one. */
export class BadUsage extends Error {}

/** Ends an applet with `NAME: MESSAGE`. */
export class Fatal extends Error {
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** `letters` as in getopt: `ab:c`; a leading `+` stops at the first operand. `long` maps long names to letters or to themselves; `=` after the name: with a value. */
export function parseFlags(
  args: readonly string[],
  letters: string,
  long: Readonly<Record<string, string>> = {},
): Flags {
  const flags = new Flags();
  const stops = letters.startsWith('+');
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      flags.operands.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      if (stops) {
        flags.operands.push(...args.slice(i));
        break;
      }
      flags.operands.push(arg);
    } else if (arg.startsWith('--')) {
      const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
      const key = Object.keys(long).find((k) => k.replace(/[=?]$/, '') === name);
      if (key === undefined) throw new BadUsage(`unrecognized option: ${name}`);
      const needs = key.endsWith('=');
      const given = value ?? (needs ? args[++i] : '');
      if (given === undefined) throw new BadUsage(`option requires an argument: ${name}`);
      flags.given.push([long[key] as string, given]);
    } else {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at] as string;
        const where = letter === ':' || letter === '+' ? -1 : letters.indexOf(letter);
        if (where < 0) throw new BadUsage(`invalid option -- '${letter}'`);
        if (letters[where + 1] !== ':') {
          flags.given.push([letter, '']);
          continue;
        }
        const value = arg.slice(at + 1) || args[++i];
        if (value === undefined) throw new BadUsage(`option requires an argument -- '${letter}'`);
        flags.given.push([letter, value]);
        break;
      }
    }
  }
  return flags;
}

export type AppletCall = {
  ctx: Context;
  name: string;
  flags: Flags;
  operands: string[];
  out: Output;
  complain: (text: string) => Promise<void>;
};

export function applet(
  usage: Usage,
  letters: string,
  run: (call: AppletCall) => Promise<number>,
  long: Readonly<Record<string, string>> = {},
): Main {
  return async (ctx, argv) => {
    const name = argv[0] ?? '';
    const out = new Output(ctx);
    const complain = async (text: string): Promise<void> => {
      await out.flush();
      await printError(ctx, `${name}: ${text}\n`);
    };
    try {
      const flags = parseFlags(argv.slice(1), letters, long);
      const code = await run({ ctx, name, flags, operands: flags.operands, out, complain });
      await out.flush();
      return code;
    } catch (error) {
      if (error instanceof BadUsage) {
        if (error.message !== '') await complain(error.message);
        else await out.flush();
        await printError(ctx, usageText(name, usage));
        return 1;
      }
      if (error instanceof Fatal) {
        await complain(error.message);
        return error.code;
      }
      if (error instanceof WriteError) {
        await printError(ctx, `${name}: write error: ${error.errno.libc}\n`);
        return 1;
      }
      if (isErrno(error)) {
        await complain(error.libc);
        return 1;
      }
      throw error;
    }
  };
}
