/** last. @models util-linux 2.41 login-utils/last.c @fidelity partial: sessions that are there and the boot: nothing here keeps those that ended */

import { strftime } from '../common/dates.ts';
import { uptimeSeconds } from '../common/processes.ts';
import { shortCommand } from '../common/short-command.ts';
import { sessions } from './getent.ts';

const DAY = '%a %b %e %H:%M';

export const last = shortCommand(
  {
    name: 'last',
    version: 'util-linux) 2.41',
    usage: ['[options] [<username>...] [<tty>...]'],
    about: '\nShow who was logged in.',
    options: {
      'n,limit=NUMBER': 'lines to show',
      'x,system': 'boots and run levels, too',
      'F,fulltimes': 'whole dates',
      'a,hostlast': '',
      'i,ip': '',
      'R,nohostname': '',
      'w,fullnames': '',
      'd,dns': '',
    },
  },
  async ({ ctx, options, operands, out }) => {
    const boot = ctx.wallTime - BigInt(Math.round((await uptimeSeconds(ctx)) * 1e9));
    const { release } = await ctx.sys.uname(ctx);
    const format = options.has('fulltimes') ? '%a %b %e %H:%M:%S %Y' : DAY;
    const lines = (await sessions(ctx))
      .sort((a, b) => (a.since < b.since ? 1 : -1))
      .filter((s) => operands.length === 0 || operands.includes(s.user) || operands.includes(s.tty))
      .map(
        (s) =>
          `${s.user.padEnd(8)} ${s.tty.padEnd(12)} ${''.padEnd(16)} ${strftime(format, s.since)}   still logged in\n`,
      );
    if (operands.length === 0 || operands.includes('reboot'))
      lines.push(
        `${'reboot'.padEnd(8)} ${'system boot'.padEnd(12)} ${release.slice(0, 16).padEnd(16)} ${strftime(format, boot)}   still running\n`,
      );
    const limit = Number(options.value('limit') ?? lines.length);
    await out.write(`${lines.slice(0, limit).join('')}\nwtmp begins ${strftime('%a %b %e %H:%M:%S %Y', boot)}\n`);
    return 0;
  },
);
