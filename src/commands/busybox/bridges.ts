/** brctl. @models busybox 1.37 networking/brctl.c @fidelity partial: no spanning tree and its timers */
import { isErrno } from '../../linux/errno.ts';
import type { NetlinkRequest } from '../../linux/syscalls.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { USAGES } from './usages.ts';

export const brctl = applet(USAGES['brctl'] ?? ['', ''], '+', async ({ ctx, operands, out }) => {
  const [command, bridge, port] = operands;
  const links = await ctx.sys.netLinks(ctx);
  if (command === 'show') {
    await out.write('bridge name\tbridge id\t\tSTP enabled\tinterfaces\n');
    const wanted = operands.slice(1);
    for (const link of links) {
      if (link.kind !== 'bridge' || (wanted.length > 0 && !wanted.includes(link.name))) continue;
      const ports = links.filter((l) => l.master === link.name).map((l) => l.name);
      const id = `8000.${link.mac.replaceAll(':', '')}`;
      await out.write(
        `${link.name}\t\t${id}\tno${ports.length === 0 ? '' : `\t\t${ports.join('\n\t\t\t\t\t\t\t')}`}\n`,
      );
    }
    return 0;
  }
  if (bridge === undefined) throw new BadUsage('');
  const request = async (words: string, wanted: NetlinkRequest): Promise<number> => {
    try {
      await ctx.sys.netlink(ctx, wanted);
      return 0;
    } catch (error) {
      if (isErrno(error)) throw new Fatal(`${words}: ${error.libc}`);
      throw error;
    }
  };
  switch (command) {
    case 'addbr':
      return request(`bridge ${bridge}`, { op: 'link.add', name: bridge, kind: 'bridge' });
    case 'delbr':
      return request(`bridge ${bridge}`, { op: 'link.delete', name: bridge });
    case 'addif':
    case 'delif': {
      if (port === undefined) throw new BadUsage('');
      if (!links.some((l) => l.name === port)) throw new Fatal(`iface ${port}: No such device`);
      return request(`bridge ${bridge}`, { op: 'link.set', name: port, master: command === 'addif' ? bridge : null });
    }
    default:
      throw new Fatal(`invalid argument '${command}' to 'brctl'`);
  }
});
