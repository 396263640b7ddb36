/** useradd, usermod, userdel, groupadd, groupdel, groupmod, gpasswd. @models shadow 4.17 src/useradd.c, usermod.c, userdel.c, groupadd.c, groupdel.c, groupmod.c, gpasswd.c @fidelity partial: the options below; no skeleton but what /etc/skel has, no subordinate ids, no locks */

import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, readFileBytes, removeAll, writeFile } from '../../linux/io.ts';
import { command, type Invocation } from '../common/command.ts';
import { freeNumber, GROUP, PASSWD, readTable, SHADOW, today, writeTable } from './database.ts';

const VERSION = 'shadow) 4.17.4';
const CANNOT_WRITE = 1;
const USAGE = 2;
const BAD_ARGUMENT = 3;
const NO_SUCH = 6;
const NAME_TAKEN = 9;
const ID_TAKEN = 4;
const NAME = /^[a-z_][a-z0-9_-]*\$?$/;

/** Runs `body`; without the right to write, the words of the tool that cannot lock the file. */
async function writing(call: Invocation, body: () => Promise<number>): Promise<number> {
  try {
    if (call.ctx.process.credentials.euid !== 0) {
      await call.complain(
        `Permission denied.\n${call.name}: cannot lock ${call.name.startsWith('group') ? '/etc/group' : '/etc/passwd'}; try again later.`,
      );
      return CANNOT_WRITE;
    }
    return await body();
  } catch (error) {
    if (!isErrno(error)) throw error;
    await call.complain(`cannot open ${PASSWD}: ${error.libc}`);
    return CANNOT_WRITE;
  }
}

async function usage(call: Invocation, line: string): Promise<number> {
  await call.ctx.sys.write(call.ctx, 2, `Usage: ${call.name} ${line}\n`);
  return USAGE;
}

const addMember = (row: readonly string[], name: string): string[] => {
  const members = (row[3] ?? '').split(',').filter((m) => m !== '');
  if (!members.includes(name)) members.push(name);
  return [...row.slice(0, 3), members.join(',')];
};
const withoutMember = (row: readonly string[], name: string): string[] => [
  ...row.slice(0, 3),
  (row[3] ?? '')
    .split(',')
    .filter((m) => m !== '' && m !== name)
    .join(','),
];
const findGroup = (groups: readonly string[][], text: string): string[] | undefined =>
  groups.find((row) => row[0] === text || row[2] === text);

export const useradd = command(
  {
    name: 'useradd',
    usage: ['[options] LOGIN'],
    about: 'Add a user.',
    version: VERSION,
    trouble: USAGE,
    options: {
      'b,base-dir=DIR': 'where home directories are',
      'c,comment=TEXT': 'who it is',
      'd,home-dir=DIR': 'the home directory',
      'D,defaults': '',
      'g,gid=GROUP': 'the first group',
      'G,groups=GROUPS': 'more groups',
      'm,create-home': 'make the home directory',
      'M,no-create-home': 'do not make it (default)',
      'N,no-user-group': 'no group of the same name',
      'o,non-unique': "the number may be somebody else's",
      'p,password=PASSWORD': 'the encrypted password',
      'r,system': 'an account of the system',
      's,shell=SHELL': 'the shell',
      'u,uid=UID': 'the number',
      'U,user-group': 'a group of the same name (default)',
      'l,no-log-init': '',
    },
  },
  (call) =>
    writing(call, async () => {
      const { ctx, options, operands } = call;
      const [name] = operands;
      if (options.has('defaults')) {
        await call.out.write(
          'GROUP=100\nHOME=/home\nINACTIVE=-1\nEXPIRE=\nSHELL=/bin/sh\nSKEL=/etc/skel\nUSRSKEL=/usr/etc/skel\nCREATE_MAIL_SPOOL=no\nLOG_INIT=yes\n',
        );
        return 0;
      }
      if (name === undefined || operands.length > 1) return await usage(call, '[options] LOGIN');
      if (!NAME.test(name)) {
        await call.complain(`invalid user name '${name}': use --badname to ignore`);
        return BAD_ARGUMENT;
      }
      const users = await readTable(ctx, PASSWD);
      const groups = await readTable(ctx, GROUP);
      if (users.some((row) => row[0] === name)) {
        await call.complain(`user '${name}' already exists`);
        return NAME_TAKEN;
      }
      const uid = options.has('uid') ? Number(options.value('uid')) : freeNumber(users, options.has('system'));
      if (Number.isNaN(uid) || uid < 0) {
        await call.complain(`invalid user ID '${options.value('uid')}'`);
        return BAD_ARGUMENT;
      }
      if (!options.has('non-unique') && users.some((row) => Number(row[2]) === uid)) {
        await call.complain(`UID ${uid} is not unique`);
        return ID_TAKEN;
      }
      let gid: number;
      const wanted = options.value('gid');
      if (wanted !== undefined) {
        const group = findGroup(groups, wanted);
        if (group === undefined) {
          await call.complain(`group '${wanted}' does not exist`);
          return NO_SUCH;
        }
        gid = Number(group[2]);
      } else if (options.has('no-user-group')) gid = 100;
      else {
        if (groups.some((row) => row[0] === name)) {
          await call.complain(`group ${name} exists - if you want to add this user to that group, use -g.`);
          return NAME_TAKEN;
        }
        gid = groups.some((row) => Number(row[2]) === uid) ? freeNumber(groups, options.has('system')) : uid;
        groups.push([name, 'x', String(gid), '']);
      }
      for (const more of (options.value('groups') ?? '').split(',').filter((g) => g !== '')) {
        const at = groups.findIndex((row) => row[0] === more || row[2] === more);
        if (at < 0) {
          await call.complain(`group '${more}' does not exist`);
          return NO_SUCH;
        }
        groups[at] = addMember(groups[at] as string[], name);
      }
      const home = options.value('home-dir') ?? `${options.value('base-dir') ?? '/home'}/${name}`;
      const shell = options.value('shell') ?? '/bin/sh';
      users.push([name, 'x', String(uid), String(gid), options.value('comment') ?? '', home, shell]);
      await writeTable(ctx, PASSWD, users);
      await writeTable(ctx, GROUP, groups);
      const age = options.has('system') ? ['', '', ''] : ['0', '99999', '7'];
      await writeTable(ctx, SHADOW, [
        ...(await readTable(ctx, SHADOW)),
        [name, options.value('password') ?? '!', today(ctx), ...age, '', '', ''],
      ]);
      if (options.has('create-home')) await makeHome(ctx, home, uid, gid);
      return 0;
    }),
);

async function makeHome(ctx: Context, home: string, uid: number, gid: number): Promise<void> {
  await mkdirAll(ctx, home.replace(/\/[^/]*$/, '') || '/');
  await ctx.sys.mkdir(ctx, home, 0o755);
  await ctx.sys.chown(ctx, home, uid, gid);
  const skeleton = await ctx.sys.readDirectory(ctx, '/etc/skel').catch((error: unknown) => {
    if (isErrno(error)) return [];
    throw error;
  });
  for (const { name, type } of skeleton) {
    if (type !== 'file') continue;
    await writeFile(ctx, `${home}/${name}`, await readFileBytes(ctx, `/etc/skel/${name}`));
    await ctx.sys.chown(ctx, `${home}/${name}`, uid, gid);
  }
}

export const usermod = command(
  {
    name: 'usermod',
    usage: ['[options] LOGIN'],
    about: 'Change a user.',
    version: VERSION,
    trouble: USAGE,
    options: {
      'a,append': 'with -G: keep the other groups',
      'r,remove': 'with -G: leave those groups',
      'c,comment=TEXT': 'who it is',
      'd,home=DIR': 'the home directory',
      'm,move-home': 'move what is in it',
      'g,gid=GROUP': 'the first group',
      'G,groups=GROUPS': 'the other groups',
      'l,login=NAME': 'the name',
      'L,lock': 'lock the password',
      'U,unlock': 'unlock it',
      'p,password=PASSWORD': 'the encrypted password',
      's,shell=SHELL': 'the shell',
      'u,uid=UID': 'the number',
      'e,expiredate=DATE': '',
    },
  },
  (call) =>
    writing(call, async () => {
      const { ctx, options, operands } = call;
      const [name] = operands;
      if (name === undefined || options.entries.length === 0) return await usage(call, '[options] LOGIN');
      const users = await readTable(ctx, PASSWD);
      const row = users.find((r) => r[0] === name);
      if (row === undefined) {
        await call.complain(`user '${name}' does not exist`);
        return NO_SUCH;
      }
      let groups = await readTable(ctx, GROUP);
      const list = options.value('groups');
      if (list !== undefined) {
        const wanted = list.split(',').filter((g) => g !== '');
        for (const one of wanted)
          if (findGroup(groups, one) === undefined) {
            await call.complain(`group '${one}' does not exist`);
            return NO_SUCH;
          }
        groups = groups.map((g) => {
          const chosen = wanted.includes(g[0] as string) || wanted.includes(g[2] as string);
          if (options.has('remove')) return chosen ? withoutMember(g, name) : g;
          if (chosen) return addMember(g, name);
          return options.has('append') ? g : withoutMember(g, name);
        });
      }
      const first = options.value('gid');
      if (first !== undefined) {
        const group = findGroup(groups, first);
        if (group === undefined) {
          await call.complain(`group '${first}' does not exist`);
          return NO_SUCH;
        }
        row[3] = group[2] as string;
      }
      const home = row[5] as string;
      if (options.has('uid')) row[2] = options.value('uid') as string;
      if (options.has('comment')) row[4] = options.value('comment') as string;
      if (options.has('home')) row[5] = options.value('home') as string;
      if (options.has('shell')) row[6] = options.value('shell') as string;
      if (options.has('home') && options.has('move-home')) await ctx.sys.rename(ctx, home, row[5] as string);
      const renamed = options.value('login');
      if (renamed !== undefined) {
        if (users.some((r) => r[0] === renamed)) {
          await call.complain(`user '${renamed}' already exists`);
          return NAME_TAKEN;
        }
        row[0] = renamed;
        groups = groups.map((g) =>
          (g[3] ?? '').split(',').includes(name) ? addMember(withoutMember(g, name), renamed) : g,
        );
      }
      const shadow = (await readTable(ctx, SHADOW)).map((r) => {
        if (r[0] !== name) return r;
        const out = [...r];
        if (renamed !== undefined) out[0] = renamed;
        if (options.has('password')) out[1] = options.value('password') as string;
        if (options.has('lock') && !out[1]?.startsWith('!')) out[1] = `!${out[1]}`;
        if (options.has('unlock')) out[1] = (out[1] ?? '').replace(/^!/, '');
        return out;
      });
      await writeTable(ctx, PASSWD, users);
      await writeTable(ctx, GROUP, groups);
      await writeTable(ctx, SHADOW, shadow);
      return 0;
    }),
);

export const userdel = command(
  {
    name: 'userdel',
    usage: ['[options] LOGIN'],
    about: 'Delete a user.',
    version: VERSION,
    trouble: USAGE,
    options: { 'f,force': 'even if logged in', 'r,remove': 'with the home directory' },
  },
  (call) =>
    writing(call, async () => {
      const { ctx, options, operands } = call;
      const [name] = operands;
      if (name === undefined) return await usage(call, '[options] LOGIN');
      const users = await readTable(ctx, PASSWD);
      const row = users.find((r) => r[0] === name);
      if (row === undefined) {
        await call.complain(`user '${name}' does not exist`);
        return NO_SUCH;
      }
      await writeTable(
        ctx,
        PASSWD,
        users.filter((r) => r !== row),
      );
      await writeTable(
        ctx,
        SHADOW,
        (await readTable(ctx, SHADOW)).filter((r) => r[0] !== name),
      );
      const groups = (await readTable(ctx, GROUP)).map((g) => withoutMember(g, name));
      const shared = users.some((r) => r !== row && r[3] === row[3]);
      await writeTable(
        ctx,
        GROUP,
        groups.filter((g) => g[0] !== name || g[2] !== row[3] || shared || (g[3] ?? '') !== ''),
      );
      if (options.has('remove')) {
        await call.complain(`${name} mail spool (/var/mail/${name}) not found`);
        await removeAll(ctx, row[5] as string);
      }
      return 0;
    }),
);

export const groupadd = command(
  {
    name: 'groupadd',
    usage: ['[options] GROUP'],
    about: 'Add a group.',
    version: VERSION,
    trouble: USAGE,
    options: {
      'f,force': 'no failure if it is there',
      'g,gid=GID': 'the number',
      'o,non-unique': "it may be another's",
      'r,system': 'a group of the system',
      'U,users=USERS': 'its members',
    },
  },
  (call) =>
    writing(call, async () => {
      const { ctx, options, operands } = call;
      const [name] = operands;
      if (name === undefined) return await usage(call, '[options] GROUP');
      if (!NAME.test(name)) {
        await call.complain(`'${name}' is not a valid group name`);
        return BAD_ARGUMENT;
      }
      const groups = await readTable(ctx, GROUP);
      if (groups.some((row) => row[0] === name)) {
        if (options.has('force')) return 0;
        await call.complain(`group '${name}' already exists`);
        return NAME_TAKEN;
      }
      const gid = options.has('gid') ? Number(options.value('gid')) : freeNumber(groups, options.has('system'));
      if (!options.has('non-unique') && groups.some((row) => Number(row[2]) === gid)) {
        await call.complain(`GID '${gid}' already exists`);
        return ID_TAKEN;
      }
      await writeTable(ctx, GROUP, [...groups, [name, 'x', String(gid), options.value('users') ?? '']]);
      return 0;
    }),
);

export const groupdel = command(
  {
    name: 'groupdel',
    usage: ['[options] GROUP'],
    about: 'Delete a group.',
    version: VERSION,
    trouble: USAGE,
    options: { 'f,force': "even if it is somebody's first group" },
  },
  (call) =>
    writing(call, async () => {
      const { ctx, options, operands } = call;
      const [name] = operands;
      if (name === undefined) return await usage(call, '[options] GROUP');
      const groups = await readTable(ctx, GROUP);
      const row = groups.find((r) => r[0] === name);
      if (row === undefined) {
        await call.complain(`group '${name}' does not exist`);
        return NO_SUCH;
      }
      const owner = (await readTable(ctx, PASSWD)).find((r) => r[3] === row[2]);
      if (owner !== undefined && !options.has('force')) {
        await call.complain(`cannot remove the primary group of user '${owner[0]}'`);
        return 8;
      }
      await writeTable(
        ctx,
        GROUP,
        groups.filter((r) => r !== row),
      );
      return 0;
    }),
);

export const groupmod = command(
  {
    name: 'groupmod',
    usage: ['[options] GROUP'],
    about: 'Change a group.',
    version: VERSION,
    trouble: USAGE,
    options: {
      'g,gid=GID': 'the number',
      'n,new-name=NAME': 'the name',
      'o,non-unique': '',
      'a,append': 'with -U: keep the others',
      'U,users=USERS': 'the members',
    },
  },
  (call) =>
    writing(call, async () => {
      const { ctx, options, operands } = call;
      const [name] = operands;
      if (name === undefined) return await usage(call, '[options] GROUP');
      const groups = await readTable(ctx, GROUP);
      const row = groups.find((r) => r[0] === name);
      if (row === undefined) {
        await call.complain(`group '${name}' does not exist`);
        return NO_SUCH;
      }
      const renamed = options.value('new-name');
      if (renamed !== undefined && groups.some((r) => r[0] === renamed)) {
        await call.complain(`group '${renamed}' already exists`);
        return NAME_TAKEN;
      }
      if (renamed !== undefined) row[0] = renamed;
      if (options.has('gid')) row[2] = options.value('gid') as string;
      const members = options.value('users');
      if (members !== undefined)
        row[3] = options.has('append') && (row[3] ?? '') !== '' ? `${row[3]},${members}` : members;
      await writeTable(ctx, GROUP, groups);
      return 0;
    }),
);

export const gpasswd = command(
  {
    name: 'gpasswd',
    usage: ['[option] GROUP'],
    about: 'Change the members of a group.',
    version: VERSION,
    trouble: USAGE,
    options: {
      'a,add=USER': 'one more',
      'd,delete=USER': 'one less',
      'M,members=USERS': 'exactly these',
      'r,remove-password': '',
      'R,restrict': '',
      'A,administrators=USERS': '',
    },
  },
  (call) =>
    writing(call, async () => {
      const { ctx, options, operands, out } = call;
      const [name] = operands;
      if (name === undefined) return await usage(call, '[option] GROUP');
      const groups = await readTable(ctx, GROUP);
      const at = groups.findIndex((r) => r[0] === name);
      if (at < 0) {
        await call.complain(`group '${name}' does not exist in /etc/group`);
        return BAD_ARGUMENT;
      }
      const row = groups[at] as string[];
      const [added, gone, all] = [options.value('add'), options.value('delete'), options.value('members')];
      const user = added ?? gone;
      if (user !== undefined && !(await readTable(ctx, PASSWD)).some((r) => r[0] === user)) {
        await call.complain(`user '${user}' does not exist`);
        return BAD_ARGUMENT;
      }
      if (added !== undefined) {
        groups[at] = addMember(row, added);
        await out.write(`Adding user ${added} to group ${name}\n`);
      } else if (gone !== undefined) {
        if (!(row[3] ?? '').split(',').includes(gone)) {
          await call.complain(`user '${gone}' is not a member of '${name}'`);
          return BAD_ARGUMENT;
        }
        groups[at] = withoutMember(row, gone);
        await out.write(`Removing user ${gone} from group ${name}\n`);
      } else if (all !== undefined) groups[at] = [...row.slice(0, 3), all];
      else {
        await call.complain('not simulated: passwords of groups');
        return CANNOT_WRITE;
      }
      await writeTable(ctx, GROUP, groups);
      return 0;
    }),
);
