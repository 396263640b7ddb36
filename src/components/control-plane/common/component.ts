/** How every component that lives off the API server begins: flags, kubeconfig, probes, leadership, and waiting for its end. */
import { rfc3339NanoFixed } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { type KubeClient, newKubeClient } from '../../../protocols/kube/client.ts';
import { loadRestConfig } from '../../../protocols/kube/kubeconfig.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Lease } from '../../../protocols/kube/types.ts';
import { Future } from '../../../sim/primitives.ts';
import { isApiFailure } from './events.ts';
import { componentFlags } from './flags.ts';
import { serveHealth } from './health.ts';
import { orFailToListen } from './listen.ts';
import { log, logText } from './log.ts';

/** `version`: of the release it belongs to, `v1.36.4`. */
export type ComponentOptions = { name: string; version: string; healthPort: number; startNs: number };

const SECOND = 1_000_000_000;
const LEASE_SECONDS = 15;
const RENEW_NS = 2 * SECOND;

/**
 * @models client-go tools/leaderelection @fidelity partial: a lease held by somebody else is taken over once it has
 * expired; losing it ends the process
 */
async function lead(ctx: Context, client: KubeClient, name: string): Promise<void> {
  const holder = `node-1_${ctx.random.hex(8)}-${ctx.random.hex(4)}`;
  const stamp = (): string => micro(ctx.wallTime);
  await logText(ctx, 'I', 'leaderelection.go:257', `attempting to acquire leader lease kube-system/${name}...`);
  for (;;) {
    try {
      const current = await leaseNamed(ctx, client, name);
      const now = stamp();
      const spec = {
        holderIdentity: holder,
        leaseDurationSeconds: LEASE_SECONDS,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      };
      if (current === null) {
        const made = await client.create<Lease>(ctx, 'leases', 'kube-system', { metadata: { name }, spec });
        return renewForEver(ctx, client, made);
      }
      const expired = micro(ctx.wallTime - BigInt(LEASE_SECONDS * SECOND));
      const free = (current.spec?.holderIdentity ?? '') === '' || (current.spec?.renewTime ?? '') < expired;
      if (free) {
        const taken = await client.update<Lease>(ctx, 'leases', {
          ...current,
          spec: { ...spec, leaseTransitions: (current.spec?.leaseTransitions ?? 0) + 1 },
        });
        return renewForEver(ctx, client, taken);
      }
    } catch (error) {
      if (!isApiFailure(error)) throw error;
    }
    await ctx.sleep(RENEW_NS);
  }
}

async function leaseNamed(ctx: Context, client: KubeClient, name: string): Promise<Lease | null> {
  try {
    return await client.get<Lease>(ctx, 'leases', 'kube-system', name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    return null;
  }
}

function renewForEver(ctx: Context, client: KubeClient, held: Lease): void {
  let lease: Lease | null = held;
  ctx.go('renew', async (c) => {
    for (;;) {
      await c.sleep(RENEW_NS * 2);
      try {
        lease ??= await leaseNamed(c, client, held.metadata.name);
        if (lease === null) continue;
        const spec: Lease['spec'] = { ...lease.spec, renewTime: micro(c.wallTime) };
        lease = await client.update<Lease>(c, 'leases', { ...lease, spec });
      } catch (error) {
        if (!isApiFailure(error)) throw error;
        // Somebody may have changed it in between: what is there then counts.
        lease = null;
      }
    }
  });
}

function micro(ns: bigint): string {
  return rfc3339NanoFixed(ns).replace(/\d{3}Z$/, 'Z');
}

export function runComponent(
  ctx: Context,
  argv: readonly string[],
  options: ComponentOptions,
  start: (ctx: Context, client: KubeClient, flags: ReadonlyMap<string, string>) => Promise<void>,
): Promise<number> {
  return orFailToListen(ctx, () => component(ctx, argv, options, start));
}

async function component(
  ctx: Context,
  argv: readonly string[],
  { name, version, healthPort, startNs }: ComponentOptions,
  start: (ctx: Context, client: KubeClient, flags: ReadonlyMap<string, string>) => Promise<void>,
): Promise<number> {
  const flags = componentFlags(argv);
  await ctx.cpu(startNs);
  const config = await loadRestConfig(ctx, flags.get('kubeconfig') ?? '', `${name}/${version}`);
  const client = newKubeClient(config);
  const self = { subject: `${name}@0`, issuer: `${name}-ca@0`, dnsNames: ['localhost', '127.0.0.1'] };
  await serveHealth(ctx, { host: '127.0.0.1', port: healthPort }, { certificate: self, clientIssuers: config.issuers });
  await log(ctx, 'I', 'server.go:166', `Starting ${name}`, [['version', version]]);
  const stopped = new Future<number>(ctx.scheduler);
  ctx.sys.sigaction(ctx, 'SIGTERM', () => stopped.resolve(0));
  ctx.go('run', async (c) => {
    await lead(c, client, name);
    await logText(c, 'I', 'leaderelection.go:271', `successfully acquired lease kube-system/${name}`);
    await start(c, client, flags);
  });
  return stopped.wait();
}
