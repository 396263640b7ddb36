/**
 * logger, systemd-cat: lines for the journal. @models util-linux 2.41 misc-utils/logger.c, systemd 257 src/journal/cat.c
 * @fidelity partial: both speak to the journal's stream socket: there is no /dev/log here
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { LineReader, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { execStatus, execvp } from '../common/exec.ts';
import { shortCommand } from '../common/short-command.ts';
import { nameTables } from '../common/users.ts';

const SOCKET = '/run/systemd/journal/stdout';
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const ALIASES: Readonly<Record<string, string>> = { panic: 'emerg', error: 'err', warn: 'warning' };

async function stream(ctx: Context, identifier: string, priority: number): Promise<number> {
  const fd = await ctx.sys.connect(ctx, { family: 'unix', path: SOCKET });
  await ctx.sys.write(ctx, fd, `${identifier}\n\n${priority}\n0\n0\n0\n0\n`);
  return fd;
}

/** `user.notice`, `warning`, `4`; null if it is none. */
function priorityOf(text: string): number | null {
  const level = text.replace(/^.*\./, '');
  if (/^[0-7]$/.test(level)) return Number(level);
  const at = LEVELS.indexOf(ALIASES[level] ?? level);
  return at < 0 ? null : at;
}

export const logger = shortCommand(
  {
    name: 'logger',
    version: 'util-linux) 2.41',
    usage: ['[options] [<message>]'],
    about: '\nWrite a message to the system log.',
    stopAtOperand: true,
    options: {
      i: 'with the process id',
      'id[=ID]': '',
      'f,file=FILE': 'log this file',
      'p,priority=PRIO': 'facility and level (user.notice)',
      's,stderr': 'to standard error, too',
      't,tag=TAG': 'mark every line with TAG',
      'e,skip-empty': '',
      'n,server=NAME': '',
      'T,tcp': '',
      'd,udp': '',
      'journald[=FILE]': '',
    },
  },
  async (call) => {
    const { ctx, options, operands } = call;
    const priority = priorityOf(options.value('priority') ?? 'user.notice');
    if (priority === null) {
      await call.complain(`unknown priority name: ${options.value('priority')}`);
      return 1;
    }
    const tag = options.value('tag') ?? (await nameTables(ctx)).user(ctx.process.credentials.euid);
    let fd: number;
    try {
      fd = await stream(ctx, tag, priority);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`socket /dev/log: ${error.libc}`);
      return 1;
    }
    const say = async (line: string): Promise<void> => {
      await ctx.sys.write(ctx, fd, `${line}\n`);
      if (options.has('stderr')) await printError(ctx, `<${8 + priority}>${tag}: ${line}\n`);
    };
    if (operands.length > 0) await say(operands.join(' '));
    else {
      const path = options.value('file');
      const source = path === undefined || path === '-' ? 0 : await ctx.sys.open(ctx, path, { read: true });
      const lines = new LineReader(source);
      for (let line = await lines.next(ctx); line !== null; line = await lines.next(ctx))
        if (line !== '') await say(line);
    }
    await ctx.sys.close(ctx, fd);
    return 0;
  },
);

export const systemdCat: Program = {
  name: 'systemd-cat',
  async main(ctx, argv) {
    let identifier = 'cat';
    let priority = 6;
    const args = argv.slice(1);
    let named = false;
    while (args[0]?.startsWith('-')) {
      const arg = args.shift() as string;
      if (arg === '--') break;
      const value = arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : (args.shift() ?? '');
      if (arg === '-t' || arg.startsWith('--identifier')) {
        identifier = value;
        named = true;
      } else if (arg === '-p' || arg.startsWith('--priority')) {
        const level = priorityOf(value);
        if (level === null) {
          await printError(ctx, 'Failed to parse priority value: Invalid argument\n');
          return 1;
        }
        priority = level;
      } else {
        await printError(ctx, `systemd-cat: unrecognized option '${arg}'\n`);
        return 1;
      }
    }
    const [program] = args;
    if (!named && program !== undefined) identifier = program.replace(/^.*\//, '');
    const fd = await stream(ctx, identifier, priority);
    if (program !== undefined) {
      await ctx.sys.dup2(ctx, fd, 1);
      await ctx.sys.dup2(ctx, fd, 2);
      await ctx.sys.close(ctx, fd);
      const error = await execvp(ctx, args);
      await printError(ctx, `Failed to execute process: ${error.libc}\n`);
      return execStatus(error);
    }
    for (let bytes = await ctx.sys.read(ctx, 0); bytes.length > 0; bytes = await ctx.sys.read(ctx, 0))
      await ctx.sys.write(ctx, fd, bytes);
    return 0;
  },
};
