/**
 * The CRI plugin's life: recover, follow events and CNI configuration, serve streams, stop.
 * @models containerd 2.1 internal/cri/server/service.go Run, Close; cni_conf_syncer.go
 * @fidelity partial: nothing happens on changes of the CNI configuration that arrive while another one is read
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { mkdirAll } from '../../../../linux/io.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { toFailure, wrap } from '../../shared/errors.ts';
import type { CriService } from './cri-service.ts';
import { introspectHandlers } from './introspect.ts';
import { recover } from './recover.ts';

/** While the plugin is made: before anything is served. */
export async function initCri(ctx: Context, cri: CriService): Promise<void> {
  await mkdirAll(ctx, cri.config.cni.conf_dir, 0o700);
  try {
    await cri.networks.load(ctx);
  } catch (error) {
    await cri.log.error(
      ctx,
      'failed to load cni during init, please check CRI plugin status before setting up network for pods',
      toFailure(error),
    );
  }
  if (cri.parts.release.introspects) cri.runtimeHandlers = await introspectHandlers(ctx, cri);
}

export async function runCri(base: Context, cri: CriService): Promise<void> {
  const { log } = cri;
  await log.info(base, 'Start subscribing containerd event');
  cri.monitor.subscribe(base);
  await log.info(base, 'Start recovering state');
  await recover(base, cri).catch((error: unknown) => {
    throw wrap('failed to recover state', error);
  });
  await log.info(base, 'Start event monitor');
  cri.monitor.start(base);
  await log.info(base, 'Start cni network conf syncer for default');
  base.go('cni-conf-syncer', (ctx) => syncCni(ctx, cri));
  await log.info(base, 'Start streaming server');
  await startStreaming(base, cri);
  await log.info(base, 'Registered namespace "k8s.io" with NRI');
  await log.info(base, 'runtime interface starting up...');
  await log.info(base, 'starting plugins...');
  await log.info(base, 'Synchronizing NRI (plugin) with current runtime state');
  await base.cpu(LATENCY.containerdReadRpcNs);
  cri.initialized = true;
}

async function startStreaming(base: Context, cri: CriService): Promise<void> {
  const { stream_server_address: host, stream_server_port: port } = cri.streamingConfig;
  const fd = await base.sys.listen(base, {
    family: 'inet',
    host: host === '' ? '127.0.0.1' : host,
    port: Number(port),
  });
  const address = base.sys.socketAddress(base, fd, 'local');
  if (address.family === 'inet') cri.streaming.baseUrl = `http://${address.host}:${address.port}`;
  base.go('streaming', (ctx) => cri.streaming.serve(ctx, fd));
}

/** Reads the CNI configuration again whenever something changes in its directory. */
async function syncCni(ctx: Context, cri: CriService): Promise<void> {
  const directory = cri.config.cni.conf_dir;
  for (;;) {
    await ctx.sys.watch(ctx, directory);
    try {
      await cri.networks.load(ctx);
    } catch (error) {
      await cri.log.error(
        ctx,
        `failed to reload cni configuration after receiving fs change event(WRITE         ${quote(directory)})`,
        toFailure(error),
      );
    }
  }
}

export async function stopCri(ctx: Context, cri: CriService): Promise<void> {
  await cri.log.info(ctx, 'Stop CRI service');
  cri.monitor.stop();
}
