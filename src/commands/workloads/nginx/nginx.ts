/**
 * nginx: the master reads the configuration, opens what is needed and keeps its workers; workers serve.
 * @models nginx 1.27 src/core/nginx.c, src/os/unix/ngx_process_cycle.c
 * @fidelity partial: HTTP/1.1 without TLS, gzip, rewrite, if, map, autoindex; no binary upgrade (USR2); which version it is it reads from NGINX_VERSION, as one program stands for all builds
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, getenv, print, printError, readFile, writeFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { parseSignal, type Signal, signalNumber } from '../../../linux/signals.ts';
import { ownIds } from '../../../linux/user-namespace.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { readGroups, readUsers } from '../../common/users.ts';
import { reapAll, signalQueue } from '../signals.ts';
import { absolute, ConfigError, parseGlobal, readConfig } from './config.ts';
import { complain, type ErrorLog, LogError, log, openErrorLog, openLog } from './log.ts';
import { serveConnection, type Worker } from './serve.ts';
import { interpret, type ServerSettings, type Settings } from './settings.ts';

type Options = { conf: string; global: string; test: boolean; dump: boolean; quiet: boolean; signal: string | null };

const DEFAULT_CONF = '/etc/nginx/nginx.conf';
const BIND_TRIES = 5;
const BIND_RETRY_NS = 500_000_000;
const DRAIN_POLL_NS = 10_000_000;
const DEFAULT_VERSION = '1.27.5';

export const nginx: Program = {
  name: 'nginx',
  startCpuNs: LATENCY.nginxStartNs,
  rssBytes: 7_400_000,
  main: async (ctx, argv) => {
    const version = getenv(ctx, 'NGINX_VERSION') ?? DEFAULT_VERSION;
    const options = await parseArguments(ctx, argv.slice(1), version);
    if (typeof options === 'number') return options;
    let settings: Settings;
    try {
      settings = interpret([...(await readConfig(ctx, options.conf)), ...parseGlobal(options.global)]);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      await complain(ctx, 'emerg', error.message);
      if (options.test) await printError(ctx, `nginx: configuration file ${options.conf} test failed\n`);
      return 1;
    }
    if (options.signal !== null) return sendSignal(ctx, options.signal, settings.pidPath);
    if (options.test) {
      if (!options.quiet)
        await printError(
          ctx,
          `nginx: the configuration file ${options.conf} syntax is ok\nnginx: configuration file ${options.conf} test is successful\n`,
        );
      if (options.dump)
        await print(ctx, `# configuration file ${options.conf}:\n${await readFile(ctx, options.conf)}\n`);
      return 0;
    }
    const master = new Master(ctx, settings, options, version);
    const code = await master.open();
    if (code !== 0) return code;
    if (!settings.daemon) return master.run(argv);
    await ctx.sys.fork(ctx, async (inner) => {
      await inner.sys.setsid(inner);
      return master.in(inner).run(argv);
    });
    return 0;
  },
};

async function parseArguments(ctx: Context, args: readonly string[], version: string): Promise<Options | number> {
  const options: Options = { conf: DEFAULT_CONF, global: '', test: false, dump: false, quiet: false, signal: null };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!arg.startsWith('-') || arg === '-') {
      await printError(ctx, `nginx: invalid option: "${arg}"\n`);
      return 1;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string;
      if (letter === 'v' || letter === 'V' || letter === '?' || letter === 'h') {
        await printError(
          ctx,
          `nginx version: nginx/${version}\n${letter === 'V' ? `built by ${await compiler(ctx)}\nconfigure arguments: --prefix=/etc/nginx --sbin-path=/usr/sbin/nginx --conf-path=${DEFAULT_CONF} --pid-path=/run/nginx.pid\n` : ''}${letter === '?' || letter === 'h' ? USAGE : ''}`,
        );
        return 0;
      }
      if (letter === 't' || letter === 'T') {
        options.test = true;
        options.dump ||= letter === 'T';
      } else if (letter === 'q') options.quiet = true;
      else if ('pcegs'.includes(letter)) {
        const value = arg.slice(at + 1) || args[++i];
        if (value === undefined) {
          const what =
            { p: 'directory name', c: 'file name', e: 'file name', g: 'parameter', s: 'parameter' }[letter] ??
            'parameter';
          await printError(ctx, `nginx: option "-${letter}" requires ${what}\n`);
          return 1;
        }
        if (letter === 'c') options.conf = absolute(value);
        else if (letter === 'g') options.global = /;\s*$/.test(value) ? value : `${value};`;
        else if (letter === 's') {
          if (!(value in CONTROL)) {
            await printError(ctx, `nginx: invalid option: "-s ${value}"\n`);
            return 1;
          }
          options.signal = value;
        }
        break;
      } else {
        await printError(ctx, `nginx: invalid option: "${letter}"\n`);
        return 1;
      }
    }
  }
  return options;
}

const USAGE = `Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]
             [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : this text
  -v            : print the version
  -V            : print the version and how it was built
  -t            : read the configuration, say whether it is right, stop
  -T            : the same, and print it
  -q            : with -t: only errors
  -s signal     : tell the running master: stop, quit, reopen, reload
  -p prefix     : another prefix than /etc/nginx/
  -e filename   : another error log than /var/log/nginx/error.log
  -c filename   : another configuration than ${DEFAULT_CONF}
  -g directives : global directives besides the file's

`;

const CONTROL: Record<string, Signal> = { stop: 'SIGTERM', quit: 'SIGQUIT', reopen: 'SIGUSR1', reload: 'SIGHUP' };

async function compiler(ctx: Context): Promise<string> {
  return (await exists(ctx, '/etc/alpine-release'))
    ? 'gcc 13.2.1 20240309 (Alpine 13.2.1_git20240309) '
    : 'gcc 12.2.0 (Debian 12.2.0-14) ';
}

async function sendSignal(ctx: Context, command: string, pidPath: string): Promise<number> {
  let pid: number;
  try {
    pid = Number((await readFile(ctx, pidPath)).trim());
  } catch (error) {
    if (!isErrno(error)) throw error;
    await complain(ctx, 'error', `open() "${pidPath}" failed (${error.errno}: ${error.libc})`);
    return 1;
  }
  try {
    await ctx.sys.kill(ctx, pid, CONTROL[command] as Signal);
    return 0;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await complain(
      ctx,
      'alert',
      `kill(${pid}, ${signalNumber(CONTROL[command] as Signal)}) failed (${error.errno}: ${error.libc})`,
    );
    return 1;
  }
}

class Master {
  private ctx: Context;
  private settings: Settings;
  private readonly options: Options;
  private readonly version: string;
  private errors: ErrorLog = { fds: [] };
  private accessLogs = new Map<string, number>();
  /** `host:port` to the listening descriptor. */
  private readonly listeners = new Map<string, number>();
  private readonly workers = new Map<number, { retiring: boolean }>();

  constructor(ctx: Context, settings: Settings, options: Options, version: string) {
    this.ctx = ctx;
    this.settings = settings;
    this.options = options;
    this.version = version;
  }

  /** The same master in the process that daemon() forked. */
  in(ctx: Context): this {
    this.ctx = ctx;
    return this;
  }

  async open(): Promise<number> {
    const { ctx } = this;
    try {
      this.errors = await openErrorLog(ctx, this.settings);
      await this.openAccessLogs();
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      await complain(ctx, 'alert', `could not open error log file: ${error.message}`);
      return 1;
    }
    return (await this.bind()) ? 0 : 1;
  }

  private async openAccessLogs(): Promise<void> {
    const every = [
      this.settings.http,
      ...this.settings.servers.flatMap((s) => [s.settings, ...s.locations.map((l) => l.settings)]),
    ];
    const paths = new Set(
      every.flatMap((list) => list.filter((d) => d.name === 'access_log').map((d) => d.args[0] ?? '')),
    );
    if (paths.size === 0) paths.add('/var/log/nginx/access.log');
    for (const path of paths)
      if (path !== 'off' && !this.accessLogs.has(path)) this.accessLogs.set(path, await openLog(this.ctx, path));
  }

  private async bind(): Promise<boolean> {
    const { ctx } = this;
    const wanted = new Map(this.settings.servers.flatMap((s) => s.listens).map((l) => [`${l.host}:${l.port}`, l]));
    for (const [key, fd] of [...this.listeners]) {
      if (wanted.has(key)) continue;
      await ctx.sys.close(ctx, fd);
      this.listeners.delete(key);
    }
    for (let attempt = 0; attempt < BIND_TRIES; attempt++) {
      let failed = false;
      for (const [key, { host, port }] of wanted) {
        if (this.listeners.has(key)) continue;
        try {
          this.listeners.set(key, await ctx.sys.listen(ctx, { family: 'inet', host, port }));
        } catch (error) {
          if (!isErrno(error)) throw error;
          const text = `bind() to ${key} failed (${error.errno}: ${error.libc})`;
          await log(ctx, this.errors, 'emerg', text);
          await complain(ctx, 'emerg', text);
          if (error.code !== 'EADDRINUSE') return false;
          failed = true;
        }
      }
      if (!failed) return true;
      await log(ctx, this.errors, 'notice', 'try again to bind() after 500ms');
      await ctx.sleep(BIND_RETRY_NS);
    }
    await log(ctx, this.errors, 'emerg', 'still could not bind()');
    await complain(ctx, 'emerg', 'still could not bind()');
    return false;
  }

  async run(argv: readonly string[]): Promise<number> {
    const { ctx } = this;
    const { sys } = ctx;
    const signals = signalQueue(ctx, ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGWINCH', 'SIGCHLD']);
    try {
      await writeFile(ctx, this.settings.pidPath, `${sys.getpid(ctx)}\n`);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await complain(ctx, 'emerg', `open() "${this.settings.pidPath}" failed (${error.errno}: ${error.libc})`);
      return 1;
    }
    sys.setTitle(ctx, ['nginx: master process', ...argv].join(' '));
    const limit = sys.getrlimit(ctx, 'NOFILE');
    const { release } = await sys.uname(ctx);
    await this.notice('using the "epoll" event method');
    await this.notice(`nginx/${this.version}`);
    await this.notice(`built by ${await compiler(ctx)}`);
    await this.notice(`OS: Linux ${release}`);
    await this.notice(`getrlimit(RLIMIT_NOFILE): ${limit.soft}:${limit.hard}`);
    await this.startWorkers();
    let ending = false;
    for (;;) {
      const signal = await signals.take();
      if (signal === null) return 0;
      switch (signal) {
        case 'SIGCHLD':
          for (const status of await reapAll(ctx)) {
            await this.notice(`signal 17 (SIGCHLD) received from ${status.pid}`);
            const worker = this.workers.get(status.pid);
            this.workers.delete(status.pid);
            const name = worker === undefined ? 'unknown process' : 'worker process';
            if (status.signal !== null)
              await log(
                ctx,
                this.errors,
                'alert',
                `${name} ${status.pid} exited on signal ${signalNumber(status.signal)}`,
              );
            else await this.notice(`${name} ${status.pid} exited with code ${status.exitCode}`);
            if (!ending && worker?.retiring === false) await this.startWorker();
          }
          if (ending && this.workers.size === 0) {
            await this.notice('exit');
            await sys.unlink(ctx, this.settings.pidPath).catch((error: unknown) => {
              if (!isErrno(error)) throw error;
            });
            return 0;
          }
          break;
        case 'SIGTERM':
        case 'SIGINT':
          await this.notice(`${received(signal)}, exiting`);
          ending = true;
          await this.signalWorkers('SIGTERM');
          break;
        case 'SIGQUIT':
          await this.notice(`${received(signal)}, shutting down`);
          ending = true;
          await this.signalWorkers('SIGQUIT');
          break;
        case 'SIGWINCH':
          await this.notice(`${received(signal)}, shutting down workers`);
          for (const worker of this.workers.values()) worker.retiring = true;
          await this.signalWorkers('SIGQUIT');
          break;
        case 'SIGUSR1':
          await this.notice(`${received(signal)}, reopening logs`);
          await this.notice('reopening logs');
          await this.signalWorkers('SIGUSR1');
          break;
        default:
          await this.notice(`${received(signal)}, reconfiguring`);
          await this.reload();
      }
    }
  }

  private async reload(): Promise<void> {
    const { ctx } = this;
    await this.notice('reconfiguring');
    let next: Settings;
    try {
      next = interpret([...(await readConfig(ctx, this.options.conf)), ...parseGlobal(this.options.global)]);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      await log(ctx, this.errors, 'emerg', error.message);
      return;
    }
    const previous = this.settings;
    this.settings = next;
    try {
      await this.openAccessLogs();
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      await log(ctx, this.errors, 'emerg', error.message);
      this.settings = previous;
      return;
    }
    if (!(await this.bind())) {
      this.settings = previous;
      return;
    }
    const old = [...this.workers];
    await this.notice('using the "epoll" event method');
    await this.startWorkers();
    for (const [pid, worker] of old) {
      worker.retiring = true;
      await this.signal(pid, 'SIGQUIT');
    }
  }

  private async startWorkers(): Promise<void> {
    await this.notice('start worker processes');
    const cores = (await readFile(this.ctx, '/proc/cpuinfo').catch(() => '')).match(/^processor/gm)?.length ?? 1;
    const count = this.settings.workers === 'auto' ? cores : this.settings.workers;
    for (let i = 0; i < count; i++) await this.startWorker();
  }

  private async startWorker(): Promise<void> {
    const { ctx } = this;
    const pid = await ctx.sys.fork(ctx, (inner) => this.work(inner));
    this.workers.set(pid, { retiring: false });
    await this.notice(`start worker process ${pid}`);
  }

  /** The life of a worker, in its own process. */
  private async work(ctx: Context): Promise<number> {
    const { sys } = ctx;
    const { settings, errors } = this;
    const signals = signalQueue(ctx, ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGHUP', 'SIGWINCH']);
    sys.sigaction(ctx, 'SIGHUP', 'ignore');
    sys.setTitle(ctx, 'nginx: worker process');
    await sys.setMemory(ctx, LATENCY.nginxWorkerBytes);
    if (!(await becomeUser(ctx, settings.user, errors))) return 2;
    const worker: Worker = {
      settings,
      version: this.version,
      errors,
      accessLogs: this.accessLogs,
      draining: false,
      active: 0,
      busy: 0,
    };
    let connections = 0;
    for (const [key, listener] of this.listeners) {
      const servers = settings.servers.filter((s) => s.listens.some((l) => `${l.host}:${l.port}` === key));
      ctx.go('accept', (c) => this.accept(c, worker, listener, servers, () => ++connections));
    }
    for (;;) {
      const signal = await signals.take();
      if (signal === 'SIGQUIT') {
        await log(ctx, errors, 'notice', 'gracefully shutting down');
        worker.draining = true;
        for (const listener of this.listeners.values()) await sys.close(ctx, listener);
        // Connections that are busy finish; idle ones are closed with the process.
        while (worker.busy > 0) await ctx.sleep(DRAIN_POLL_NS);
      } else if (signal !== 'SIGTERM' && signal !== 'SIGINT') continue;
      await log(ctx, errors, 'notice', 'exiting');
      await log(ctx, errors, 'notice', 'exit');
      return 0;
    }
  }

  private async accept(
    ctx: Context,
    worker: Worker,
    listener: number,
    servers: readonly ServerSettings[],
    number: () => number,
  ): Promise<void> {
    for (;;) {
      let fd: number;
      try {
        fd = await ctx.sys.accept(ctx, listener);
      } catch (error) {
        if (isErrno(error)) return;
        throw error;
      }
      worker.active++;
      ctx.go('connection', async (c) => {
        await serveConnection(c, worker, fd, servers, number());
        worker.active--;
      });
    }
  }

  private async signalWorkers(signal: Signal): Promise<void> {
    for (const pid of this.workers.keys()) await this.signal(pid, signal);
  }

  private async signal(pid: number, signal: Signal): Promise<void> {
    try {
      await this.ctx.sys.kill(this.ctx, pid, signal);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }

  private notice(text: string): Promise<void> {
    return log(this.ctx, this.errors, 'notice', text);
  }
}

function received(signal: Signal): string {
  return `signal ${signalNumber(signal)} (${parseSignal(signal) ?? signal}) received`;
}

async function becomeUser(ctx: Context, user: string | null, errors: ErrorLog): Promise<boolean> {
  if (user === null || ownIds(ctx.process).euid !== 0) return true;
  const entry = (await readUsers(ctx)).find((u) => u.name === user);
  if (entry === undefined) {
    await log(ctx, errors, 'emerg', `getpwnam("${user}") failed`);
    return false;
  }
  const groups = (await readGroups(ctx)).filter((g) => g.members.includes(user)).map((g) => g.gid);
  const step = async (name: string, run: () => Promise<void>): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await log(ctx, errors, 'emerg', `${name} failed (${error.errno}: ${error.libc})`);
      return false;
    }
  };
  return (
    (await step(`setgid(${entry.gid})`, () => ctx.sys.setgid(ctx, entry.gid))) &&
    (await step(`initgroups(${user}, ${entry.gid})`, () => ctx.sys.setgroups(ctx, [entry.gid, ...groups]))) &&
    (await step(`setuid(${entry.uid})`, () => ctx.sys.setuid(ctx, entry.uid)))
  );
}
