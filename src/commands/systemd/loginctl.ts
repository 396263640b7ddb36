/** loginctl. @models systemd 257 src/login/loginctl.c @fidelity partial: list-sessions, list-users, session-status: sessions are the shells on terminals; nothing is steered */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { readUsers } from '../common/users.ts';
import { type Session, sessions } from '../login/getent.ts';
import { timestampText } from './time-text.ts';

type Row = Session & { id: string; uid: number };

async function rows(ctx: Context): Promise<Row[]> {
  const users = await readUsers(ctx);
  return (await sessions(ctx)).map((s, i) => ({
    ...s,
    id: String(i + 1),
    uid: users.find((u) => u.name === s.user)?.uid ?? 0,
  }));
}

async function main(ctx: Context, argv: string[]): Promise<number> {
  const [verb = 'list-sessions', ...names] = argv.slice(1).filter((arg) => !arg.startsWith('-'));
  const legend = !argv.includes('--no-legend');
  try {
    await ctx.sys.stat(ctx, '/run/systemd/private');
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(
      ctx,
      "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to system scope bus via local transport: Host is down\n",
    );
    return 1;
  }
  const list = await rows(ctx);
  if (verb === 'list-sessions' || verb === 'list-users') {
    const users = [...new Map(list.map((s) => [s.uid, s])).values()];
    const shown = verb === 'list-sessions' ? list : users;
    if (shown.length === 0) {
      if (legend) await print(ctx, `No ${verb === 'list-sessions' ? 'sessions' : 'users'}.\n`);
      return 0;
    }
    if (verb === 'list-sessions') {
      if (legend) await print(ctx, 'SESSION  UID USER SEAT LEADER CLASS TTY   IDLE SINCE\n');
      for (const s of list)
        await print(
          ctx,
          `${s.id.padStart(7)} ${String(s.uid).padStart(4)} ${s.user.padEnd(4)} -    ${String(s.pid).padEnd(6)} user  ${s.tty.padEnd(5)} no   -    \n`,
        );
    } else {
      if (legend) await print(ctx, 'UID USER LINGER STATE \n');
      for (const s of users) await print(ctx, `${String(s.uid).padStart(3)} ${s.user.padEnd(4)} no     active\n`);
    }
    if (legend)
      await print(
        ctx,
        `\n${shown.length} ${verb === 'list-sessions' ? 'session' : 'user'}${shown.length === 1 ? '' : 's'} listed.\n`,
      );
    return 0;
  }
  if (verb === 'session-status' || verb === 'show-session') {
    for (const name of names.length === 0 ? list.slice(0, 1).map((s) => s.id) : names) {
      const session = list.find((s) => s.id === name);
      if (session === undefined) {
        await printError(ctx, `Failed to get path for session '${name}': No session '${name}' known\n`);
        return 1;
      }
      await print(
        ctx,
        verb === 'show-session'
          ? `Id=${session.id}\nUser=${session.uid}\nName=${session.user}\nTTY=${session.tty}\nRemote=yes\nService=sshd\nLeader=${session.pid}\nType=tty\nClass=user\nActive=yes\nState=active\n`
          : `${session.id} - ${session.user} (${session.uid})\n  Since: ${timestampText(session.since)}\n  State: active\n Leader: ${session.pid} (${session.command.replace(/ .*$/, '')})\n    TTY: ${session.tty}\nService: sshd; type tty; class user\n`,
      );
    }
    return 0;
  }
  const known = [
    'user-status',
    'show-user',
    'terminate-session',
    'kill-session',
    'lock-session',
    'enable-linger',
    'disable-linger',
    'terminate-user',
    'kill-user',
    'list-seats',
    'seat-status',
    'show-seat',
    'activate',
  ].includes(verb);
  await (known ? printRefusal : printError)(
    ctx,
    known ? `loginctl: not simulated: ${verb}\n` : `Unknown command verb '${verb}'.\n`,
  );
  return 1;
}

export const loginctl: Program = { name: 'loginctl', main };
