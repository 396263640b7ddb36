/** @models procps-ng 4.0.4 src/watch.c @fidelity partial: no -b; -d marks whole characters that changed */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, print, runCommand } from '../../linux/io.ts';
import { Queue } from '../../sim/primitives.ts';
import { command } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { statusCode } from '../common/exec.ts';
import { isTerminal } from '../common/streams.ts';
import { decode } from '../common/text.ts';

const INTERVAL_MIN = 0.1;

export const watch = command(
  {
    name: 'watch',
    usage: ['[options] command'],
    about: 'Run a command again and again and show what it prints.',
    version: 'procps-ng 4.0.4',
    options: {
      'c,color': 'keep colours',
      'C,no-color': '',
      'd,differences': 'mark what has changed',
      'e,errexit': 'stop when the command fails',
      'g,chgexit': 'stop when the output changes',
      'n,interval=SECS': 'seconds between runs (default 2)',
      'p,precise': '',
      'q,equexit=CYCLES': 'stop when the output has not changed for so long',
      't,no-title': 'no heading',
      'w,no-wrap': 'cut long lines',
      'x,exec': 'run the command itself, not through sh -c',
    },
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands } = call;
    if (operands.length === 0) {
      await ctx.sys.write(ctx, 2, "\nUsage:\n watch [options] command\n\nTry 'watch --help' for more information.\n");
      return 1;
    }
    const given = options.value('interval') ?? getenv(ctx, 'WATCH_INTERVAL') ?? '2';
    const interval = Number(given.replace(',', '.'));
    if (Number.isNaN(interval)) {
      await call.complain(`failed to parse argument: '${given}'`);
      return 1;
    }
    if (!(await isTerminal(ctx, 1))) {
      await ctx.sys.write(ctx, 2, `Error opening terminal: ${getenv(ctx, 'TERM') ?? 'unknown'}.\n`);
      return 1;
    }
    const period = Math.max(INTERVAL_MIN, interval);
    const line = operands.join(' ');
    const argv = options.has('exec') ? operands : ['sh', '-c', line];
    const events = new Queue<'tick' | 'key' | 'resize' | 'end'>(ctx.scheduler);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      ctx.sys.sigaction(ctx, signal, () => events.push('end'));
    ctx.sys.sigaction(ctx, 'SIGWINCH', () => events.push('resize'));
    await print(ctx, '\x1b[?1049h\x1b[?25l');
    let before: string[] | null = null;
    let status = 0;
    let tick = 0;
    for (;;) {
      const run = await runCommand(ctx, argv, {
        path: options.has('exec') ? (operands[0] ?? '') : '/bin/sh',
        env: ctx.process.env,
      });
      const text = decode(run.stdout) + decode(run.stderr);
      const lines = await draw(ctx, text, {
        title: !options.has('no-title'),
        period,
        line,
        before: options.has('differences') ? before : null,
        colour: options.has('color'),
      });
      const changed = before !== null && before.join('\n') !== lines.join('\n');
      before = lines;
      if (options.has('errexit') && statusCode(run.status) !== 0) {
        status = statusCode(run.status);
        break;
      }
      if (options.has('chgexit') && changed) break;
      const mine = ++tick;
      ctx.go('tick', async (c) => {
        await c.sleep(Math.round(period * 1e9));
        if (mine === tick) events.push('tick');
      });
      if ((await events.take()) === 'end') break;
    }
    await print(ctx, '\x1b[?25h\x1b[?1049l');
    return status;
  },
);

type View = { title: boolean; period: number; line: string; before: string[] | null; colour: boolean };

async function draw(ctx: Context, text: string, view: View): Promise<string[]> {
  let size = { rows: 24, columns: 80 };
  try {
    size = await ctx.sys.getWindowSize(ctx, 1);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  let screen = '\x1b[H\x1b[2J';
  let room = size.rows;
  if (view.title) {
    const { nodename } = await ctx.sys.uname(ctx);
    const left = `Every ${view.period.toFixed(1)}s: ${view.line}`;
    const right = `${nodename}: ${strftime('%a %b %e %H:%M:%S %Y', ctx.wallTime)}`;
    const width = Math.max(0, size.columns - right.length);
    screen += `${left.length < width ? left.padEnd(width) : `${left.slice(0, Math.max(0, width - 4))}... `}${right}\r\n\r\n`;
    room -= 2;
  }
  const lines: string[] = [];
  for (const raw of text.replace(/\n$/, '').split('\n')) {
    let rest = (view.colour ? raw : raw.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')).replace(/\t/g, '        ');
    do {
      lines.push(rest.slice(0, size.columns));
      rest = rest.slice(size.columns);
    } while (rest !== '');
  }
  const shown = lines.slice(0, room);
  screen += shown
    .map((line, row) => {
      const old = view.before?.[row];
      if (view.before === null || old === line) return line;
      return [...line].map((c, i) => (c === old?.[i] ? c : `\x1b[7m${c}\x1b[27m`)).join('');
    })
    .join('\r\n');
  await print(ctx, screen);
  return shown;
}
