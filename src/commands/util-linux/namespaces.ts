/** nsenter, unshare, setsid and chroot. @models util-linux 2.41 sys-utils/nsenter.c, unshare.c, setsid.c; coreutils 9.7 src/chroot.c @fidelity partial: no maps by newuidmap, SELinux or time offsets */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, printError, writeFile } from '../../linux/io.ts';
import { signalNumber } from '../../linux/signals.ts';
import type { LinuxNamespaceType } from '../../linux/syscalls.ts';
import { ownIds } from '../../linux/user-namespace.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { execStatus, execvp, statusCode, waitFor } from '../common/exec.ts';
import type { Options } from '../common/options.ts';
import { shortCommand } from '../common/short-command.ts';
import { readUsers } from '../common/users.ts';

const VERSION = 'util-linux) 2.41';

/** In the order in which they are entered. */
const KINDS: readonly (readonly [option: string, type: LinuxNamespaceType])[] = [
  ['user', 'user'],
  ['cgroup', 'cgroup'],
  ['ipc', 'ipc'],
  ['uts', 'uts'],
  ['net', 'net'],
  ['pid', 'pid'],
  ['mount', 'mnt'],
  ['time', 'time'],
];

async function die(call: Invocation, text: string, code = 1): Promise<never> {
  await call.complain(text);
  throw new Exit(code);
}

/** Runs the rest of the command line, or a login-like shell, in place of this program. */
async function become(ctx: Context, name: string, words: readonly string[]): Promise<number> {
  const shell = getenv(ctx, 'SHELL') ?? '/bin/sh';
  if (words.length === 0) {
    try {
      return await ctx.sys.execve(ctx, shell, [`-${shell.slice(shell.lastIndexOf('/') + 1)}`], ctx.process.env);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `${name}: failed to execute ${shell}: ${error.libc}\n`);
      return execStatus(error);
    }
  }
  const error = await execvp(ctx, words);
  await printError(ctx, `${name}: failed to execute ${words[0]}: ${error.libc}\n`);
  return execStatus(error);
}

/** The parent of a forked child: passes on how it ended. */
async function waitAndReport(ctx: Context, pid: number): Promise<number> {
  const status = await waitFor(ctx, pid);
  if (status.signal !== null) {
    ctx.sys.sigaction(
      ctx,
      status.signal === 'SIGKILL' || status.signal === 'SIGSTOP' ? 'SIGTERM' : status.signal,
      'default',
    );
    await ctx.sys.kill(ctx, ctx.sys.getpid(ctx), status.signal);
    return 128 + signalNumber(status.signal);
  }
  return status.exitCode;
}

async function identity(call: Invocation, options: Options): Promise<void> {
  const { ctx } = call;
  const gid = options.value('setgid');
  const uid = options.value('setuid');
  if (gid !== undefined) await ctx.sys.setgid(ctx, Number(gid));
  if (uid !== undefined) await ctx.sys.setuid(ctx, Number(uid));
}

export const nsenter = shortCommand(
  {
    name: 'nsenter',
    version: VERSION,
    usage: ['[options] [<program> [<argument>...]]'],
    about: '\nRun a program with namespaces of other processes.',
    options: {
      'a,all': 'enter all namespaces',
      't,target=PID': 'the process to get namespaces from',
      'm,mount[=FILE]': 'enter the mount namespace',
      'u,uts[=FILE]': 'enter the UTS namespace (host name etc.)',
      'i,ipc[=FILE]': 'enter the System V IPC namespace',
      'n,net[=FILE]': 'enter the network namespace',
      'p,pid[=FILE]': 'enter the pid namespace',
      'C,cgroup[=FILE]': 'enter the cgroup namespace',
      'U,user[=FILE]': 'enter the user namespace',
      'T,time[=FILE]': 'enter the time namespace',
      'S,setuid[=UID]': 'set the user',
      'G,setgid[=GID]': 'set the group',
      'preserve-credentials': '',
      'keep-caps': '',
      'r,root[=DIR]': 'set the root directory',
      'w,wd[=DIR]': 'set the working directory',
      'W,wdns=DIR': 'set the working directory in the namespace',
      'e,env': "take the process's environment",
      'F,no-fork': 'do not fork before running the program',
      'c,join-cgroup': '',
      'Z,follow-context': '',
    },
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands } = call;
    const { sys } = ctx;
    const target = options.value('target');
    if (target !== undefined && !/^\d+$/.test(target)) return die(call, `failed to parse pid: '${target}'`);
    const fds: { fd: number; type: LinuxNamespaceType }[] = [];
    const open = async (path: string): Promise<number> => {
      try {
        return await sys.open(ctx, path, { read: true, closeOnExec: true });
      } catch (error) {
        if (!isErrno(error)) throw error;
        return die(call, `cannot open ${path}: ${error.libc}`);
      }
    };
    for (const [option, type] of KINDS) {
      const file = options.value(option);
      if (file === undefined && !options.has('all')) continue;
      if (file !== undefined && file !== '') {
        fds.push({ fd: await open(file.replace(/^=/, '')), type });
        continue;
      }
      if (target === undefined)
        return die(
          call,
          options.has('all') && file === undefined
            ? 'no target PID specified for --all'
            : `neither filename nor target pid supplied for ns/${type}`,
        );
      if (options.has('all') && file === undefined) {
        // --all leaves out the namespaces it is in already.
        const own = await sys.readlink(ctx, `/proc/self/ns/${type}`);
        let other: string;
        try {
          other = await sys.readlink(ctx, `/proc/${target}/ns/${type}`);
        } catch (error) {
          if (!isErrno(error)) throw error;
          return die(call, `stat of /proc/${target}/ns/${type} failed: ${error.libc}`);
        }
        if (own === other) continue;
      }
      fds.push({ fd: await open(`/proc/${target}/ns/${type}`), type });
    }
    const root = options.value('root');
    const directory = options.value('wd');
    const rootPath = root === undefined ? undefined : root === '' ? `/proc/${target}/root` : root.replace(/^=/, '');
    // Where the mount namespace is entered too, its own root is what /proc/PID/root shows.
    if (rootPath !== undefined && !(root === '' && fds.some((f) => f.type === 'mnt'))) await sys.chroot(ctx, rootPath);
    if (directory !== undefined)
      await sys.chdir(ctx, directory === '' ? `/proc/${target}/cwd` : directory.replace(/^=/, ''));
    for (const { fd, type } of fds) {
      try {
        await sys.setns(ctx, fd);
      } catch (error) {
        if (!isErrno(error)) throw error;
        return die(call, `reassociate to namespace 'ns/${type}' failed: ${error.libc}`);
      }
      await sys.close(ctx, fd);
    }
    const inside = options.value('wdns');
    if (inside !== undefined) await sys.chdir(ctx, inside);
    if (fds.some((f) => f.type === 'pid') && !options.has('no-fork')) {
      const child = await sys.fork(ctx, async (c) => {
        await identity({ ...call, ctx: c }, options);
        return become(c, call.name, operands);
      });
      return waitAndReport(ctx, child);
    }
    await identity(call, options);
    return become(ctx, call.name, operands);
  },
);

const MAPPINGS = ['map-root-user', 'map-current-user', 'map-user', 'map-group'];

/** Gives oneself a number in the user namespace that one has just made. */
async function mapSelf(call: Invocation, options: Options, outside: { euid: number; egid: number }): Promise<void> {
  const { ctx } = call;
  const put = async (file: string, text: string): Promise<void> => {
    try {
      await writeFile(ctx, `/proc/self/${file}`, text);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await die(call, `write failed /proc/self/${file}: ${error.libc}`);
    }
  };
  const inside = (own: number, option: string): string | undefined =>
    options.value(option) ??
    (options.has('map-root-user') ? '0' : options.has('map-current-user') ? String(own) : undefined);
  const uid = inside(outside.euid, 'map-user');
  const gid = inside(outside.egid, 'map-group');
  const setgroups = options.value('setgroups');
  if (setgroups === 'allow' && gid !== undefined)
    await die(call, 'options --setgroups=allow and --map-group are mutually exclusive');
  if (uid !== undefined) await put('uid_map', `${uid} ${outside.euid} 1`);
  if (gid !== undefined || setgroups !== undefined) await put('setgroups', setgroups ?? 'deny');
  if (gid !== undefined) await put('gid_map', `${gid} ${outside.egid} 1`);
}

export const unshare = shortCommand(
  {
    name: 'unshare',
    version: VERSION,
    usage: ['[options] [<program> [<argument>...]]'],
    about: '\nRun a program with some namespaces not shared with the parent.',
    options: {
      'm,mount[=FILE]': 'unshare the mount namespace',
      'u,uts[=FILE]': 'unshare the UTS namespace (host name etc.)',
      'i,ipc[=FILE]': 'unshare the System V IPC namespace',
      'n,net[=FILE]': 'unshare the network namespace',
      'p,pid[=FILE]': 'unshare the pid namespace',
      'U,user[=FILE]': 'unshare the user namespace',
      'C,cgroup[=FILE]': 'unshare the cgroup namespace',
      'T,time[=FILE]': 'unshare the time namespace',
      'f,fork': 'fork before running the program',
      'kill-child[=SIGNAL]': 'the child dies with its parent; implies --fork',
      'mount-proc[=DIR]': 'mount /proc first; implies --mount',
      'propagation=KIND': 'of mounts: slave, shared, private or unchanged',
      'R,root=DIR': 'set the root directory',
      'w,wd=DIR': 'set the working directory',
      'S,setuid=UID': 'set the user',
      'G,setgid=GID': 'set the group',
      'r,map-root-user': 'map the user to root; implies --user',
      'c,map-current-user': 'map the user to itself; implies --user',
      'map-user=UID': 'map the user to UID; implies --user',
      'map-group=GID': 'map the group to GID; implies --user',
      'setgroups=WHAT': 'whether groups may be set in it: allow or deny',
      'map-auto': '',
      'keep-caps': '',
    },
    // Only the long options take a file: `-Ur` is two options.
    rewrite: (args) => {
      const end = args.findIndex((arg) => !arg.startsWith('-') || arg === '--');
      const own = end < 0 ? args : args.slice(0, end);
      const split = own.flatMap((arg) =>
        /^-[muinpUCTfrc]{2,}$/.test(arg) ? [...arg.slice(1)].map((one) => `-${one}`) : [arg],
      );
      return [...split, ...args.slice(own.length)];
    },
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands } = call;
    const { sys } = ctx;
    const mountProc = options.value('mount-proc');
    const types = KINDS.filter(
      ([option, type]) =>
        options.has(option) ||
        (type === 'mnt' && mountProc !== undefined) ||
        (type === 'user' && MAPPINGS.some((one) => options.has(one))),
    ).map(([, type]) => type);
    if (options.has('map-auto')) return die(call, 'failed to execute newuidmap: No such file or directory');
    const before = ownIds(ctx.process);
    try {
      await sys.unshare(ctx, types);
    } catch (error) {
      if (!isErrno(error)) throw error;
      return die(call, `unshare failed: ${error.libc}`);
    }
    await mapSelf(call, options, before);
    const finish = async (c: Context): Promise<number> => {
      const here = { ...call, ctx: c };
      for (const [option, type] of KINDS) {
        const file = options.value(option)?.replace(/^=/, '');
        if (file === undefined || file === '' || !types.includes(type)) continue;
        try {
          await c.sys.mount(c, `/proc/self/ns/${type}`, file, '', { bind: true });
        } catch (error) {
          if (!isErrno(error)) throw error;
          return die(here, `mount /proc/self/ns/${type} on ${file} failed: ${error.libc}`);
        }
      }
      const propagation = options.value('propagation') ?? 'private';
      if (types.includes('mnt') && propagation !== 'unchanged') {
        if (propagation !== 'private' && propagation !== 'slave' && propagation !== 'shared')
          return die(here, `unsupported propagation mode: ${propagation}`);
        await c.sys.mount(c, 'none', '/', '', { recursive: true, propagation });
      }
      const root = options.value('root');
      if (root !== undefined) {
        try {
          await c.sys.chroot(c, root);
          await c.sys.chdir(c, '/');
        } catch (error) {
          if (!isErrno(error)) throw error;
          return die(here, `cannot change root directory to '${root}': ${error.libc}`);
        }
      }
      if (mountProc !== undefined) {
        const point = mountProc === '' ? '/proc' : mountProc.replace(/^=/, '');
        try {
          await c.sys.mount(c, 'proc', point, 'proc', { noSuid: true, noExec: true, noDev: true });
        } catch (error) {
          if (!isErrno(error)) throw error;
          return die(here, `mount ${point} failed: ${error.libc}`);
        }
      }
      const directory = options.value('wd');
      if (directory !== undefined) await c.sys.chdir(c, directory);
      await identity(here, options);
      return become(c, call.name, operands);
    };
    if (!options.has('fork') && !options.has('kill-child')) return finish(ctx);
    const child = await sys.fork(ctx, async (c) => {
      if (options.has('kill-child')) c.sys.setParentDeathSignal(c, 'SIGKILL');
      try {
        return await finish(c);
      } catch (error) {
        if (error instanceof Exit) return error.code;
        throw error;
      }
    });
    return waitAndReport(ctx, child);
  },
);

export const setsid = shortCommand(
  {
    name: 'setsid',
    version: VERSION,
    usage: ['[options] <program> [arguments ...]'],
    about: '\nRun a program in a new session.',
    options: {
      'c,ctty': 'make the terminal the controlling one',
      'f,fork': 'always fork',
      'w,wait': 'wait for the program and return its status',
    },
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands } = call;
    if (operands.length === 0)
      return die(call, `no command specified\nTry '${call.name} --help' for more information.`);
    const finish = async (c: Context): Promise<number> => {
      await c.sys.setsid(c);
      if (options.has('ctty')) await c.sys.setControllingTty(c, 0);
      return become(c, call.name, operands);
    };
    const leader = ctx.sys.getpgid(ctx, 0) === ctx.sys.getpid(ctx);
    if (!leader && !options.has('fork')) return finish(ctx);
    const child = await ctx.sys.fork(ctx, finish);
    return options.has('wait') ? statusCode(await waitFor(ctx, child)) : 0;
  },
);

export const chroot = command(
  {
    name: 'chroot',
    usage: ['[OPTION]... NEWROOT [COMMAND [ARG]...]'],
    about: 'Run COMMAND with NEWROOT as its root directory.',
    options: {
      'groups=G_LIST': 'supplementary groups, g1,g2,..,gN',
      'userspec=USER:GROUP': 'user and group to use',
      'skip-chdir': "do not change to '/'",
    },
    notes: "Without COMMAND, '\"$SHELL\" -i' is run (default: '/bin/sh -i').",
    trouble: 125,
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands } = call;
    const [root, ...words] = operands;
    if (root === undefined) return die(call, `missing operand\nTry '${call.name} --help' for more information.`, 125);
    try {
      await ctx.sys.chroot(ctx, root);
    } catch (error) {
      if (!isErrno(error)) throw error;
      return die(call, `cannot change root directory to '${root}': ${error.libc}`, 125);
    }
    if (!options.has('skip-chdir')) await ctx.sys.chdir(ctx, '/');
    const [user, group] = (options.value('userspec') ?? '').split(':');
    const known = user === undefined || user === '' ? undefined : (await readUsers(ctx)).find((u) => u.name === user);
    const groups = options.value('groups');
    if (groups !== undefined)
      await ctx.sys.setgroups(
        ctx,
        groups
          .split(',')
          .filter((g) => g !== '')
          .map(Number),
      );
    if (group !== undefined && group !== '') await ctx.sys.setgid(ctx, Number(group));
    else if (known !== undefined) await ctx.sys.setgid(ctx, known.gid);
    if (user !== undefined && user !== '') {
      if (known === undefined && !/^\d+$/.test(user)) return die(call, 'invalid user', 125);
      await ctx.sys.setuid(ctx, known?.uid ?? Number(user));
    }
    const argv = words.length > 0 ? words : [getenv(ctx, 'SHELL') ?? '/bin/sh', '-i'];
    const error = await execvp(ctx, argv);
    await call.complain(`failed to run command '${argv[0]}': ${error.libc}`);
    return execStatus(error);
  },
);
