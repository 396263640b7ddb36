/**
 * dockershim: a CRI server inside the kubelet, so that the kubelet knows Docker by a socket like any other runtime.
 * @models kubernetes 1.23 pkg/kubelet/kubelet_dockershim.go, pkg/kubelet/dockershim/remote/docker_server.go
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { mkdirAll } from '../../linux/io.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import { DockerService } from '../cri-runtimes/shared/dockershim/docker-service.ts';
import { criServer, dockerInfo, dockerVersion } from '../cri-runtimes/shared/dockershim/implement.ts';
import type { CniPlugin } from '../cri-runtimes/shared/dockershim/network.ts';
import { Failure } from './failures.ts';
import type { Log } from './log.ts';

type DockershimOptions = {
  endpoint: string;
  dockerEndpoint: string;
  sandboxImage: string;
  network: CniPlugin | null;
  cgroupDriver: string;
};

/** Returns when it serves; throws a Failure if Docker does not suit. */
export async function startDockershim(ctx: Context, log: Log, options: DockershimOptions): Promise<void> {
  await log.info(
    ctx,
    0,
    'kubelet_dockershim.go:52',
    'Using dockershim is deprecated, please consider using a full-fledged CRI implementation',
  );
  const { endpoint, cgroupDriver, ...more } = options;
  const shim = new DockerService({
    name: 'dockershim',
    rootDirectory: '/var/lib/dockershim',
    tellsCriVersion: false,
    ...more,
  });
  let driver: string;
  try {
    await dockerVersion(ctx, shim);
    driver = (await dockerInfo(ctx, shim)).CgroupDriver;
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    throw new Failure(error.description);
  }
  await log.info(ctx, 0, 'docker_service.go:257', 'Docker cri networking managed by the network plugin', [
    'networkPluginName',
    options.network === null ? 'kubernetes.io/no-op' : 'cni',
  ]);
  await log.info(ctx, 0, 'docker_service.go:274', 'Setting cgroupDriver', ['cgroupDriver', driver]);
  if (driver !== cgroupDriver)
    throw new Failure(
      `misconfiguration: kubelet cgroup driver: "${cgroupDriver}" is different from docker cgroup driver: "${driver}"`,
    );
  const streamFd = await ctx.sys.listen(ctx, { family: 'inet', host: '127.0.0.1', port: 0 });
  const address = ctx.sys.socketAddress(ctx, streamFd, 'local');
  if (address.family === 'inet') shim.streaming.baseUrl = `http://${address.host}:${address.port}`;
  ctx.go('dockershim-streaming', (c) => shim.streaming.serve(c, streamFd));
  const fd = await listen(ctx, endpoint.replace(/^unix:\/\//, ''));
  await log.info(ctx, 2, 'docker_server.go:56', 'Start dockershim grpc server');
  ctx.go('dockershim', (c) => criServer(shim).serve(c, fd));
}

/** Whatever had its socket there before, the path is the kubelet's from now on. */
async function listen(ctx: Context, path: string): Promise<number> {
  try {
    await ctx.sys.unlink(ctx, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code !== 'ENOENT') throw new Failure(`failed to unlink socket file "${path}": ${error.go}`);
  }
  try {
    await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o755);
    return await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new Failure(`failed to listen on "unix://${path}": listen unix ${path}: bind: ${error.go}`);
  }
}
