/** @models coreutils 9.7 src/stty.c @fidelity partial: size, -a, sane, raw, cooked, echo, icanon, isig, opost, rows, cols */
import { isErrno } from '../../linux/errno.ts';
import { command, Exit } from '../common/command.ts';
import { misuse } from '../common/files.ts';
import { quote, quoteAlways } from '../common/quoting.ts';

export const stty = command(
  {
    name: 'stty',
    usage: ['[-F DEVICE | --file=DEVICE] [SETTING]...', '[-F DEVICE | --file=DEVICE] [-a|--all]'],
    about: 'Print or change the settings of a terminal.',
    options: { 'a,all': 'all settings', 'g,save': '', 'F,file=DEVICE': 'this terminal instead of standard input' },
    stopAtOperand: true,
    rewrite: (args) => {
      const at = args.findIndex((a) => /^-(echo|icanon|isig|opost|ixon|raw)/.test(a));
      return at < 0 ? args : [...args.slice(0, at), '--', ...args.slice(at)];
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const device = options.value('file');
    const fd = device === undefined ? 0 : await ctx.sys.open(ctx, device, { read: true });
    try {
      const termios = await ctx.sys.getTermios(ctx, fd);
      const size = await ctx.sys.getWindowSize(ctx, fd);
      const flag = (on: boolean, name: string): string => `${on ? '' : '-'}${name}`;
      if (operands.length === 0) {
        await out.write(
          options.has('all')
            ? `speed 38400 baud; rows ${size.rows}; columns ${size.columns}; line = 0;\nintr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>; susp = ^Z; werase = ^W;\n${flag(termios.signals, 'isig')} ${flag(termios.canonical, 'icanon')} ${flag(termios.echo, 'echo')} ${flag(termios.outputNewline, 'opost')}\n`
            : `speed 38400 baud; line = 0;\n${[
                flag(termios.signals, 'isig'),
                flag(termios.canonical, 'icanon'),
                flag(termios.echo, 'echo'),
              ]
                .filter((f) => f.startsWith('-'))
                .map((f) => `${f}\n`)
                .join('')}`,
        );
        return 0;
      }
      for (let i = 0; i < operands.length; i++) {
        const word = operands[i] as string;
        const on = !word.startsWith('-');
        const name = on ? word : word.slice(1);
        if (word === 'size') await out.write(`${size.rows} ${size.columns}\n`);
        else if (word === 'rows' || word === 'cols' || word === 'columns') {
          const value = Number(operands[++i]);
          await ctx.sys.setWindowSize(
            ctx,
            fd,
            word === 'rows' ? { ...size, rows: value } : { ...size, columns: value },
          );
        } else if (word === 'sane' || word === 'cooked' || word === '-raw')
          await ctx.sys.setTermios(ctx, fd, {
            canonical: true,
            signals: true,
            outputNewline: true,
            ...(word === 'sane' ? { echo: true } : {}),
          });
        else if (word === 'raw')
          await ctx.sys.setTermios(ctx, fd, { canonical: false, signals: false, outputNewline: false });
        else if (name === 'echo') await ctx.sys.setTermios(ctx, fd, { echo: on });
        else if (name === 'icanon') await ctx.sys.setTermios(ctx, fd, { canonical: on });
        else if (name === 'isig') await ctx.sys.setTermios(ctx, fd, { signals: on });
        else if (name === 'opost') await ctx.sys.setTermios(ctx, fd, { outputNewline: on });
        else if (name !== 'ixon' && name !== 'iutf8') await misuse(call, `invalid argument ${quote(ctx, word)}`);
      }
      return 0;
    } catch (error) {
      if (error instanceof Exit || !isErrno(error)) throw error;
      await call.complain(`${device === undefined ? "'standard input'" : quoteAlways(device)}: ${error.libc}`);
      return 1;
    }
  },
);
