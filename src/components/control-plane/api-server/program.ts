/**
 * kube-apiserver: the HTTP front of the store.
 * @models kube-apiserver 1.36 cmd/kube-apiserver/app
 * @fidelity partial: no aggregation, webhooks, audit or custom resources
 */
import type { GoError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, readFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { type Certificate, decodePem } from '../../../protocols/distribution/tls-model.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import { serveHttp } from '../../../protocols/kube/server.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { componentFlags } from '../common/flags.ts';
import { listenTcp, orFailToListen } from '../common/listen.ts';
import { logText } from '../common/log.ts';
import { release123, release124, release136, type VersionInfo } from '../common/releases.ts';
import { newAuthenticator } from './auth.ts';
import { newAuthorizer } from './authorize.ts';
import { logUnreachable } from './etcd-feed.ts';
import { handle } from './handle.ts';
import { HealthChecks } from './health.ts';
import { newKubeletProxy } from './kubelet-proxy.ts';
import { bootstrapPolicy } from './rbac/bootstrap-policy.ts';
import { createObject } from './rest.ts';
import { openStore, type Store, storeKey } from './store.ts';

const ETCD_RETRY_NS = 1_000_000_000;
const ETCD_ATTEMPTS_MAX = 20;

async function main(ctx: Context, argv: string[], version: VersionInfo): Promise<number> {
  const flags = componentFlags(argv);
  const file = async (flag: string): Promise<Certificate | null> => {
    const path = flags.get(flag);
    return path !== undefined && (await exists(ctx, path)) ? decodePem(await readFile(ctx, path)) : null;
  };
  await logText(
    ctx,
    'I',
    'options.go:263',
    `external host was not specified, using ${flags.get('advertise-address') ?? ''}`,
  );
  await logText(ctx, 'I', 'server.go:150', `Version: ${version.gitVersion}`);
  await ctx.cpu(LATENCY.apiServerStartNs);
  const store = await connectEtcd(
    ctx,
    flags.get('etcd-servers') ?? '',
    await file('etcd-certfile'),
    await file('etcd-cafile'),
  );
  if (store === null) return 1;
  const certificate = await file('tls-cert-file');
  const clientCa = await file('client-ca-file');
  if (certificate === null) {
    await logText(
      ctx,
      'E',
      'run.go:72',
      `"command failed" err="open ${flags.get('tls-cert-file') ?? ''}: no such file or directory"`,
    );
    return 1;
  }
  const keyPath = flags.get('service-account-signing-key-file');
  const tokenSecret =
    keyPath === undefined ? 'none' : (await readFile(ctx, keyPath)).replaceAll(/-----[^-]+-----|\s/g, '').slice(0, 43);
  let ready = false;
  const proxy = newKubeletProxy(store, await file('kubelet-client-certificate'));
  const port = Number(flags.get('secure-port') ?? '6443');
  const fd = await listenTcp(ctx, { host: flags.get('bind-address') ?? '0.0.0.0', port });
  const tls = { certificate, clientIssuers: clientCa === null ? [] : [clientCa.subject] };
  const api = {
    store,
    proxy,
    authenticator: newAuthenticator(store, tokenSecret),
    authorizer: newAuthorizer(store),
    version,
    restrictsNodes: (flags.get('enable-admission-plugins') ?? '').split(',').includes('NodeRestriction'),
    health: new HealthChecks(store, () => ready),
  };
  ctx.go('serve', (c) => serveHttp(c, fd, tls, (hc, exchange) => handle(hc, api, exchange)));
  await logText(ctx, 'I', 'secure_serving.go:211', `Serving securely on [::]:${port}`);
  await bootstrap(ctx, store, flags.get('advertise-address') ?? '127.0.0.1', port);
  ready = true;
  const stopped = new Future<number>(ctx.scheduler);
  ctx.sys.sigaction(ctx, 'SIGTERM', () => stopped.resolve(0));
  const code = await stopped.wait();
  await logText(ctx, 'I', 'secure_serving.go:256', `Stopped listening on [::]:${port}`);
  return code;
}

async function connectEtcd(
  ctx: Context,
  server: string,
  client: Certificate | null,
  ca: Certificate | null,
): Promise<Store | null> {
  const endpoint = {
    url: server,
    issuers: ca === null ? [] : [ca.subject],
    skipVerify: false,
    clientCertificate: client,
  };
  for (let attempt = 0; attempt < ETCD_ATTEMPTS_MAX; attempt++) {
    try {
      return await openStore(ctx, endpoint);
    } catch (error) {
      if (typeof (error as GoError).before !== 'string') throw error;
      await logUnreachable(ctx, server, error as GoError);
      await ctx.sleep(ETCD_RETRY_NS);
    }
  }
  await logText(
    ctx,
    'F',
    'instance.go:232',
    'Error creating leases: error creating storage factory: context deadline exceeded',
  );
  return null;
}

const PRIORITY_CLASSES: readonly (readonly [string, number, string])[] = [
  [
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
  [
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ],
];

/** What every cluster has. */
async function bootstrap(ctx: Context, store: Store, address: string, port: number): Promise<void> {
  const ensure = async (
    plural: string,
    namespace: string | null,
    name: string,
    body: Record<string, unknown>,
  ): Promise<void> => {
    const target = { resource: resourceNamed(plural), namespace, name };
    if (store.get(target.resource, storeKey(target.resource, namespace, name)) !== undefined) return;
    try {
      await createObject(
        ctx,
        store,
        target,
        { metadata: { name, ...((body.metadata as object | undefined) ?? {}) }, ...body } as never,
        { strictness: 'Ignore', dryRun: false, warn: () => {} },
      );
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
  };
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    await ensure('namespaces', null, name, {});
  for (const { resource, object } of bootstrapPolicy())
    await ensure(resource, object.metadata.namespace ?? null, object.metadata.name, object);
  for (const [name, value, description] of PRIORITY_CLASSES)
    await ensure('priorityclasses', null, name, { value, description, preemptionPolicy: 'PreemptLowerPriority' });
  await ensure('services', 'default', 'kubernetes', {
    metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: port }] },
  });
  await ensure('endpoints', 'default', 'kubernetes', {
    metadata: { name: 'kubernetes', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  });
  await ensure('endpointslices', 'default', 'kubernetes', {
    metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  });
}

const program = (name: string, version: VersionInfo): Program => ({
  name,
  main: (ctx, argv) => orFailToListen(ctx, () => main(ctx, argv, version)),
  layer: 'control-plane',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 260_000_000,
  threads: 12,
});

export const kubeApiserverProgram = program('kube-apiserver', release136);
export const kubeApiserver123Program = program('kube-apiserver-1.23', release123);
export const kubeApiserver124Program = program('kube-apiserver-1.24', release124);
