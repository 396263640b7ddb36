/**
 * The daemon's life: storage, runtimes, the network, what was there before, the sockets, and its end.
 * @models CRI-O 1.36 cmd/crio/main.go, server/server.go, pkg/config/reload.go
 * @fidelity partial: no watchdog, metrics or NRI; the storage is not checked after a crash
 */

import { parseLogLevel } from '../../../go/logrus.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { exists, lookPath, mkdirAll, notifyReady, removeAll, runCommand, writeFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { GrpcServer } from '../../../protocols/grpc/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Store } from '../shared/containers-storage/store.ts';
import { failure, messageOf, toStatus, wrap } from '../shared/errors.ts';
import type { Logger } from '../shared/log.ts';
import type { CrioConfig } from './config/defaults.ts';
import { type ConfigSources, loadConfig, validateRuntimes } from './config/load.ts';
import { configToml } from './config/print.ts';
import { askRuntimes, byName, type RuntimeFeatures } from './config/runtime-features.ts';
import { NetworkPlugin } from './network/ocicni.ts';
import { COMMIT, VERSION } from './parts.ts';
import { serveHttp } from './server/inspect.ts';
import { namespaceDirectories } from './server/namespaces.ts';
import { restore, wipeContainers } from './server/restore.ts';
import { Server } from './server/server.ts';
import { serveCri } from './server/service.ts';

const GIT = `${COMMIT}(clean)`;
const ID = /^[0-9a-f]{64}$/;
const STATE_DIRECTORY = '/var/lib/crio';

export class Daemon {
  private readonly base: Context;
  private readonly config: CrioConfig;
  private readonly sources: ConfigSources;
  private readonly log: Logger;
  private server: Server | null = null;

  constructor(base: Context, config: CrioConfig, sources: ConfigSources, log: Logger) {
    this.base = base;
    this.config = config;
    this.sources = sources;
    this.log = log;
  }

  /** Returns when the daemon serves and is ready. */
  async start(): Promise<void> {
    const { base: ctx, config, log } = this;
    const { crio } = config;
    await log.info(ctx, `Starting CRI-O, version: ${VERSION}, git: ${GIT}`);
    await ctx.cpu(LATENCY.crioBootNs / 2);
    for (const [name, on] of [
      ['hugetlb cgroup', true],
      ['pid cgroup', true],
      ['memoryswap cgroup', true],
      ['cgroup v2', await exists(ctx, '/sys/fs/cgroup/cgroup.controllers')],
      ['systemd AllowedCPUs', true],
    ] as const)
      await log.info(ctx, `Node configuration value for ${name} is ${on}`);
    if (await exists(ctx, `${crio.root}/overlay`))
      await log.info(ctx, '[graphdriver] using prior storage driver: overlay');
    const features = await this.announceRuntimes(ctx);
    const network = new NetworkPlugin(ctx, log, crio.network.network_dir, crio.network.plugin_dirs);
    await mkdirAll(ctx, crio.network.network_dir.replace(/\/$/, ''), 0o755);
    await network.start(ctx);
    await log.info(ctx, 'Continuous CNI STATUS monitoring is disabled (cni_status_grace_period is 0s)');
    await this.refuseSecond(ctx);
    crio['storage_driver'] = 'overlay';
    await log.info(ctx, `Current CRI-O configuration:\n${configToml(config)}`);
    await this.makeDirectories(ctx);
    const store = await Store.open(ctx, crio.root, crio.runroot);
    const wasClean = await this.noteStart(ctx);
    if (!wasClean)
      await log.warn(ctx, `Checking storage directory ${crio.root} for errors because of unclean shutdown`);
    await log.info(ctx, 'Attempting to restore irqbalance config from /etc/sysconfig/orig_irq_banned_cpus');
    await log.info(ctx, 'Restore irqbalance config: failed to get current CPU ban list, ignoring');
    await ctx.cpu(LATENCY.crioBootNs / 2);
    const server = new Server(ctx, config, log, store, network, features);
    this.server = server;
    await restore(ctx, server);
    await this.wipeAfterReboot(ctx, server);
    await this.watchExits(ctx, server);
    await this.startStreaming(ctx, server);
    for (const line of [
      'Registered SIGHUP reload watcher',
      'Starting seccomp notifier watcher',
      'Create NRI interface',
      'built-in NRI default validator is disabled',
      'runtime interface created',
      'Registered domain "k8s.io" with NRI',
      'runtime interface starting up...',
      'starting plugins...',
      'Synchronizing NRI (plugin) with current runtime state',
    ])
      await log.info(ctx, line);
    await this.serve(ctx, server);
    await notifyReady(ctx);
    await log.info(ctx, 'No systemd watchdog enabled');
  }

  private async announceRuntimes(ctx: Context): Promise<Map<string, RuntimeFeatures>> {
    const { config, log } = this;
    const { runtime } = config.crio;
    await validateRuntimes(ctx, config);
    await log.info(
      ctx,
      `Using default capabilities: ${runtime.default_capabilities.map((name) => `CAP_${name}`).join(', ')}`,
    );
    const features = await this.lookAtRuntimes(ctx, config);
    if (runtime.enable_criu_support && (await lookPath(ctx, 'criu')) === null) {
      await log.info(ctx, 'Checkpoint/restore support disabled: CRIU binary not found int $PATH');
      runtime.enable_criu_support = false;
    }
    for (const line of [
      'Using the internal default seccomp profile',
      'AppArmor is disabled by the system or at CRI-O build-time',
      'No blockio config file specified, blockio not configured',
      'RDT not available in the host system',
    ])
      await log.info(ctx, line);
    for (const [, handler] of byName(runtime.runtimes)) {
      if (handler.runtime_type !== 'oci') continue;
      await log.info(ctx, `Using conmon executable: ${handler.monitor_path}`);
      const help = await outputOf(ctx, handler.monitor_path, '--help');
      for (const option of ['--sync', '--log-global-size-max'])
        await log.info(ctx, `Conmon does ${help.includes(option) ? '' : 'not '}support the ${option} option`);
    }
    return features;
  }

  private async lookAtRuntimes(ctx: Context, { crio }: CrioConfig): Promise<Map<string, RuntimeFeatures>> {
    const { runtimes } = crio.runtime;
    for (const [name] of byName(runtimes))
      await this.log.info(
        ctx,
        `Runtime handler ${quote(name)} container create timeout not set, using default: 240 seconds`,
      );
    return askRuntimes(ctx, this.log, runtimes);
  }

  /** Two daemons on one socket would not know of each other. */
  private async refuseSecond(ctx: Context): Promise<void> {
    const { listen } = this.config.crio.api;
    try {
      const fd = await ctx.sys.connect(ctx, { family: 'unix', path: listen });
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      if (!isErrno(error)) throw error;
      return;
    }
    throw wrap('validating api config', failure(`already existing connection on ${listen}`));
  }

  private async makeDirectories(ctx: Context): Promise<void> {
    const { crio } = this.config;
    const { container_exits_dir: exits, container_attach_socket_dir: sockets } = crio.runtime;
    await mkdirAll(ctx, sockets, 0o755);
    await mkdirAll(ctx, exits, 0o755);
    await mkdirAll(ctx, `${sockets}/exec-pid-dir`, 0o750);
    await mkdirAll(ctx, `${sockets}/seccomp`, 0o700);
    for (const directory of namespaceDirectories({ config: this.config })) await mkdirAll(ctx, directory, 0o755);
    await mkdirAll(ctx, STATE_DIRECTORY, 0o755);
    await mkdirAll(ctx, crio.log_dir, 0o700);
  }

  /** False after a daemon that was killed. */
  private async noteStart(ctx: Context): Promise<boolean> {
    const { clean_shutdown_file: file } = this.config.crio;
    const supported = `${file}.supported`;
    const clean = !(await exists(ctx, supported)) || (await exists(ctx, file));
    await removeAll(ctx, file);
    await writeFile(ctx, supported, '');
    return clean;
  }

  private async wipeAfterReboot(ctx: Context, server: Server): Promise<void> {
    const { version_file: file, internal_wipe: wipes } = this.config.crio;
    if (wipes && !(await exists(ctx, file))) {
      if (server.sandboxes.size > 0)
        await this.log.warn(
          ctx,
          `Error encountered when checking whether cri-o should wipe containers: open ${file}: no such file or directory`,
        );
      await wipeContainers(ctx, server);
    }
    await mkdirAll(ctx, file.slice(0, file.lastIndexOf('/')), 0o755);
    await writeFile(ctx, file, JSON.stringify(`${VERSION}+${COMMIT}`));
  }

  /** conmon leaves a file for each container that has ended. */
  private async watchExits(ctx: Context, server: Server): Promise<void> {
    const directory = this.config.crio.runtime.container_exits_dir;
    const names = async (inner: Context): Promise<string[]> =>
      (await inner.sys.readDirectory(inner, directory)).map(({ name }) => name).filter((name) => ID.test(name));
    // Those of before have been read with the states.
    const seen = new Set(await names(ctx));
    ctx.go('exits', async (inner) => {
      for (;;) {
        const now = await names(inner);
        for (const name of now) {
          if (seen.has(name)) continue;
          seen.add(name);
          inner.go('exit', (strand) => server.handleExit(strand, name));
        }
        for (const name of seen) if (!now.includes(name)) seen.delete(name);
        await inner.sys.watch(inner, directory);
      }
    });
  }

  private async startStreaming(ctx: Context, server: Server): Promise<void> {
    const { stream_address: host, stream_port: port } = this.config.crio.api;
    const fd = await ctx.sys.listen(ctx, {
      family: 'inet',
      host: host === '' ? '127.0.0.1' : host,
      port: Number(port),
    });
    const address = ctx.sys.socketAddress(ctx, fd, 'local');
    if (address.family === 'inet') server.streaming.baseUrl = `http://${address.host}:${address.port}`;
    ctx.go('streaming', (inner) => server.streaming.serve(inner, fd));
  }

  private async serve(ctx: Context, server: Server): Promise<void> {
    const { listen: path } = this.config.crio.api;
    const grpc = new GrpcServer();
    grpc.translate = toStatus;
    serveCri(grpc, server);
    grpc.otherwise = (inner, connection, first) => serveHttp(inner, server, connection, first);
    let fd: number;
    try {
      await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o755);
      await removeAll(ctx, path);
      fd = await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o660 });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw failure(`failed to listen: listen unix ${path}: bind: ${error.go}`);
    }
    ctx.go('serve', (inner) => grpc.serve(inner, fd));
  }

  /** SIGHUP: what may change while the daemon runs. */
  async reload(ctx: Context): Promise<void> {
    const { config, log } = this;
    await log.info(ctx, 'Reloading configuration');
    try {
      const fresh = await loadConfig(ctx, log, this.sources);
      const { image, runtime } = config.crio;
      const level = parseLogLevel(fresh.crio.runtime.log_level);
      if (fresh.crio.runtime.log_level !== runtime.log_level && level !== undefined) {
        runtime.log_level = fresh.crio.runtime.log_level;
        log.level = level;
        await log.info(ctx, `Set config log_level to ${quote(runtime.log_level)}`);
      }
      if (fresh.crio.image.pause_image !== image.pause_image) {
        image.pause_image = fresh.crio.image.pause_image;
        await log.info(ctx, `Set config pause_image to ${quote(image.pause_image)}`);
      }
      image.pinned_images = fresh.crio.image.pinned_images;
      await log.info(ctx, `Set config pinned_images to ${quote(`[${image.pinned_images.join(' ')}]`)}`);
      await log.info(ctx, 'Updating runtime configuration');
      await validateRuntimes(ctx, fresh);
      const features = await this.lookAtRuntimes(ctx, fresh);
      if (this.server !== null) this.server.features = features;
      runtime.runtimes = fresh.crio.runtime.runtimes;
      runtime.default_runtime = fresh.crio.runtime.default_runtime;
      await log.info(ctx, 'Configuration reload completed');
      await log.info(ctx, `Current CRI-O configuration:\n${configToml(config)}`);
    } catch (error) {
      await log.error(ctx, `Unable to reload configuration: ${messageOf(error)}`);
    }
  }

  async stop(ctx: Context): Promise<void> {
    const { clean_shutdown_file: file, api } = this.config.crio;
    await writeFile(ctx, file, '');
    // A Go listener on a Unix socket takes its file with it when it is closed; after SIGKILL the file stays.
    await removeAll(ctx, api.listen);
    await this.log.error(ctx, 'close of closed channel');
  }
}

async function outputOf(ctx: Context, path: string, argument: string): Promise<string> {
  try {
    return utf8((await runCommand(ctx, [path, argument], { path })).stdout);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return '';
  }
}
