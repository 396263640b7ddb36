/** Small applets whose output differs from the GNU ones. @models busybox 1.37 coreutils/wc.c, id.c, env.c, usleep.c, debianutils/which.c, coreutils/df.c */

import { isErrno } from '../../linux/errno.ts';
import { lookPath, readFile } from '../../linux/io.ts';
import { ownIds } from '../../linux/user-namespace.ts';
import { execvp } from '../common/exec.ts';
import { ipcTable } from '../common/ipc.ts';
import { openInput } from '../common/streams.ts';
import { readGroups, readUsers } from '../common/users.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { human } from './ls.ts';
import { USAGES } from './usages.ts';

export const wc = applet(USAGES['wc'] ?? ['', ''], 'cmlwL', async ({ ctx, flags, operands, out, complain }) => {
  const shown = 'lwcmL'.split('').filter((l) => flags.has(l));
  const kinds = shown.length === 0 ? ['l', 'w', 'c'] : shown;
  const totals: Record<string, number> = { l: 0, w: 0, c: 0, m: 0, L: 0 };
  let status = 0;
  const row = (counts: Record<string, number>, name: string): string =>
    `${kinds.length === 1 ? counts[kinds[0] as string] : kinds.map((k, i) => `${i > 0 ? ' ' : ''}${String(counts[k]).padStart(9)}`).join('')}${name === '' ? '' : ` ${name}`}\n`;
  for (const path of operands.length === 0 ? ['-'] : operands) {
    const counts: Record<string, number> = { l: 0, w: 0, c: 0, m: 0, L: 0 };
    try {
      const input = await openInput(ctx, path);
      let inWord = false;
      let length = 0;
      for (;;) {
        const bytes = await input.chunk();
        if (bytes.length === 0) break;
        counts['c'] = (counts['c'] as number) + bytes.length;
        for (const byte of bytes) {
          if ((byte & 0xc0) !== 0x80) counts['m'] = (counts['m'] as number) + 1;
          if (byte === 10) {
            counts['l'] = (counts['l'] as number) + 1;
            length = 0;
          } else counts['L'] = Math.max(counts['L'] as number, ++length);
          const space = byte === 32 || (byte >= 9 && byte <= 13);
          if (!space && !inWord) counts['w'] = (counts['w'] as number) + 1;
          inWord = !space;
        }
      }
      await input.close();
      await out.write(row(counts, operands.length === 0 ? '' : path));
      for (const key of 'lwcm') totals[key] = (totals[key] as number) + (counts[key] as number);
      totals['L'] = Math.max(totals['L'] as number, counts['L'] as number);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await complain(`${path}: ${error.libc}`);
      status = 1;
    }
  }
  if (operands.length > 1) await out.write(row(totals, 'total'));
  return status;
});

export const id = applet(USAGES['id'] ?? ['', ''], 'ugGnr', async ({ ctx, flags, operands, out }) => {
  const users = await readUsers(ctx);
  const groups = await readGroups(ctx);
  const c = ownIds(ctx.process);
  let who = { uid: flags.has('r') ? c.uid : c.euid, gid: flags.has('r') ? c.gid : c.egid, groups: [...c.groups] };
  const [name] = operands;
  if (name !== undefined) {
    const user = users.find((u) => u.name === name);
    if (user === undefined) throw new Fatal(`unknown user ${name}`);
    who = {
      uid: user.uid,
      gid: user.gid,
      groups: [user.gid, ...groups.filter((g) => g.members.includes(name)).map((g) => g.gid)],
    };
  }
  const user = (uid: number): string | undefined => users.find((u) => u.uid === uid)?.name;
  const group = (gid: number): string | undefined => groups.find((g) => g.gid === gid)?.name;
  const one = (value: number, text: string | undefined): string =>
    flags.has('n') ? (text ?? String(value)) : String(value);
  if (flags.has('u')) await out.write(`${one(who.uid, user(who.uid))}\n`);
  else if (flags.has('g')) await out.write(`${one(who.gid, group(who.gid))}\n`);
  else if (flags.has('G'))
    await out.write(`${[...new Set([who.gid, ...who.groups])].map((g) => one(g, group(g))).join(' ')}\n`);
  else {
    const named = (value: number, text: string | undefined): string =>
      `${value}${text === undefined ? '' : `(${text})`}`;
    const all = [...new Set(who.groups)];
    await out.write(
      `uid=${named(who.uid, user(who.uid))} gid=${named(who.gid, group(who.gid))}${all.length === 0 ? '' : ` groups=${all.map((g) => named(g, group(g))).join(',')}`}\n`,
    );
  }
  return 0;
});

export const env = applet(USAGES['env'] ?? ['', ''], '+iu:0', async ({ ctx, flags, operands, out, complain }) => {
  let list = flags.has('i') || operands[0] === '-' ? [] : [...ctx.process.env];
  if (operands[0] === '-') operands.shift();
  for (const name of flags.values('u')) list = list.filter((e) => !e.startsWith(`${name}=`));
  while (operands[0]?.includes('=')) {
    const entry = operands.shift() as string;
    list = [...list.filter((e) => !e.startsWith(entry.slice(0, entry.indexOf('=') + 1))), entry];
  }
  if (operands.length === 0) {
    for (const entry of list) await out.write(`${entry}${flags.has('0') ? '\0' : '\n'}`);
    return 0;
  }
  const error = await execvp(ctx, operands, list);
  await complain(`can't execute '${operands[0]}': ${error.libc}`);
  return error.code === 'ENOENT' ? 127 : 126;
});

export const which = applet(USAGES['which'] ?? ['', ''], 'a', async ({ ctx, operands, out }) => {
  if (operands.length === 0) throw new BadUsage('');
  let status = 0;
  for (const name of operands) {
    const path = await lookPath(ctx, name);
    if (path === null) status = 1;
    else await out.write(`${path}\n`);
  }
  return status;
});

export const usleep = applet(USAGES['usleep'] ?? ['', ''], '', async ({ ctx, operands }) => {
  if (operands.length === 0) throw new BadUsage('');
  await ctx.sleep(Number(operands[0]) * 1000);
  return 0;
});

export const unlink = applet(USAGES['unlink'] ?? ['', ''], '', async ({ ctx, operands, complain }) => {
  const [path] = operands;
  if (path === undefined || operands.length > 1) throw new BadUsage('');
  try {
    await ctx.sys.unlink(ctx, path);
    return 0;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await complain(`can't remove file '${path}': ${error.libc}`);
    return 1;
  }
});

export const df = applet(USAGES['df'] ?? ['', ''], 'PkmhTai', async ({ ctx, flags, operands, out, complain }) => {
  const scale = flags.last('kmh') ?? 'k';
  const heading = scale === 'h' ? '     Size' : scale === 'm' ? '1M-blocks' : '1K-blocks';
  await out.write(
    `Filesystem          ${flags.has('T') ? ' Type      ' : ''} ${heading}      Used Available ${flags.has('P') ? 'Capacity' : 'Use%'} Mounted on\n`,
  );
  const mounts = (await readFile(ctx, '/proc/mounts'))
    .trim()
    .split('\n')
    .map((l) => l.split(' '));
  let status = 0;
  let targets = mounts.map((m) => m[1] ?? '');
  if (operands.length > 0) {
    targets = [];
    for (const path of operands) {
      const holder = mounts
        .filter((m) => path === m[1] || path.startsWith(m[1] === '/' ? '/' : `${m[1]}/`))
        .sort((a, b) => (b[1] ?? '').length - (a[1] ?? '').length)[0];
      try {
        await ctx.sys.stat(ctx, path);
        targets.push(holder?.[1] ?? '/');
      } catch (error) {
        if (!isErrno(error)) throw error;
        await complain(`${path}: can't find mount point`);
        status = 1;
      }
    }
  }
  for (const target of targets) {
    const mount = mounts.findLast((m) => m[1] === target);
    try {
      const s = await ctx.sys.statfs(ctx, target);
      if (s.blocks === 0 && !flags.has('a') && operands.length === 0) continue;
      const kb = (blocks: number): number => (blocks * s.blockSize) / 1024;
      const show = (blocks: number): string =>
        scale === 'h'
          ? human(blocks * s.blockSize)
          : String(Math.floor(scale === 'm' ? kb(blocks) / 1024 : kb(blocks)));
      const used = s.blocks - s.blocksFree;
      const percent = s.blocks === 0 ? 0 : Math.ceil((used * 100) / s.blocks);
      const source = mount?.[0] ?? s.source;
      await out.write(source.length > 20 ? `${source}\n${' '.repeat(20)}` : source.padEnd(20));
      await out.write(
        `${flags.has('T') ? ` ${(mount?.[2] ?? '').padEnd(10)}` : ''} ${show(s.blocks).padStart(9)} ${show(used).padStart(9)} ${show(s.blocksFree).padStart(9)} ${String(percent).padStart(3)}% ${target}\n`,
      );
    } catch (error) {
      if (!isErrno(error)) throw error;
      await complain(`${target}: ${error.libc}`);
      status = 1;
    }
  }
  return status;
});

export const ipcs = applet(USAGES['ipcs'] ?? ['', ''], 'i:aqsmtcplu', async ({ ctx, flags, out }) => {
  const kinds = (
    [
      ['q', 'msg'],
      ['m', 'shm'],
      ['s', 'sem'],
    ] as const
  ).filter(([letter]) => flags.has(letter));
  const wanted = kinds.length === 0 ? (['msg', 'shm', 'sem'] as const) : kinds.map(([, kind]) => kind);
  let text = '';
  for (const kind of wanted) text += `${await ipcTable(ctx, kind)}\n`;
  await out.write(text);
  return 0;
});
