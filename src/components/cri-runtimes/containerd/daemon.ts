/**
 * The daemon: its plugins one after the other, its two sockets, and its end.
 * @models containerd 2.1 cmd/containerd/server/server.go, cmd/containerd/command/main.go
 * @fidelity partial: no metrics address, no debug socket
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, getenv, mkdirAll, notifyReady, removeAll, writeFile } from '../../../linux/io.ts';
import { GrpcServer } from '../../../protocols/grpc/server.ts';
import { TtrpcServer } from '../../../protocols/ttrpc/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { failure, messageOf, pathFailure, toStatus, wrap } from '../shared/errors.ts';
import type { Logger } from '../shared/log.ts';
import type { DaemonConfig } from './config/defaults.ts';
import { ContainerStore } from './containers/container-store.ts';
import { ContentStore } from './content-store/content-store.ts';
import { CriService } from './cri/cri-service.ts';
import { initCri, runCri, stopCri } from './cri/run.ts';
import { findSandboxRecord } from './cri/sandbox-records.ts';
import { serveCri } from './cri/service.ts';
import { Exchange } from './events/exchange.ts';
import { GcScheduler } from './gc.ts';
import { ImageRecords } from './images/image-records.ts';
import { Transfer } from './images/pull.ts';
import { Unpacker } from './images/unpack.ts';
import { Metadata } from './metadata/metadata.ts';
import { cleanupTempMounts } from './mounts.ts';
import type { Parts } from './parts.ts';
import { DEVMAPPER_PLUGIN, type PluginEntry, plugins, pluginUri } from './plugins.ts';
import type { ContainerdRelease } from './release.ts';
import { RESTART_PLUGIN, startRestartMonitor } from './restart-monitor.ts';
import { serveApi } from './services/serve-api.ts';
import { serveEvents } from './services/ttrpc-events.ts';
import { type DevmapperConfig, DevmapperSnapshotter } from './snapshotters/devmapper/devmapper.ts';
import { NativeSnapshotter } from './snapshotters/native/native.ts';
import { OverlaySnapshotter } from './snapshotters/overlayfs/overlayfs.ts';
import { Snapshots } from './snapshotters/snapshots.ts';
import { TaskManager } from './tasks/task-manager.ts';

/** After this much it says that it waits. */
const BOLT_PATIENCE_NS = 10_000_000_000;
const OPT = '/opt/containerd';
/** Before anything has been tried. */
const NOTHING_FOUND: ReadonlyMap<string, string> = new Map();

export class Daemon {
  private readonly config: DaemonConfig;
  private readonly log: Logger;
  private readonly release: ContainerdRelease;
  private readonly base: Context;
  private cri: CriService | null = null;
  /** What is not to be loaded, and what cannot be. */
  private readonly disabled: ReadonlySet<string>;
  private readonly absent: ReadonlySet<string>;

  constructor(base: Context, config: DaemonConfig, log: Logger, release: ContainerdRelease) {
    this.release = release;
    this.base = base;
    this.config = config;
    this.log = log;
    this.disabled = new Set(config.disabled_plugins);
    const failed = plugins(config, NOTHING_FOUND).filter(({ error }) => error !== undefined);
    this.absent = new Set([...this.disabled, ...failed.map(pluginUri)]);
  }

  private devmapper: DevmapperSnapshotter | null = null;
  private readonly pluginErrors = new Map<string, string>();

  private get ttrpcAddress(): string {
    return this.config.ttrpc.address === '' ? `${this.config.grpc.address}.ttrpc` : this.config.ttrpc.address;
  }

  /** Returns when the daemon serves and is ready. */
  async start(): Promise<void> {
    const { base: ctx, config, log } = this;
    const { root, state } = config;
    const began = ctx.now;
    await makeTopDirectories(ctx, config);
    await log.info(ctx, 'starting containerd', { revision: '', version: this.release.version });
    const cost = LATENCY.containerdBootNs;
    await ctx.cpu(cost / 8);
    const load = this.loader();

    await load.until('io.containerd.metadata.v1.bolt');
    const events = new Exchange();
    await makePluginDirectories(ctx, root);
    const metadata = await this.openMetadata(ctx, `${root}/io.containerd.metadata.v1.bolt`, events);
    const content = new ContentStore(`${root}/io.containerd.content.v1.content`, metadata);
    await content.prepare(ctx);
    await log.info(ctx, 'metadata content store policy set', { policy: 'shared' });
    const snapshots = new Snapshots(
      'overlayfs',
      metadata,
      await OverlaySnapshotter.open(ctx, `${root}/io.containerd.snapshotter.v1.overlayfs`),
    );
    const native = new Snapshots(
      'native',
      metadata,
      await NativeSnapshotter.open(ctx, `${root}/io.containerd.snapshotter.v1.native`),
    );
    const devmapper = this.devmapper === null ? [] : [new Snapshots('devmapper', metadata, this.devmapper)];
    const snapshotters = new Map([snapshots, native, ...devmapper].map((s) => [s.name, s]));
    const images = new ImageRecords(metadata);
    const containers = new ContainerStore(metadata);
    ctx.process.env = withOptPath(ctx);

    await load.until('io.containerd.runtime.v2.task');
    const tasks = new TaskManager({
      base: ctx,
      root: `${root}/io.containerd.runtime.v2.task`,
      state: `${state}/io.containerd.runtime.v2.task`,
      env: { address: config.grpc.address, ttrpcAddress: this.ttrpcAddress, self: '/usr/bin/containerd', log },
      events,
      containers,
      hasSandbox: (ns, id) => findSandboxRecord(metadata, ns, id) !== undefined,
    });
    await tasks.loadExisting(ctx);

    const unpacker = new Unpacker(content, this.temp);
    const transfer = new Transfer(metadata, content, images, unpacker, snapshots);
    const gc = new GcScheduler(ctx, { metadata, content, images, containers, snapshotters });
    const parts: Parts = {
      release: this.release,
      base: ctx,
      config,
      temp: this.temp,
      log,
      events,
      metadata,
      content,
      images,
      containers,
      snapshots,
      snapshotters,
      pluginErrors: this.pluginErrors,
      gc,
      tasks,
      transfer,
      unpacker,
    };
    await load.until('io.containerd.cri.v1.images');
    await log.info(ctx, `Get image filesystem path "${snapshots.root}" for snapshotter "${snapshots.name}"`);
    await log.info(ctx, 'Start snapshots syncer');
    await load.until('io.containerd.nri.v1.nri');
    await log.info(ctx, 'runtime interface created');
    await log.info(ctx, 'created NRI interface');
    await load.until('io.containerd.grpc.v1.cri');
    await this.startCri(ctx, parts);
    await load.rest();

    await ctx.cpu(cost - cost / 8);
    await this.serve(ctx, parts);
    await ctx.cpu(0);
    if (this.cri !== null) await runCri(ctx, this.cri);
    parts.gc.start();
    if (!this.disabled.has(RESTART_PLUGIN)) startRestartMonitor(parts);
    await notifyReady(ctx);
    await log.info(ctx, `containerd successfully booted in ${((ctx.now - began) / 1e9).toFixed(6)}s`);
  }

  private async openMetadata(ctx: Context, root: string, events: Exchange): Promise<Metadata> {
    let isOpen = false;
    ctx.go('bolt', async (c) => {
      await c.sleep(BOLT_PATIENCE_NS);
      if (!isOpen) await this.log.warn(c, 'waiting for response from boltdb open', { plugin: 'bolt' });
    });
    const metadata = await Metadata.open(ctx, root, events);
    isOpen = true;
    return metadata;
  }

  private async startCri(ctx: Context, parts: Parts): Promise<void> {
    const { log, absent } = this;
    if (absent.has('io.containerd.grpc.v1.cri')) return;
    const cri = new CriService(parts);
    await log.info(ctx, 'Connect containerd service');
    await log.info(ctx, 'using experimental NRI integration - disable nri plugin to prevent this');
    for (const directory of [cri.rootDir, cri.stateDir]) {
      for (const part of ['sandboxes', 'containers']) await mkdirAll(ctx, `${directory}/${part}`, 0o755);
    }
    await ctx.sys.chmod(ctx, cri.stateDir, 0o700);
    await initCri(ctx, cri);
    this.cri = cri;
  }

  /** Announces plugins up to and including the named one. */
  private loader(): { until: (uri: string) => Promise<void>; rest: () => Promise<void> } {
    const pending = plugins(this.config, NOTHING_FOUND).filter((entry) => !this.disabled.has(pluginUri(entry)));
    const announce = async (entry: PluginEntry): Promise<void> => {
      const fields = { id: pluginUri(entry), type: entry.type };
      await this.log.info(this.base, 'loading plugin', fields);
      const error = entry.error ?? (await this.load(entry));
      if (entry.skip !== undefined)
        await this.log.info(this.base, 'skip loading plugin', { error: entry.skip, ...fields });
      if (error === undefined) return;
      await this.log.warn(this.base, 'failed to load plugin', { error, ...fields });
      if (this.config.required_plugins.includes(pluginUri(entry)))
        throw failure(`load required plugin ${pluginUri(entry)}: ${error}`);
    };
    return {
      until: async (uri) => {
        if (!pending.some((entry) => pluginUri(entry) === uri)) return;
        for (let entry = pending.shift(); entry !== undefined; entry = pending.shift()) {
          await announce(entry);
          if (pluginUri(entry) === uri) return;
        }
      },
      rest: async () => {
        for (const entry of pending.splice(0)) await announce(entry);
      },
    };
  }

  /** What can fail only when it is tried. */
  private async load(entry: PluginEntry): Promise<string | undefined> {
    if (pluginUri(entry) !== DEVMAPPER_PLUGIN || entry.skip !== undefined) return undefined;
    const { root } = this.config;
    const config = this.config.plugins[DEVMAPPER_PLUGIN] as unknown as DevmapperConfig;
    const place = {
      root: config.root_path === '' ? `${root}/${DEVMAPPER_PLUGIN}` : config.root_path,
      temp: this.temp,
    };
    try {
      this.devmapper = await DevmapperSnapshotter.open(this.base, config, place, this.log);
      return undefined;
    } catch (error) {
      const words = messageOf(error);
      this.pluginErrors.set(DEVMAPPER_PLUGIN, words);
      return words;
    }
  }

  /** Where is mounted for a moment. */
  private get temp(): string {
    return this.config.temp === '' ? `${this.config.root}/tmpmounts` : this.config.temp;
  }

  private async serve(ctx: Context, parts: Parts): Promise<void> {
    const grpc = new GrpcServer();
    grpc.translate = toStatus;
    serveApi(grpc, parts, this.disabled, this.absent);
    if (this.cri !== null) for (const services of this.release.cri) serveCri(grpc, this.cri, services);
    const ttrpc = new TtrpcServer();
    ttrpc.translate = toStatus;
    serveEvents(ttrpc, parts);
    const ttrpcFd = await listen(ctx, this.ttrpcAddress);
    const grpcFd = await listen(ctx, this.config.grpc.address);
    await this.log.info(ctx, 'serving...', { address: this.ttrpcAddress });
    ctx.go('serve-ttrpc', (c) => ttrpc.serve(c, ttrpcFd));
    await this.log.info(ctx, 'serving...', { address: this.config.grpc.address });
    ctx.go('serve-grpc', (c) => grpc.serve(c, grpcFd));
  }

  async stop(ctx: Context): Promise<void> {
    const { cri, config, log } = this;
    // A Go listener on a Unix socket takes its file with it when it is closed; after SIGKILL the file stays.
    for (const path of [this.ttrpcAddress, config.grpc.address]) await removeAll(ctx, path);
    if (cri === null) return;
    await stopCri(ctx, cri);
    await log.info(ctx, 'Stop CRI service');
    await log.info(ctx, 'Event monitor stopped');
    await log.info(ctx, 'Stream server stopped');
  }
}

async function makeTopDirectories(ctx: Context, config: DaemonConfig): Promise<void> {
  const { root, state, grpc } = config;
  if (root === '') throw failure('root must be specified: invalid argument');
  if (state === '') throw failure('state must be specified: invalid argument');
  if (root === state) throw failure('root and state must be different paths: invalid argument');
  if (grpc.address === '') throw failure('grpc address cannot be empty: invalid argument');
  try {
    await mkdirAll(ctx, root, 0o700);
    await mkdirAll(ctx, state, 0o711);
    if (config.temp === '') {
      await mkdirAll(ctx, `${root}/tmpmounts`, 0o700);
      await cleanupTempMounts(ctx, `${root}/tmpmounts`);
    }
    await mkdirAll(ctx, grpc.address.slice(0, grpc.address.lastIndexOf('/')), 0o755);
  } catch (error) {
    throw pathFailure('mkdir', root, error);
  }
}

/** What plugins that have nothing to do leave behind all the same. */
async function makePluginDirectories(ctx: Context, root: string): Promise<void> {
  for (const name of ['blockfile', 'btrfs']) await mkdirAll(ctx, `${root}/io.containerd.snapshotter.v1.${name}`, 0o700);
  await mkdirAll(ctx, `${root}/io.containerd.snapshotter.v1.erofs/snapshots`, 0o700);
  await mkdirAll(ctx, `${root}/io.containerd.sandbox.controller.v1.shim`, 0o700);
  const introspection = `${root}/io.containerd.grpc.v1.introspection`;
  await mkdirAll(ctx, introspection, 0o700);
  if (!(await exists(ctx, `${introspection}/uuid`)))
    await writeFile(ctx, `${introspection}/uuid`, uuid(ctx), { mode: 0o666 });
  for (const directory of ['bin', 'lib']) await mkdirAll(ctx, `${OPT}/${directory}`, 0o711);
}

function uuid(ctx: Context): string {
  const hex = ctx.random.hex(32);
  const variant = '89ab'[ctx.random.below(4)] as string;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** The opt plugin: its directories come first for everything the daemon starts. */
function withOptPath(ctx: Context): string[] {
  const library = getenv(ctx, 'LD_LIBRARY_PATH') ?? '';
  const rest = ctx.process.env.filter((entry) => !entry.startsWith('PATH=') && !entry.startsWith('LD_LIBRARY_PATH='));
  return [...rest, `PATH=${OPT}/bin:${getenv(ctx, 'PATH') ?? ''}`, `LD_LIBRARY_PATH=${OPT}/lib:${library}`];
}

async function listen(ctx: Context, path: string): Promise<number> {
  try {
    // A socket file of an earlier life is in the way.
    await removeAll(ctx, path);
    return await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o660 });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw wrap('failed to get listener for main endpoint', failure(`listen unix ${path}: bind: ${error.go}`));
  }
}
