/**
 * What the daemon tells over HTTP: itself, its configuration, one container; and pausing.
 * @models CRI-O 1.36 server/inspect.go
 * @fidelity partial: no profiles
 */

import { httpDate } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { reasonPhrase } from '../../../../protocols/http/http1.ts';
import { messageOf } from '../../shared/errors.ts';
import { configToml } from '../config/print.ts';
import type { Container } from '../oci/container.ts';
import type { Server } from './server.ts';

type Mapping = { container_id: number; host_id: number; size: number };

export type CrioInfo = {
  storage_driver: string;
  storage_image: string;
  storage_root: string;
  cgroup_driver: string;
  default_id_mappings: { uids: Mapping[]; gids: Mapping[] };
};

export type ContainerInfo = {
  name: string;
  pid: number;
  image: string;
  image_ref: string;
  created_time: bigint;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  crio_annotations: Record<string, string> | null;
  log_path: string;
  root: string;
  sandbox: string;
  ip_addresses: string[];
};

type Answer = { status: number; type: string; body: string };

const HEAD_BYTES = 8192;
const TEXT = 'text/plain; charset=utf-8';

/** One request on a connection that has turned out not to be gRPC. */
export async function serveHttp(ctx: Context, server: Server, fd: number, first: Uint8Array): Promise<void> {
  let head = utf8(first);
  try {
    while (!head.includes('\r\n\r\n')) {
      const more = await ctx.sys.read(ctx, fd, HEAD_BYTES);
      if (more.length === 0) break;
      head += utf8(more);
    }
    const [, path = '/'] = /^[A-Z]+ (\S+)/.exec(head) ?? [];
    const { status, type, body } = await answerHttp(ctx, server, path);
    const bytes = new TextEncoder().encode(body);
    const lines = [
      `HTTP/1.1 ${status} ${reasonPhrase(status)}`,
      `Content-Type: ${type}`,
      ...(status === 200 ? [] : ['X-Content-Type-Options: nosniff']),
      `Date: ${httpDate(ctx.wallTime)}`,
      `Content-Length: ${bytes.length}`,
      'Connection: close',
    ];
    await ctx.sys.write(ctx, fd, `${lines.join('\r\n')}\r\n\r\n${body}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}

async function answerHttp(ctx: Context, server: Server, path: string): Promise<Answer> {
  const [, what = '', id = ''] = path.split('/');
  if (what === 'info' && id === '') return json(infoOf(server));
  if (what === 'config' && id === '') return { status: 200, type: 'application/toml', body: configToml(server.config) };
  if (!['containers', 'pause', 'unpause'].includes(what) || id === '')
    return { status: 404, type: TEXT, body: '404 page not found\n' };
  const container = server.containers.get(id) ?? server.sandboxes.get(id)?.infra;
  if (container === undefined) return { status: 404, type: TEXT, body: `can't find the container with id ${id}\n` };
  if (what === 'containers') return json(containerInfo(server, container));
  try {
    const { runtime } = server.runtimeOf(container);
    if (what === 'pause') await runtime.pause(ctx, container);
    else await runtime.resume(ctx, container);
    await server.stateToDisk(ctx, container, server.log);
  } catch (error) {
    return { status: 500, type: TEXT, body: `${messageOf(error)}\n` };
  }
  return { status: 200, type: 'text/html', body: '200 OK' };
}

function json(value: unknown): Answer {
  const body = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
  return { status: 200, type: 'application/json', body };
}

function infoOf(server: Server): CrioInfo {
  const all = (): Mapping[] => [{ container_id: 0, host_id: 0, size: 4_294_967_295 }];
  return {
    storage_driver: 'overlay',
    storage_image: '',
    storage_root: server.store.root,
    cgroup_driver: server.config.crio.runtime.cgroup_manager,
    default_id_mappings: { uids: all(), gids: all() },
  };
}

function containerInfo(server: Server, container: Container): ContainerInfo {
  const { spoofed } = container;
  const sandbox = server.sandboxes.get(container.sandboxId);
  return {
    name: container.name,
    pid: container.state.initPid ?? container.state.pid ?? 0,
    image: spoofed ? '' : container.imageName,
    image_ref: spoofed ? '' : container.imageRef,
    created_time: container.createdAt,
    labels: container.labels,
    annotations: spoofed ? { 'spoofed.crio.io': 'true' } : container.annotations,
    crio_annotations: spoofed ? null : (container.spec.annotations ?? null),
    log_path: spoofed ? '' : container.logPath,
    root: container.mountPoint,
    sandbox: container.sandboxId,
    ip_addresses: sandbox?.ips ?? [],
  };
}
