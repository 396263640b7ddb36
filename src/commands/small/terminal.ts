/** tput, dircolors. @models ncurses 6.5 progs/tput.c, coreutils 9.7 src/dircolors.c @fidelity partial: the capabilities that scripts ask for, of terminals like xterm */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';

const ESC = '\x1b';
const STRINGS: Readonly<Record<string, string>> = {
  bel: '\x07',
  blink: `${ESC}[5m`,
  bold: `${ESC}[1m`,
  civis: `${ESC}[?25l`,
  clear: `${ESC}[H${ESC}[2J${ESC}[3J`,
  cnorm: `${ESC}[?12l${ESC}[?25h`,
  cr: '\r',
  cuu1: `${ESC}[A`,
  dim: `${ESC}[2m`,
  ed: `${ESC}[J`,
  el: `${ESC}[K`,
  el1: `${ESC}[1K`,
  home: `${ESC}[H`,
  invis: `${ESC}[8m`,
  op: `${ESC}[39;49m`,
  rc: `${ESC}8`,
  rev: `${ESC}[7m`,
  ritm: `${ESC}[23m`,
  rmcup: `${ESC}[?1049l${ESC}[23;0;0t`,
  rmso: `${ESC}[27m`,
  rmul: `${ESC}[24m`,
  sc: `${ESC}7`,
  sgr0: `${ESC}(B${ESC}[m`,
  sitm: `${ESC}[3m`,
  smcup: `${ESC}[?1049h${ESC}[22;0;0t`,
  smso: `${ESC}[7m`,
  smul: `${ESC}[4m`,
};
const NO_TERMINAL = 3;
const UNKNOWN = 4;

/** The first of standard output, error and input that is a terminal says how large it is. */
async function windowSize(ctx: Context): Promise<{ rows: number; columns: number }> {
  for (const fd of [1, 2, 0]) {
    try {
      return await ctx.sys.getWindowSize(ctx, fd);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return { rows: Number(getenv(ctx, 'LINES') ?? 24), columns: Number(getenv(ctx, 'COLUMNS') ?? 80) };
}

function capability(name: string, parameters: readonly number[], colours: number): string | number | null {
  const [first = 0, second = 0] = parameters;
  if (name === 'setaf' || name === 'setab') {
    const base = name === 'setaf' ? 30 : 40;
    if (first < 8) return `${ESC}[${base + first}m`;
    if (first < 16 && colours > 8) return `${ESC}[${base + 60 + first - 8}m`;
    return colours > 16 ? `${ESC}[${base + 8};5;${first}m` : '';
  }
  if (name === 'cup') return `${ESC}[${first + 1};${second + 1}H`;
  if (name === 'cuu') return `${ESC}[${first}A`;
  if (name === 'cud') return `${ESC}[${first}B`;
  if (name === 'cuf') return `${ESC}[${first}C`;
  if (name === 'cub') return `${ESC}[${first}D`;
  if (name === 'colors') return colours;
  return STRINGS[name] ?? null;
}

export const tput: Program = {
  name: 'tput',
  async main(ctx, argv) {
    const args = argv.slice(1);
    let terminal = getenv(ctx, 'TERM') ?? '';
    while (args[0]?.startsWith('-')) {
      const arg = args.shift() as string;
      if (arg === '-V') {
        await print(ctx, 'ncurses 6.5.20250216\n');
        return 0;
      }
      if (arg.startsWith('-T')) terminal = arg.length > 2 ? arg.slice(2) : (args.shift() ?? '');
    }
    const [name, ...parameters] = args;
    if (name === undefined) {
      await printError(ctx, 'Usage: tput [options] [command]\n');
      return 2;
    }
    if (terminal === '') {
      await printError(ctx, 'tput: No value for $TERM and no -T specified\n');
      return 2;
    }
    if (terminal === 'dumb' && name !== 'cols' && name !== 'lines')
      return name === 'colors' ? (await print(ctx, '-1\n'), 0) : 1;
    if (!/^(xterm|screen|tmux|linux|vt\d+|dumb|ansi|rxvt)/.test(terminal)) {
      await printError(ctx, `tput: unknown terminal "${terminal}"\n`);
      return NO_TERMINAL;
    }
    const size = await windowSize(ctx);
    if (name === 'cols' || name === 'lines') {
      await print(ctx, `${name === 'cols' ? size.columns : size.rows}\n`);
      return 0;
    }
    if (name === 'reset' || name === 'init') {
      await print(ctx, `${ESC}[!p${ESC}[?3;4l${ESC}[4l${ESC}>`);
      return 0;
    }
    if (name === 'longname') {
      await print(ctx, `${terminal}`);
      return 0;
    }
    const value = capability(name, parameters.map(Number), terminal.includes('256color') ? 256 : 8);
    if (value === null) {
      await printError(ctx, `tput: unknown terminfo capability '${name}'\n`);
      return UNKNOWN;
    }
    await print(ctx, typeof value === 'number' ? `${value}\n` : value);
    return 0;
  },
};
