/** @models psmisc 23.7 src/pstree.c @fidelity partial: -p -a -s -A -T -n; threads are not shown */
import { command } from '../common/command.ts';
import { type ProcessInfo, readProcesses } from '../common/processes.ts';
import { isUtf8Locale } from '../common/quoting.ts';
import { readUsers } from '../common/users.ts';

export const pstree = command(
  {
    name: 'pstree',
    usage: ['[-acglpsStTuZ] [ -h | -H PID ] [ -n | -N type ] [ -A | -G | -U ] [ PID | USER ]'],
    about: 'Show processes as a tree.',
    version: 'PSmisc) 23.7',
    options: {
      'a,arguments': 'command lines',
      'A,ascii': 'plain lines',
      'c,compact-not': 'do not put the same ones together',
      'n,numeric-sort': 'by pid',
      'p,show-pids': 'pids',
      's,show-parents': 'also what is above',
      'T,hide-threads': '',
      'u,uid-changes': '',
      'U,unicode': '',
      'l,long': '',
      'h,highlight-all': '',
      'g,show-pgids': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const processes = await readProcesses(ctx);
    const children = (pid: number): ProcessInfo[] => processes.filter((p) => p.ppid === pid);
    const plain = options.has('ascii') || !isUtf8Locale(ctx);
    const art = plain
      ? { only: '---', first: '-+-', middle: '|-', last: '`-', bar: '| ' }
      : { only: '───', first: '─┬─', middle: '├─', last: '└─', bar: '│ ' };
    const separate = options.has('arguments') || options.has('show-pids') || options.has('compact-not');
    const label = (p: ProcessInfo): string =>
      (options.has('arguments') && p.argv.length > 0 ? p.argv.join(' ') : p.comm) +
      (options.has('show-pids') ? (options.has('arguments') ? `,${p.pid}` : `(${p.pid})`) : '');
    const shape = (p: ProcessInfo): string => JSON.stringify([label(p), children(p.pid).map(shape)]);
    const lines: string[] = [];
    const walk = (p: ProcessInfo, lead: string, rest: string, count: number): void => {
      const name = count > 1 ? `${count}*[${label(p)}` : label(p);
      let below: [ProcessInfo, number][] = [];
      const order =
        options.has('numeric-sort') || options.has('arguments')
          ? children(p.pid)
          : children(p.pid).sort((a, b) => (a.comm < b.comm ? -1 : a.comm > b.comm ? 1 : a.pid - b.pid));
      for (const child of order) {
        const same = separate ? undefined : below.find(([q]) => shape(q) === shape(child));
        if (same === undefined) below = [...below, [child, 1]];
        else same[1]++;
      }
      if (options.has('arguments')) {
        lines.push(lead + name);
        below.forEach(([child], i) => {
          const last = i === below.length - 1;
          walk(child, `${rest}  ${last ? art.last : art.middle}`, `${rest}  ${last ? '  ' : art.bar}`, 1);
        });
        return;
      }
      if (below.length === 0) {
        lines.push(lead + name + (count > 1 ? ']' : ''));
        return;
      }
      const indent = rest + ' '.repeat(name.length + 1);
      below.forEach(([child, n], i) => {
        const last = i === below.length - 1;
        const head =
          i === 0 ? lead + name + (below.length === 1 ? art.only : art.first) : indent + (last ? art.last : art.middle);
        walk(child, head, `${indent}${last ? '  ' : art.bar}`, n);
      });
    };
    let roots = [processes.find((p) => p.pid === 1)];
    const [who] = operands;
    if (who !== undefined) {
      if (/^\d+$/.test(who)) roots = [processes.find((p) => p.pid === Number(who))];
      else {
        const user = (await readUsers(ctx)).find((u) => u.name === who);
        if (user === undefined) {
          await ctx.sys.write(ctx, 2, `No such user name: ${who}\n`);
          return 1;
        }
        roots = processes.filter(
          (p) => p.euid === user.uid && processes.find((q) => q.pid === p.ppid)?.euid !== user.uid,
        );
      }
    }
    for (const root of roots) if (root !== undefined) walk(root, '', '', 1);
    if (lines.length === 0) {
      await out.write('No processes found.\n');
      return 1;
    }
    await out.write(`${lines.join('\n')}\n`);
    return 0;
  },
);
