/**
 * BusyBox: one program, many names. Which applet runs is the last part of argv[0], or else the first argument.
 * @models busybox 1.37 libbb/appletlib.c
 * @fidelity partial: the applets of usages.ts; others say that they are not simulated; those without an own version here work as the GNU command does, in BusyBox's words
 */
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Main, Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { BANNER, usageText } from './applet.ts';
import { brctl } from './bridges.ts';
import { httpd, wget } from './http.ts';
import { ls } from './ls.ts';
import { mount, mountpoint, umount } from './mounts.ts';
import { ifconfig, ip, netstat, route } from './network.ts';
import { ping, traceroute } from './ping.ts';
import { flock, nice, renice } from './priorities.ts';
import { free, killallMain, killMain, ps, uptime } from './processes.ts';
import { df, env, id, ipcs, unlink, usleep, wc, which } from './small.ts';
import { nc, nslookup } from './sockets.ts';
import { top } from './top.ts';
import { USAGES } from './usages.ts';
import { reworded } from './wording.ts';

const OWN: Readonly<Record<string, Main>> = {
  brctl,
  df,
  env,
  flock,
  free,
  httpd,
  id,
  ipcs,
  ifconfig,
  ip,
  kill: killMain,
  killall: killallMain,
  ls,
  mount,
  mountpoint,
  nc,
  netstat,
  nice,
  nslookup,
  ping,
  ps,
  renice,
  route,
  top,
  traceroute,
  umount,
  unlink,
  uptime,
  usleep,
  wc,
  wget,
  which,
};

/** These take `--help` as an ordinary argument. */
const NO_HELP = new Set(['echo', 'true', 'false', 'test', '[', '[[', 'sh', 'ash']);
const LINE_WIDTH = 80;
const CANNOT_INVOKE = 126;

/** @param sh main of `sh` and `ash`  @param commands the GNU commands that applets may share their work with */
export function makeBusybox(sh: Main, commands: readonly Program[]): Program {
  const applets = new Map<string, Main>();
  for (const name of Object.keys(USAGES)) {
    const main = mainOf(name, sh, commands);
    if (main !== null) applets.set(name, main);
  }
  return {
    name: 'busybox',
    startCpuNs: LATENCY.busyboxStartNs,
    rssBytes: 1_000_000,
    // Not itself a function that waits: whatever runs under a name would keep it for as long.
    main: (ctx, argv) => {
      let args = [...argv];
      let name = (args[0] ?? '').replace(/^-/, '').replace(/^.*\//, '');
      const byLink = !name.startsWith('busybox');
      if (!byLink) {
        const first = args[1];
        if (first === undefined || first === '--help') {
          if (first === '--help' && args[2] !== undefined) args = ['busybox', args[2], '--help'];
          else return said(print(ctx, about([...applets.keys()])));
        } else if (first === '--list' || first === '--list-full') {
          const prefix = first === '--list' ? '' : 'bin/';
          return said(print(ctx, [...applets.keys()].map((a) => `${prefix}${a}\n`).join('')));
        } else if (first === '--install') return install(ctx, args.slice(2), [...applets.keys()]);
        args = args.slice(1);
        name = (args[0] ?? '').replace(/^.*\//, '');
      }
      const main = applets.get(name);
      if (main === undefined) {
        // A link means that this busybox has it.
        if (byLink) return said(printRefusal(ctx, `${name}: an applet that is not simulated\n`), CANNOT_INVOKE);
        return said(printError(ctx, `${name}: applet not found\n`), 127);
      }
      if (args.length === 2 && args[1] === '--help' && !NO_HELP.has(name))
        return said(print(ctx, usageText(name, USAGES[name] ?? ['', ''])));
      // A login shell keeps its dash.
      return main(ctx, [name === 'sh' || name === 'ash' ? (args[0] ?? name) : name, ...args.slice(1)]);
    },
  };
}

async function said(printed: Promise<void>, status = 0): Promise<number> {
  await printed;
  return status;
}

function mainOf(name: string, sh: Main, commands: readonly Program[]): Main | null {
  if (name === 'sh' || name === 'ash') return sh;
  const own = OWN[name];
  if (own !== undefined) return own;
  const usage = USAGES[name] ?? ['', ''];
  const shared = (command: string, extra: readonly string[] = []): Main | null => {
    const program = commands.find((p) => p.name === command);
    if (program === undefined) return null;
    return reworded(
      extra.length === 0
        ? program.main
        : (ctx, argv) => program.main(ctx, [argv[0] ?? name, ...extra, ...argv.slice(1)]),
      usage,
      command === 'ls' ? 1 : 255,
    );
  };
  switch (name) {
    case '[':
    case '[[':
      return bracket(commands, name);
    case 'grep':
      // It tells no binary input from text.
      return shared('grep', ['-a']);
    case 'egrep':
      return shared('grep', ['-a', '-E']);
    case 'fgrep':
      return shared('grep', ['-a', '-F']);
    case 'vi':
      return shared('vim');
    case 'busybox':
      return null;
    default:
      return shared(name);
  }
}

/** `[[ … ]]` is `[ … ]` here. */
function bracket(commands: readonly Program[], name: string): Main | null {
  const test = commands.find((p) => p.name === 'test');
  if (test === undefined) return null;
  return async (ctx, argv) =>
    test.main(ctx, name === '[[' && argv.at(-1) === ']]' ? ['[', ...argv.slice(1, -1), ']'] : ['[', ...argv.slice(1)]);
}

async function install(ctx: Parameters<Main>[0], args: readonly string[], applets: readonly string[]): Promise<number> {
  const symbolic = args.includes('-s');
  const folder = args.find((a) => !a.startsWith('-')) ?? '/bin';
  const self = (await ctx.sys.readlink(ctx, '/proc/self/exe').catch(() => '/bin/busybox')) || '/bin/busybox';
  for (const name of applets) {
    const path = `${folder}/${name}`;
    try {
      if (symbolic) await ctx.sys.symlink(ctx, self, path);
      else await ctx.sys.link(ctx, self, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `busybox: ${path}: ${error.libc}\n`);
    }
  }
  return 0;
}

function about(applets: readonly string[]): string {
  const lines: string[] = [];
  let line = '\t';
  applets.forEach((name, i) => {
    const word = `${name}${i === applets.length - 1 ? '' : ', '}`;
    if (line.length + word.trimEnd().length + 7 > LINE_WIDTH) {
      lines.push(line.trimEnd());
      line = '\t';
    }
    line += word;
  });
  lines.push(line);
  return `${BANNER}\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list[-full]\n   or: busybox --install [-s] [DIR]\n   or: function [arguments]...\n\n\tMany Unix tools in one program: it does what the name says that it is\n\tcalled by. Links with the names of the functions point to it.\n\nCurrently defined functions:\n${lines.join('\n')}\n`;
}
