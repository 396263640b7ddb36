/** id, whoami, groups, logname. @models coreutils 9.7 src/id.c, whoami.c, groups.c @fidelity partial: no SELinux context */
import { ownIds } from '../../linux/user-namespace.ts';
import { command, Exit } from '../common/command.ts';
import { quote } from '../common/quoting.ts';
import { readGroups, readUsers } from '../common/users.ts';

export const whoami = command(
  {
    name: 'whoami',
    usage: ['[OPTION]...'],
    about: 'Print the name of the effective user, as id -un does.',
    options: {},
  },
  async (call) => {
    const { ctx, out } = call;
    if (call.operands[0] !== undefined) {
      await call.complain(
        `extra operand ${quote(ctx, call.operands[0])}\nTry '${call.name} --help' for more information.`,
      );
      return 1;
    }
    const { euid } = ownIds(ctx.process);
    const user = (await readUsers(ctx)).find((u) => u.uid === euid);
    if (user === undefined) {
      await call.complain(`cannot find name for user ID ${euid}`);
      return 1;
    }
    await out.write(`${user.name}\n`);
    return 0;
  },
);

export const id = command(
  {
    name: 'id',
    usage: ['[OPTION]... [USER]...'],
    about: 'Print the user and group numbers and names of each USER, or of this process.',
    options: {
      a: '(ignored)',
      'Z,context': 'only the security context',
      'g,group': 'only the effective group',
      'G,groups': 'all groups',
      'n,name': 'names instead of numbers, with -u, -g, -G',
      'r,real': 'real instead of effective',
      'u,user': 'only the effective user',
      'z,zero': 'NUL instead of white space',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const users = await readUsers(ctx);
    const groups = await readGroups(ctx);
    const userName = (uid: number): string | undefined => users.find((u) => u.uid === uid)?.name;
    const groupName = (gid: number): string | undefined => groups.find((g) => g.gid === gid)?.name;
    const only = options.last('group', 'groups', 'user');
    if (only === undefined && (options.has('name') || options.has('real'))) {
      await call.complain('printing only names or real IDs requires -u, -g, or -G');
      throw new Exit(1);
    }
    if (options.has('context')) {
      await call.complain('--context (-Z) works only on an SELinux-enabled kernel');
      return 1;
    }
    let status = 0;
    for (const who of operands.length === 0 ? [null] : operands) {
      const c = ownIds(ctx.process);
      let identity = { uid: c.uid, euid: c.euid, gid: c.gid, egid: c.egid, groups: c.groups };
      if (who !== null) {
        const user = users.find((u) => u.name === who || String(u.uid) === who);
        if (user === undefined) {
          await call.complain(`${quote(ctx, who)}: no such user`);
          status = 1;
          continue;
        }
        identity = {
          uid: user.uid,
          euid: user.uid,
          gid: user.gid,
          egid: user.gid,
          groups: [
            user.gid,
            ...groups.filter((g) => g.members.includes(user.name) && g.gid !== user.gid).map((g) => g.gid),
          ],
        };
      }
      const all = [...new Set([identity.egid, ...identity.groups])];
      const show = async (value: number, name: string | undefined, kind: string): Promise<string> => {
        if (!options.has('name')) return String(value);
        if (name !== undefined) return name;
        await call.complain(`cannot find name for ${kind} ID ${value}`);
        status = 1;
        return String(value);
      };
      const real = options.has('real');
      const end = options.has('zero') ? '\0' : '\n';
      if (only === 'user')
        await out.write(
          (await show(real ? identity.uid : identity.euid, userName(real ? identity.uid : identity.euid), 'user')) +
            end,
        );
      else if (only === 'group')
        await out.write(
          (await show(real ? identity.gid : identity.egid, groupName(real ? identity.gid : identity.egid), 'group')) +
            end,
        );
      else if (only === 'groups') {
        const shown: string[] = [];
        for (const gid of all) shown.push(await show(gid, groupName(gid), 'group'));
        await out.write(shown.join(options.has('zero') ? '\0' : ' ') + end);
      } else {
        const named = (value: number, name: string | undefined): string =>
          `${value}${name === undefined ? '' : `(${name})`}`;
        let text = `uid=${named(identity.uid, userName(identity.uid))} gid=${named(identity.gid, groupName(identity.gid))}`;
        if (identity.euid !== identity.uid) text += ` euid=${named(identity.euid, userName(identity.euid))}`;
        if (identity.egid !== identity.gid) text += ` egid=${named(identity.egid, groupName(identity.egid))}`;
        await out.write(`${text} groups=${all.map((g) => named(g, groupName(g))).join(',')}\n`);
      }
    }
    return status;
  },
);

export const groups = command(
  {
    name: 'groups',
    usage: ['[OPTION]... [USERNAME]...'],
    about: 'Print the groups each USERNAME is in, or this process.',
    options: {},
  },
  async (call) => {
    const { ctx, operands, out } = call;
    const all = await readGroups(ctx);
    const name = (gid: number): string => all.find((g) => g.gid === gid)?.name ?? String(gid);
    if (operands.length === 0) {
      const c = ownIds(ctx.process);
      await out.write(`${[...new Set([c.egid, ...c.groups])].map(name).join(' ')}\n`);
      return 0;
    }
    const users = await readUsers(ctx);
    let status = 0;
    for (const who of operands) {
      const user = users.find((u) => u.name === who);
      if (user === undefined) {
        await call.complain(`${quote(ctx, who)}: no such user`);
        status = 1;
        continue;
      }
      await out.write(
        `${who} : ${[...new Set([user.gid, ...all.filter((g) => g.members.includes(who)).map((g) => g.gid)])].map(name).join(' ')}\n`,
      );
    }
    return status;
  },
);
