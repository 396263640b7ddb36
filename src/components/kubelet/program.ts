/**
 * The kubelet's process: configuration, connections, and the parts in the order in which they come up.
 * @models kubernetes 1.36 cmd/kubelet/app/server.go
 * @fidelity partial: no client certificate rotation, no swap check
 */
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, notifyReady, print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import { type KubeClient, newKubeClient } from '../../protocols/kube/client.ts';
import { startInformer } from '../../protocols/kube/informer.ts';
import { loadRestConfig } from '../../protocols/kube/kubeconfig.ts';
import type { Node, Pod } from '../../protocols/kube/types.ts';
import { LATENCY } from '../../sim/latency.ts';
import { Queue } from '../../sim/primitives.ts';
import { CniPlugin } from '../cri-runtimes/shared/dockershim/network.ts';
import { Cgroups } from './cgroups.ts';
import { messageOf, ObjectCache } from './client.ts';
import { type KubeletConfig, loadConfig } from './config.ts';
import { RuntimeService } from './cri/runtime-service.ts';
import { startDockershim } from './dockershim.ts';
import { Recorder } from './events.ts';
import { Failure } from './failures.ts';
import { type Flags, parseFlags, usageText } from './flags.ts';
import { Kubelet } from './kubelet.ts';
import { errorText, Log } from './log.ts';
import { readMachineInfo } from './node/machine-info.ts';
import { NodeManager } from './node/node-manager.ts';
import { type Release, release123, release124, release136 } from './release.ts';
import { serveKubelet } from './server/serve.ts';
import { watchStaticPods } from './static-pods.ts';

async function main(ctx: Context, argv: string[], release: Release): Promise<number> {
  const parsed = parseFlags(argv.slice(1), release.flags);
  const log = new Log(0);
  const fail = async (error: unknown): Promise<number> => {
    await log.error(ctx, release.lastWords[0], error, release.lastWords[1]);
    return 1;
  };
  if ('error' in parsed) {
    if (!release.printsFlagFaults) return fail(new Failure(parsed.error));
    await printError(ctx, `Error: ${parsed.error}\n`);
    return 1;
  }
  const { flags } = parsed;
  if (flags.bool('help')) {
    await print(ctx, usageText(release.flags));
    return 0;
  }
  if (flags.bool('version')) {
    await print(ctx, `Kubernetes ${release.version}\n`);
    return 0;
  }
  const signals = new Queue<number>(ctx.scheduler);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) ctx.sys.sigaction(ctx, signal, () => signals.push(0));
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  for (const [name, rest] of Object.entries(release.deprecatedFlags))
    if (flags.changed.has(name)) await printError(ctx, `Flag --${name} has been deprecated, ${rest}\n`);
  ctx.go('kubelet', async (c) => {
    try {
      await run(c, flags, release);
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof GrpcError)) throw error;
      await fail(error);
      signals.push(1);
    }
  });
  return (await signals.take()) ?? 0;
}

async function run(ctx: Context, flags: Flags, release: Release): Promise<void> {
  const { config, lenient } = await loadConfig(ctx, flags);
  if (release.defaultEndpoint !== null && !flags.changed.has('container-runtime-endpoint'))
    config.containerRuntimeEndpoint = release.defaultEndpoint;
  const log = new Log(config.verbosity);
  if (lenient !== null)
    await log.info(ctx, 0, 'codec.go:112', 'Using lenient decoding as strict decoding failed', ['err', lenient]);
  await log.info(ctx, 0, 'server.go:525', 'Kubelet version', ['kubeletVersion', release.version]);
  await ctx.cpu(LATENCY.kubeletBootNs);
  if (config.containerRuntimeEndpoint === '')
    throw new Failure(
      'the container runtime endpoint address was not specified or empty, use --container-runtime-endpoint to set',
    );
  const nodeName = flags.text('hostname-override') || (await ctx.sys.uname(ctx)).nodename.toLowerCase();
  const client = await connect(ctx, flags, release);
  if (client === null) await log.info(ctx, 0, 'server.go:655', 'Standalone mode, no API client');
  const { containerRuntimeEndpoint, imageServiceEndpoint, runtimeRequestTimeoutNs } = config;
  const runtime = new RuntimeService(
    log,
    release,
    containerRuntimeEndpoint,
    imageServiceEndpoint,
    runtimeRequestTimeoutNs,
  );
  let runtimeName: string;
  try {
    if (release.olderCri !== null) await prepareRuntime(ctx, flags, config, release, log);
    await runtime.validate(ctx);
    const driver = release.asksCgroupDriver ? await runtime.cgroupDriver(ctx) : null;
    if (driver !== null) {
      config.cgroupDriver = driver;
      await log.info(ctx, 0, 'server.go:1463', 'Using cgroup driver setting received from the CRI runtime', [
        'cgroupDriver',
        driver,
      ]);
    }
    const version = await runtime.version(ctx);
    ({ runtimeName } = version);
    await log.info(
      ctx,
      0,
      'kuberuntime_manager.go:308',
      'Container runtime initialized',
      ['containerRuntime', runtimeName],
      ['version', version.runtimeVersion],
      ['apiVersion', version.runtimeApiVersion],
    );
  } catch (error) {
    if (!(error instanceof Failure) && !(error instanceof GrpcError)) throw error;
    throw new Failure(`failed to run Kubelet: ${errorText(error)}`);
  }
  if (config.cgroupDriver !== 'systemd' && config.cgroupDriver !== 'cgroupfs')
    throw new Failure(`failed to run Kubelet: unknown cgroup driver ${quote(config.cgroupDriver)}`);
  const rootDir = flags.text('root-dir');
  for (const directory of [
    'pods',
    'plugins',
    'plugins_registry',
    'pod-resources',
    'device-plugins',
    'pki',
    'checkpoints',
  ])
    await mkdirAll(ctx, `${rootDir}/${directory}`, 0o750);
  for (const directory of ['/var/log/pods', '/var/log/containers']) await mkdirAll(ctx, directory);
  const recorder = new Recorder(ctx, client, nodeName);
  const machine = await readMachineInfo(ctx);
  const ip = flags.text('node-ip') || (await defaultAddress(ctx));
  const labels = Object.fromEntries(flags.list('node-labels').map((pair) => pair.split('=') as [string, string]));
  const node = new NodeManager({
    name: nodeName,
    ip,
    machine,
    log,
    release,
    config,
    runtime,
    client,
    recorder,
    labels,
  });
  const cgroups = new Cgroups(config.cgroupDriver, ctx.scheduler);
  const objects = client === null ? null : new ObjectCache(client);
  recorder.node(ctx, nodeName, 'Normal', 'Starting', 'Starting kubelet.');
  await log.info(ctx, 0, 'server.go:1291', 'Started kubelet');
  const kubelet = new Kubelet(ctx, {
    log,
    release,
    config,
    runtime,
    runtimeName,
    client,
    objects,
    recorder,
    cgroups,
    node,
    rootDir,
  });
  kubelet.startGarbageCollection(ctx);
  await kubelet.load(ctx);
  try {
    await cgroups.setUp(ctx, node.podLimits);
  } catch (error) {
    if (!isErrno(error) && !(error instanceof Failure)) throw error;
    const why = isErrno(error) ? error.go : error.message;
    throw new Failure(`failed to run Kubelet: failed to initialize top level QOS containers: ${why}`);
  }
  recorder.node(ctx, nodeName, 'Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
  if (config.staticPodPath !== '')
    watchStaticPods(ctx, config.staticPodPath, nodeName, log, (pods) => kubelet.setStaticPods(pods));
  if (client !== null) watchApi(ctx, client, nodeName, log, kubelet);
  node.start(ctx);
  kubelet.start(ctx);
  await serveKubelet(ctx, kubelet, nodeName);
  await notifyReady(ctx);
  await kubelet.syncLoop(ctx);
}

/** `--container-runtime`: with `docker` the kubelet is its own runtime's server, on whatever endpoint it was given. */
async function prepareRuntime(
  ctx: Context,
  flags: Flags,
  config: KubeletConfig,
  release: Release,
  log: Log,
): Promise<void> {
  const kind = flags.text('container-runtime');
  if (kind === 'remote') return;
  if (kind !== 'docker' || !release.dockershim) throw new Failure(`unsupported CRI runtime: ${quote(kind)}`);
  const plugin = flags.text('network-plugin');
  if (plugin !== '' && plugin !== 'cni' && plugin !== 'kubenet')
    throw new Failure(`network plugin ${quote(plugin)} not found.`);
  if (plugin === 'kubenet') throw new Failure('not simulated: the network plugin kubenet');
  await startDockershim(ctx, log, {
    endpoint: config.containerRuntimeEndpoint,
    dockerEndpoint: flags.text('docker-endpoint'),
    sandboxImage: flags.text('pod-infra-container-image') || 'k8s.gcr.io/pause:3.6',
    network: plugin === 'cni' ? new CniPlugin(flags.text('cni-conf-dir'), flags.text('cni-bin-dir')) : null,
    cgroupDriver: config.cgroupDriver,
  });
}

async function connect(ctx: Context, flags: Flags, release: Release): Promise<KubeClient | null> {
  const path = flags.text('kubeconfig');
  if (path === '') return null;
  try {
    return newKubeClient(await loadRestConfig(ctx, path, `kubelet/${release.version} (linux/amd64) kubernetes`));
  } catch (error) {
    const text = isErrno(error) ? `stat ${path}: ${error.go}` : messageOf(error);
    throw new Failure(`failed to run Kubelet: unable to load bootstrap kubeconfig: ${text}`);
  }
}

function watchApi(ctx: Context, client: KubeClient, nodeName: string, log: Log, kubelet: Kubelet): void {
  startInformer<Node>(
    ctx,
    client,
    'nodes',
    { added: (node) => kubelet.apiNode(node), updated: (_, node) => kubelet.apiNode(node) },
    { fieldSelector: `metadata.name=${nodeName}` },
  );
  startInformer<Pod>(
    ctx,
    client,
    'pods',
    {
      added: (pod) => kubelet.apiPod(ctx, null, pod),
      updated: (before, pod) => kubelet.apiPod(ctx, before, pod),
      deleted: (pod) => kubelet.apiPod(ctx, pod, null),
      synced: () => kubelet.apiSynced(),
      failed: (error) => {
        ctx.go('reflector', (c) => log.error(c, 'reflector.go:205', error, 'Failed to watch', ['type', '*v1.Pod']));
      },
    },
    { fieldSelector: `spec.nodeName=${nodeName}` },
  );
}

/** The address of the interface that the default route leaves through. */
async function defaultAddress(ctx: Context): Promise<string> {
  const route = (await ctx.sys.netRoutes(ctx)).find(
    ({ destination }) => destination === 'default' || destination === '0.0.0.0/0',
  );
  const links = await ctx.sys.netLinks(ctx);
  const link = links.find(({ name }) => name === route?.name) ?? links.find(({ kind }) => kind === 'uplink');
  return link?.addresses[0]?.address ?? '127.0.0.1';
}

const program = (name: string, release: Release): Program => ({
  name,
  layer: 'kubelet',
  startCpuNs: LATENCY.goRuntimeStartNs * 5,
  rssBytes: 60_000_000,
  threads: 14,
  main: (ctx, argv) => main(ctx, argv, release),
});

export const kubeletProgram = program('kubelet', release136);
export const kubelet123Program = program('kubelet-1.23', release123);
export const kubelet124Program = program('kubelet-1.24', release124);
