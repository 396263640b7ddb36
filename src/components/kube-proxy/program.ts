/**
 * kube-proxy: makes the virtual addresses of Services lead to their endpoints, by NAT rules in the node's own network
 * namespace.
 * @models kubernetes 1.36 cmd/kube-proxy, pkg/proxy/iptables
 * @fidelity partial: connections only; no session affinity, traffic policies or health check ports
 */
import { parseYaml } from '../../go/yaml-in.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { NatRule } from '../../linux/syscalls.ts';
import { newKubeClient } from '../../protocols/kube/client.ts';
import { type Fields, text } from '../../protocols/kube/fields.ts';
import { startInformer } from '../../protocols/kube/informer.ts';
import { loadRestConfig } from '../../protocols/kube/kubeconfig.ts';
import type { EndpointSlice, Service } from '../../protocols/kube/types.ts';
import { LATENCY } from '../../sim/latency.ts';
import { Queue } from '../../sim/primitives.ts';
import { logText } from '../control-plane/common/log.ts';

const VERSION = 'v1.36.4';
/** Changes that come together are written together. */
const MIN_SYNC_NS = 1_000_000_000;

export const kubeProxyProgram: Program = {
  name: 'kube-proxy',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 36_000_000,
  threads: 8,
  layer: 'control-plane',
  main,
};

async function main(ctx: Context, argv: readonly string[]): Promise<number> {
  // It does not ask for the signal. Go's runtime then ends by it; where that does nothing, as to a container's first
  // process, with this code (runtime/signal_unix.go, dieFromSignal).
  ctx.sys.sigaction(ctx, 'SIGTERM', () => ctx.go('die', (c) => c.sys.exit(c, 2)));
  const flag = (name: string): string | undefined =>
    argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const path = flag('config');
  let kubeconfig = flag('kubeconfig') ?? '';
  if (path !== undefined) {
    let content: string;
    try {
      content = await readFile(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await logText(ctx, 'E', 'run.go:72', `"command failed" err="failed complete: open ${path}: ${error.go}"`);
      return 1;
    }
    const parsed = parseYaml(content);
    if (!parsed.ok) {
      await logText(ctx, 'E', 'run.go:72', `"command failed" err="failed complete: ${parsed.error}"`);
      return 1;
    }
    kubeconfig = text((parsed.value ?? {}) as Fields, 'clientConnection', 'kubeconfig') || kubeconfig;
  }
  await logText(ctx, 'I', 'server_linux.go:63', '"Using iptables proxy"');
  await logText(ctx, 'I', 'server.go:483', `"Version info" version="${VERSION}"`);
  let client: ReturnType<typeof newKubeClient>;
  try {
    client = newKubeClient(await loadRestConfig(ctx, kubeconfig, `kube-proxy/${VERSION}`));
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, `E: open ${kubeconfig}: ${error.go}\n`);
    return 1;
  }
  const changes = new Queue<true>(ctx.scheduler);
  const changed = (): void => changes.push(true);
  const handlers = { added: changed, updated: changed, deleted: changed, synced: changed };
  await logText(ctx, 'I', 'config.go:200', '"Starting service config controller"');
  const services = startInformer<Service>(ctx, client, 'services', handlers);
  await logText(ctx, 'I', 'config.go:106', '"Starting endpoint slice config controller"');
  const slices = startInformer<EndpointSlice>(ctx, client, 'endpointslices', handlers);
  let installed = new Map<string, string>();
  for (;;) {
    await changes.take();
    if (!services.hasSynced || !slices.hasSynced) continue;
    installed = await sync(ctx, [...services.items.values()], [...slices.items.values()], installed);
    await ctx.sleep(MIN_SYNC_NS);
    while (changes.length > 1) await changes.take();
  }
}

/** Writes what has changed since last time. Gives the rules there are now, by the comment they carry. */
async function sync(
  ctx: Context,
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  before: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const wanted = new Map<string, NatRule[]>();
  for (const service of services)
    for (const rule of rulesOf(service, slices)) {
      const group = wanted.get(rule.comment);
      if (group === undefined) wanted.set(rule.comment, [rule]);
      else group.push(rule);
    }
  const now = new Map([...wanted].map(([comment, rules]) => [comment, JSON.stringify(rules)]));
  await ctx.cpu(LATENCY.controllerSyncNs);
  for (const comment of before.keys())
    if (before.get(comment) !== now.get(comment)) await ctx.sys.deleteNatRules(ctx, comment);
  for (const [comment, rules] of wanted)
    if (before.get(comment) !== now.get(comment)) for (const rule of rules) await ctx.sys.addNatRule(ctx, rule);
  return now;
}

function rulesOf({ metadata, spec }: Service, slices: readonly EndpointSlice[]): NatRule[] {
  const { clusterIP = '' } = spec;
  if (clusterIP === '' || clusterIP === 'None' || spec.type === 'ExternalName') return [];
  const own = slices.filter(
    (slice) =>
      slice.metadata.namespace === metadata.namespace &&
      slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
  );
  return (spec.ports ?? []).flatMap((port) => {
    const name = `${metadata.namespace}/${metadata.name}${port.name === undefined || port.name === '' ? '' : `:${port.name}`}`;
    const endpoints = own.flatMap((slice) => {
      const number = slice.ports?.find((p) => (p.name ?? '') === (port.name ?? ''))?.port;
      if (number === undefined) return [];
      const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
      return ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port: number })));
    });
    const ways = [
      { comment: `${name} cluster IP`, matchHost: clusterIP, matchPort: port.port },
      ...(spec.externalIPs ?? []).map((matchHost) => ({
        comment: `${name} external IP`,
        matchHost,
        matchPort: port.port,
      })),
      ...(port.nodePort === undefined ? [] : [{ comment: name, matchHost: '', matchPort: port.nodePort }]),
    ];
    const protocol: NatRule['protocol'] = port.protocol === 'UDP' ? 'udp' : 'tcp';
    return ways.flatMap((way): NatRule[] =>
      endpoints.length === 0
        ? [{ ...way, comment: `${name} has no endpoints`, kind: 'reject', protocol, toHost: '', toPort: 0 }]
        : endpoints.map((to, i) => ({
            ...way,
            kind: 'dnat',
            protocol,
            toHost: to.host,
            toPort: to.port,
            // Each takes its share of what the ones before have left.
            ...(i === endpoints.length - 1 ? {} : { probability: 1 / (endpoints.length - i) }),
          })),
    );
  });
}
