/**
 * sudo, su, runuser. @models sudo 1.9.16, util-linux 2.41 su.c
 * @fidelity partial: no PAM, no passwords, no sudoers: root may everything, others may nothing
 */

import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { ownIds } from '../../linux/user-namespace.ts';
import { execStatus, execvp } from '../common/exec.ts';
import { readGroups, readUsers, type User } from '../common/users.ts';

const SUDO_USAGE =
  'usage: sudo -h | -K | -k | -V\nusage: sudo -v [-ABkNnS] [-u user]\nusage: sudo -l [-ABkNnS] [-U user] [-u user] [command [arg ...]]\nusage: sudo [-ABbEHkNnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\n';

async function become(ctx: Context, user: User): Promise<void> {
  const groups = await readGroups(ctx);
  await ctx.sys.setgroups(ctx, [user.gid, ...groups.filter((g) => g.members.includes(user.name)).map((g) => g.gid)]);
  await ctx.sys.setgid(ctx, user.gid);
  await ctx.sys.setuid(ctx, user.uid);
}

function withEnv(env: readonly string[], values: Record<string, string>): string[] {
  const kept = env.filter((entry) => !(entry.slice(0, entry.indexOf('=')) in values));
  return [...kept, ...Object.entries(values).map(([name, value]) => `${name}=${value}`)];
}

async function goHome(ctx: Context, user: User): Promise<void> {
  try {
    await ctx.sys.chdir(ctx, user.home);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

export const sudo: Program = {
  name: 'sudo',
  async main(ctx, argv) {
    const args = argv.slice(1);
    let target = 'root';
    let login = false;
    let shell = false;
    let keep = false;
    const values: Record<string, string> = {};
    while (args[0] !== undefined) {
      const arg = args[0];
      if (arg === '--') {
        args.shift();
        break;
      }
      const assignment = /^([A-Za-z_]\w*)=(.*)$/.exec(arg);
      if (assignment !== null) values[assignment[1] as string] = assignment[2] as string;
      else if (!arg.startsWith('-')) break;
      else if (arg === '-u' || arg === '-g' || arg === '-U') {
        args.shift();
        if (arg === '-u') target = args[0] ?? '';
      } else if (arg === '-V' || arg === '--version') {
        await print(ctx, 'Sudo version 1.9.16p2\n');
        return 0;
      } else if (arg === '-h' || arg === '--help') {
        await print(ctx, `sudo - run a command as another user\n\n${SUDO_USAGE}`);
        return 0;
      } else if (arg === '-l' || arg === '-v' || arg === '-k' || arg === '-K') {
        if (arg === '-l')
          await print(
            ctx,
            `User root may run the following commands on ${(await ctx.sys.uname(ctx)).nodename}:\n    (ALL : ALL) ALL\n`,
          );
        return 0;
      } else {
        for (const letter of arg.slice(1)) {
          if (letter === 'i') login = true;
          else if (letter === 's') shell = true;
          else if (letter === 'E') keep = true;
          else if (!'HnSbPAB'.includes(letter)) {
            await printError(ctx, `sudo: invalid option -- '${letter}'\n${SUDO_USAGE}`);
            return 1;
          }
        }
      }
      args.shift();
    }
    if (args.length === 0 && !login && !shell) {
      await printError(ctx, SUDO_USAGE);
      return 1;
    }
    const users = await readUsers(ctx);
    const caller = users.find((u) => u.uid === ownIds(ctx.process).uid);
    if (ownIds(ctx.process).euid !== 0) {
      await printRefusal(ctx, `sudo: a password is required (not simulated: passwords)\n`);
      return 1;
    }
    const user = users.find((u) => u.name === target || `#${u.uid}` === target);
    if (user === undefined) {
      await printError(ctx, `sudo: unknown user ${target}\nsudo: error initializing audit plugin sudoers_audit\n`);
      return 1;
    }
    const line = args.join(' ');
    const base = keep
      ? ctx.process.env
      : ctx.process.env.filter((e) => /^(TERM|LANG|LC_\w+|COLORTERM|DISPLAY)=/.test(e));
    const env = withEnv(base, {
      HOME: user.home,
      LOGNAME: user.name,
      USER: user.name,
      SHELL: user.shell,
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      SUDO_COMMAND: login || shell ? user.shell : line,
      SUDO_USER: caller?.name ?? 'root',
      SUDO_UID: String(ownIds(ctx.process).uid),
      SUDO_GID: String(ownIds(ctx.process).gid),
      ...values,
    });
    if (login) await goHome(ctx, user);
    await become(ctx, user);
    const program = login ? user.shell : (getenv(ctx, 'SHELL') ?? user.shell);
    const name = program.replace(/^.*\//, '');
    const command = login || shell ? [login ? `-${name}` : name, ...(args.length > 0 ? ['-c', line] : [])] : args;
    if (login || shell) {
      const error = await ctx.sys.execve(ctx, program, command, env).catch((e: unknown) => e);
      if (!isErrno(error)) throw error;
      await printError(ctx, `sudo: unable to execute ${program}: ${error.libc}\n`);
      return 1;
    }
    const error = await execvp(ctx, command, env);
    await printError(
      ctx,
      error.code === 'ENOENT' && !(command[0] ?? '').includes('/')
        ? `sudo: ${command[0]}: command not found\n`
        : `sudo: unable to execute ${command[0]}: ${error.libc}\n`,
    );
    return 1;
  },
};

function suProgram(name: string): Program {
  return {
    name,
    async main(ctx, argv) {
      let login = false;
      let target = 'root';
      let line: string | null = null;
      let shell: string | null = null;
      let named = false;
      const rest: string[] = [];
      for (let i = 1; i < argv.length; i++) {
        const arg = argv[i] as string;
        if (arg === '-' || arg === '-l' || arg === '--login') login = true;
        else if (arg === '-c' || arg === '--command') line = argv[++i] ?? '';
        else if (arg === '-s' || arg === '--shell') shell = argv[++i] ?? null;
        else if (arg === '-u') {
          target = argv[++i] ?? '';
          named = true;
        } else if (arg === '--help') {
          await print(
            ctx,
            `\nUsage:\n ${name} [options] [-] [<user> [<argument>...]]\n\nChange the user ID; root without <user>.\n\n -l, --login           a login shell\n -c, --command <line>  one line for the shell\n -s, --shell <shell>   this shell\n`,
          );
          return 0;
        } else if (arg === '--') rest.push(...argv.slice(i + 1).splice(0, argv.length));
        else if (!named) {
          target = arg;
          named = true;
        } else rest.push(arg);
      }
      const user = (await readUsers(ctx)).find((u) => u.name === target);
      if (user === undefined) {
        await printError(
          ctx,
          `${name}: user ${target} does not exist or the user entry does not contain all the required fields\n`,
        );
        return 1;
      }
      if (ownIds(ctx.process).euid !== 0) {
        await printError(
          ctx,
          name === 'runuser'
            ? 'runuser: may not be used by non-root users\n'
            : 'Password: \nsu: Authentication failure\n',
        );
        return 1;
      }
      const program = shell ?? user.shell;
      const base = login ? ctx.process.env.filter((e) => /^TERM=/.test(e)) : ctx.process.env;
      const values: Record<string, string> = { HOME: user.home, SHELL: program };
      if (login || user.uid !== 0) Object.assign(values, { USER: user.name, LOGNAME: user.name });
      if (login)
        values['PATH'] =
          user.uid === 0
            ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
            : '/usr/local/bin:/usr/bin:/bin';
      if (login) await goHome(ctx, user);
      await become(ctx, user);
      const short = program.replace(/^.*\//, '');
      const command =
        named && name === 'runuser' && rest.length > 0 && line === null
          ? rest
          : [login ? `-${short}` : short, ...(line === null ? [] : ['-c', line]), ...rest];
      const error =
        command === rest
          ? await execvp(ctx, rest, withEnv(base, values))
          : await ctx.sys.execve(ctx, program, command, withEnv(base, values)).catch((e: unknown) => e);
      if (!isErrno(error)) throw error;
      await printError(ctx, `${name}: failed to execute ${program}: ${error.libc}\n`);
      return execStatus(error);
    },
  };
}

export const su = suProgram('su');
export const runuser = suProgram('runuser');
