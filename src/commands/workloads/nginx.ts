/**
 * nginx: a master and its workers serving files.
 * @models nginx 1.27 src/os/unix/ngx_process_cycle.c, src/http
 * @fidelity partial: static files, return, fixed-text locations and autoindex-less directories; no proxying, TLS, HTTP/2 or gzip
 */
import { Queue } from '../../sim/primitives.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, printError, readFile, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { signalNumber, type Signal } from '../../linux/signals.ts';
import { goLogStamp } from '../../go/time.ts';
import { readUsers } from '../common/users.ts';
import { checkMain, ConfigError, find, readConfig, type Directive } from './nginx-config.ts';
import { serveConnection, type Server } from './nginx-http.ts';

const CONF = '/etc/nginx/nginx.conf';

export type Logger = (level: string, text: string) => Promise<void>;

export const nginx: Program = {
  name: 'nginx',
  startCpuNs: 3_000_000,
  rssBytes: 7_000_000,
  main: async (ctx, argv) => {
    const { sys } = ctx;
    const version = getenv(ctx, 'NGINX_VERSION') ?? '1.27.5';
    let conf = CONF;
    let globals = '';
    let test = false;
    let signal: string | null = null;
    const args = argv.slice(1);
    for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
      if (arg === '-v' || arg === '-V') {
        await printError(ctx, `nginx version: nginx/${version}\n`);
        return 0;
      }
      if (arg === '-g') globals = args.shift() ?? '';
      else if (arg === '-c') conf = args.shift() ?? '';
      else if (arg === '-t' || arg === '-T') test = true;
      else if (arg === '-q') continue;
      else if (arg === '-s') signal = args.shift() ?? '';
      else {
        await printError(ctx, `nginx: invalid option: "${arg.replace(/^-/, '')}"\n`);
        return 1;
      }
    }
    const pid = sys.getpid(ctx);
    const emergency = async (text: string): Promise<void> => {
      await printError(ctx, `${goLogStamp(ctx.wallTime)} [emerg] ${pid}#${pid}: ${text}\n`);
      await printError(ctx, `nginx: [emerg] ${text}\n`);
    };
    let directives: Directive[];
    try {
      directives = await readConfig(ctx, conf);
      checkMain(directives);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (test) {
        await printError(ctx, `nginx: [emerg] ${error.message}\nnginx: configuration file ${conf} test failed\n`);
        return 1;
      }
      await emergency(error.message);
      return 1;
    }
    if (test) {
      await printError(ctx, `nginx: the configuration file ${conf} syntax is ok\nnginx: configuration file ${conf} test is successful\n`);
      return 0;
    }
    const pidFile = find(directives, 'pid')?.args[0] ?? '/run/nginx.pid';
    if (signal !== null) return sendSignal(ctx, signal, pidFile);
    return new Master(ctx, directives, conf, globals, version, pidFile, argv).run(emergency);
  },
};

async function sendSignal(ctx: Context, name: string, pidFile: string): Promise<number> {
  const signals: Record<string, Signal> = { stop: 'SIGTERM', quit: 'SIGQUIT', reopen: 'SIGUSR1', reload: 'SIGHUP' };
  const signal = signals[name];
  if (signal === undefined) {
    await printError(ctx, `nginx: invalid option: "-s ${name}"\n`);
    return 1;
  }
  const pid = sysPid(ctx);
  try {
    const target = Number((await readFile(ctx, pidFile)).trim());
    await printError(ctx, `${goLogStamp(ctx.wallTime)} [notice] ${pid}#${pid}: signal process started\n`);
    await ctx.sys.kill(ctx, target, signal);
    return 0;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, `nginx: [error] open() "${pidFile}" failed (${error.errno}: ${error.libc})\n`);
    return 1;
  }
}

const sysPid = (ctx: Context): number => ctx.sys.getpid(ctx);

class Master {
  private readonly ctx: Context;
  private directives: Directive[];
  private readonly conf: string;
  private readonly globals: string;
  private readonly version: string;
  private readonly pidFile: string;
  private readonly argv: readonly string[];
  private readonly listeners = new Map<number, number>();
  private workers: number[] = [];
  private logFd = 2;
  private level = 'notice';

  constructor(ctx: Context, directives: Directive[], conf: string, globals: string, version: string, pidFile: string, argv: readonly string[]) {
    this.ctx = ctx;
    this.directives = directives;
    this.conf = conf;
    this.globals = globals;
    this.version = version;
    this.pidFile = pidFile;
    this.argv = argv;
  }

  private readonly log: Logger = async (level, text) => this.logFrom(this.ctx, level, text);

  private async logFrom(ctx: Context, level: string, text: string): Promise<void> {
    const order = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'];
    if (order.indexOf(level) > order.indexOf(this.level)) return;
    const pid = sysPid(ctx);
    try {
      await ctx.sys.write(ctx, this.logFd, `${goLogStamp(ctx.wallTime)} [${level}] ${pid}#${pid}: ${text}\n`);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }

  async run(emergency: (text: string) => Promise<void>): Promise<number> {
    const { ctx, directives } = this;
    const { sys } = ctx;
    const errorLog = find(directives, 'error_log');
    this.level = errorLog?.args[1] ?? 'error';
    try {
      if (errorLog?.args[0] !== undefined && errorLog.args[0] !== 'stderr') this.logFd = await sys.open(ctx, errorLog.args[0], { write: true, create: true, append: true });
    } catch (error) {
      if (!isErrno(error)) throw error;
      this.logFd = 2;
    }
    sys.sigaction(ctx, 'SIGPIPE', 'ignore');
    const servers = serversOf(directives);
    for (const port of new Set(servers.map((s) => s.port))) {
      try {
        this.listeners.set(port, await sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port }));
      } catch (error) {
        if (!isErrno(error)) throw error;
        await emergency(`bind() to 0.0.0.0:${port} failed (${error.errno}: ${error.libc})`);
        return 1;
      }
    }
    if (!/daemon\s+off/.test(this.globals) && find(directives, 'daemon')?.args[0] !== 'off') {
      // Daemonise: the parent ends at once, the master goes on in a session of its own.
      await sys.fork(ctx, async (inner) => {
        await inner.sys.setsid(inner);
        const master = new Master(inner, this.directives, this.conf, this.globals, this.version, this.pidFile, this.argv);
        for (const [port, fd] of this.listeners) master.listeners.set(port, fd);
        master.logFd = this.logFd;
        master.level = this.level;
        return master.cycle(servers);
      });
      return 0;
    }
    return this.cycle(servers);
  }

  private async cycle(first: Server[]): Promise<number> {
    const { ctx } = this;
    const { sys } = ctx;
    let servers = first;
    const signals = new Queue<Signal>(ctx.scheduler);
    for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGWINCH', 'SIGCHLD'] as const) sys.sigaction(ctx, signal, (s) => signals.push(s));
    const limit = sys.getrlimit(ctx, 'NOFILE');
    const { release } = await sys.uname(ctx);
    await this.log('notice', 'using the "epoll" event method');
    await this.log('notice', `nginx/${this.version}`);
    await this.log('notice', 'built by gcc 12.2.0 (Debian 12.2.0-14) ');
    await this.log('notice', `OS: Linux ${release}`);
    await this.log('notice', `getrlimit(RLIMIT_NOFILE): ${limit.soft}:${limit.hard}`);
    try {
      await writeFile(ctx, this.pidFile, `${sysPid(ctx)}\n`);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    sys.setTitle(ctx, `nginx: master process ${this.argv.join(' ')}`);
    await this.startWorkers(servers);
    let ending: Signal | null = null;
    for (;;) {
      const signal = await signals.take();
      if (signal === null) continue;
      const label = `signal ${signalNumber(signal)} (${signal}) received`;
      if (signal === 'SIGCHLD') {
        for (;;) {
          const status = await sys.wait(ctx, -1, { noHang: true }).catch((error: unknown) => {
            if (isErrno(error, 'ECHILD')) return null;
            throw error;
          });
          if (status === null) break;
          await this.log('notice', `${label} from ${status.pid}`);
          await this.log(status.signal === null ? 'notice' : 'alert', status.signal === null ? `worker process ${status.pid} exited with code ${status.exitCode}` : `worker process ${status.pid} exited on signal ${signalNumber(status.signal)}`);
          const ours = this.workers.includes(status.pid);
          this.workers = this.workers.filter((w) => w !== status.pid);
          // A worker that died of a signal is replaced; one that ended as told is not.
          if (ours && ending === null && !this.retired.delete(status.pid)) await this.startWorker(servers);
        }
        if (ending !== null && this.workers.length === 0) {
          await this.log('notice', 'exit');
          return 0;
        }
      } else if (signal === 'SIGHUP') {
        await this.log('notice', `${label}, reconfiguring`);
        await this.log('notice', 'reconfiguring');
        try {
          this.directives = await readConfig(ctx, this.conf);
          servers = serversOf(this.directives);
          for (const port of new Set(servers.map((s) => s.port))) if (!this.listeners.has(port)) this.listeners.set(port, await sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port }));
          const old = this.workers;
          for (const worker of old) this.retired.add(worker);
          await this.startWorkers(servers);
          for (const worker of old) await this.tell(worker, 'SIGQUIT');
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          await this.log('emerg', error.message);
        }
      } else if (signal === 'SIGUSR1' || signal === 'SIGWINCH') await this.log('notice', `${label}${signal === 'SIGUSR1' ? ', reopening logs' : ', shutting down workers'}`);
      else {
        await this.log('notice', `${label}, ${signal === 'SIGQUIT' ? 'shutting down' : 'exiting'}`);
        ending = signal === 'SIGQUIT' ? 'SIGQUIT' : 'SIGTERM';
        for (const worker of this.workers) await this.tell(worker, ending);
      }
    }
  }

  private readonly retired = new Set<number>();

  private async tell(pid: number, signal: Signal): Promise<void> {
    try {
      await this.ctx.sys.kill(this.ctx, pid, signal);
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
  }

  private async startWorkers(servers: Server[]): Promise<void> {
    const wanted = find(this.directives, 'worker_processes')?.args[0] ?? '1';
    const count = wanted === 'auto' ? ((await readFile(this.ctx, '/proc/cpuinfo')).match(/^processor/gm)?.length ?? 1) : Number(wanted);
    await this.log('notice', 'start worker processes');
    for (let i = 0; i < count; i++) await this.startWorker(servers);
  }

  private async startWorker(servers: Server[]): Promise<void> {
    const { ctx } = this;
    const pid = await ctx.sys.fork(ctx, (inner) => this.worker(inner, servers));
    this.workers.push(pid);
    await this.log('notice', `start worker process ${pid}`);
  }

  private async worker(ctx: Context, servers: Server[]): Promise<number> {
    const { sys } = ctx;
    const userName = find(this.directives, 'user')?.args[0];
    const user = userName === undefined ? undefined : (await readUsers(ctx)).find((u) => u.name === userName);
    const signals = new Queue<Signal>(ctx.scheduler);
    for (const signal of ['SIGQUIT', 'SIGTERM', 'SIGINT', 'SIGUSR1'] as const) sys.sigaction(ctx, signal, (s) => signals.push(s));
    for (const signal of ['SIGHUP', 'SIGCHLD', 'SIGWINCH'] as const) sys.sigaction(ctx, signal, 'default');
    sys.sigaction(ctx, 'SIGHUP', 'ignore');
    sys.sigaction(ctx, 'SIGPIPE', 'ignore');
    let accessFd: number | null = null;
    const accessLog = find(find(this.directives, 'http')?.block, 'access_log')?.args[0] ?? '/var/log/nginx/access.log';
    if (accessLog !== 'off') {
      try {
        accessFd = await sys.open(ctx, accessLog, { write: true, create: true, append: true });
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    if (user !== undefined && ctx.process.credentials.euid === 0) {
      await sys.setgroups(ctx, [user.gid]);
      await sys.setgid(ctx, user.gid);
      await sys.setuid(ctx, user.uid);
    }
    sys.setTitle(ctx, 'nginx: worker process');
    const busy = { count: 0, closing: false };
    const log: Logger = (level, text) => this.logFrom(ctx, level, text);
    let connections = 0;
    for (const [port, listener] of this.listeners) {
      ctx.go('accept', async (c) => {
        for (;;) {
          const fd = await c.sys.accept(c, listener);
          const number = ++connections;
          busy.count++;
          c.go('connection', async (inner) => {
            try {
              await serveConnection(inner, fd, { servers: servers.filter((s) => s.port === port), version: this.version, accessFd, log, connection: number, busy });
            } finally {
              busy.count--;
              if (busy.closing && busy.count === 0) signals.push('SIGQUIT');
            }
          });
        }
      });
    }
    for (;;) {
      const signal = await signals.take();
      if (signal === 'SIGUSR1' || signal === null) continue;
      if (signal === 'SIGQUIT') {
        if (!busy.closing) await log('notice', 'gracefully shutting down');
        busy.closing = true;
        if (busy.count > 0) continue;
      }
      await log('notice', 'exiting');
      await log('notice', 'exit');
      return 0;
    }
  }
}

function serversOf(directives: readonly Directive[]): Server[] {
  const http = find(directives, 'http')?.block ?? [];
  return http
    .filter((d) => d.name === 'server')
    .map((server) => {
      const block = server.block ?? [];
      const listen = block.find((d) => d.name === 'listen')?.args[0] ?? '80';
      return {
        port: Number(/(\d+)$/.exec(listen)?.[1] ?? 80),
        names: find(block, 'server_name')?.args ?? [''],
        root: find(block, 'root')?.args[0] ?? 'html',
        index: find(block, 'index')?.args ?? ['index.html'],
        types: Object.fromEntries((find(http, 'types')?.block ?? []).flatMap((t) => t.args.map((extension) => [extension, t.name]))),
        defaultType: find(http, 'default_type')?.args[0] ?? 'text/plain',
        block,
      };
    });
}
