/** Becomes a user, then a command: `gosu USER[:GROUP] COMMAND...`. @models tianon/gosu 1.17 @fidelity full */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { lookPath, print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { readGroups, readUsers } from '../common/users.ts';

const VERSION = '1.17 (go1.18.2 on linux/amd64; gc)';

type Identity = { uid: number; gid: number; groups: number[]; home: string };

export const gosu: Program = {
  name: 'gosu',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 2_600_000,
  threads: 5,
  main: async (ctx, argv) => {
    const [, who, ...command] = argv;
    if (who === '--version' || who === '-v') {
      await print(ctx, `${VERSION}\n`);
      return 0;
    }
    if (who === '--help' || who === '-h' || who === '-?') {
      await print(ctx, usage(argv[0] ?? 'gosu'));
      return 0;
    }
    if (who === undefined || command.length === 0) {
      await printError(ctx, usage(argv[0] ?? 'gosu'));
      return 1;
    }
    const identity = await identityOf(ctx, who);
    if (typeof identity === 'string') return fail(ctx, `failed switching to "${who}": ${identity}`);
    try {
      await ctx.sys.setgroups(ctx, identity.groups);
      await ctx.sys.setgid(ctx, identity.gid);
      await ctx.sys.setuid(ctx, identity.uid);
    } catch (error) {
      if (isErrno(error)) return fail(ctx, `failed switching to "${who}": ${error.go}`);
      throw error;
    }
    const name = command[0] as string;
    const path = await lookPath(ctx, name);
    if (path === null)
      return fail(
        ctx,
        name.includes('/')
          ? `exec: "${name}": stat ${name}: no such file or directory`
          : `exec: "${name}": executable file not found in $PATH`,
      );
    try {
      return await ctx.sys.execve(ctx, path, command, [
        ...ctx.process.env.filter((e) => !e.startsWith('HOME=')),
        `HOME=${identity.home}`,
      ]);
    } catch (error) {
      if (isErrno(error)) return fail(ctx, error.go);
      throw error;
    }
  },
};

async function fail(ctx: Context, text: string): Promise<number> {
  await printError(ctx, `error: ${text}\n`);
  return 1;
}

/** user, uid, user:group, uid:gid; an error's text if there is no such name. */
async function identityOf(ctx: Context, spec: string): Promise<Identity | string> {
  const [userPart = '', groupPart] = spec.split(':');
  const users = await readUsers(ctx);
  const groups = await readGroups(ctx);
  const user = users.find((u) => u.name === userPart) ?? users.find((u) => String(u.uid) === userPart);
  if (user === undefined && !/^\d+$/.test(userPart))
    return `unable to find user ${userPart}: no matching entries in passwd file`;
  const uid = user?.uid ?? Number(userPart);
  let gid = user?.gid ?? 0;
  let supplementary = user === undefined ? [] : groups.filter((g) => g.members.includes(user.name)).map((g) => g.gid);
  if (groupPart !== undefined) {
    const group = groups.find((g) => g.name === groupPart) ?? groups.find((g) => String(g.gid) === groupPart);
    if (group === undefined && !/^\d+$/.test(groupPart))
      return `unable to find group ${groupPart}: no matching entries in group file`;
    gid = group?.gid ?? Number(groupPart);
    supplementary = [];
  }
  return { uid, gid, groups: supplementary.length === 0 ? [gid] : supplementary, home: user?.home ?? '/' };
}

function usage(name: string): string {
  return `Usage: ${name} user-spec command [args]\n   eg: ${name} nobody id\n       ${name} nobody:root bash -c 'id'\n\n${name} version: ${VERSION}\n`;
}
