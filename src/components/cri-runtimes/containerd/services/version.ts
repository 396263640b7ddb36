/** containerd.services.version.v1 and introspection.v1. @models containerd 2.1 plugins/services/{version,introspection} @fidelity partial: no PluginInfo */
import { readFile } from '../../../../linux/io.ts';
import { IntrospectionService } from '../../../../protocols/containerd/services/introspection/v1/generated.ts';
import { VersionService } from '../../../../protocols/containerd/services/version/v1/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Parts } from '../parts.ts';
import { type PluginEntry, plugins, pluginUri } from '../plugins.ts';
import { matchesAny } from './filters.ts';

export function serveVersion(server: GrpcServer, parts: Parts, disabled: ReadonlySet<string>): void {
  const { root } = parts.config;
  server.implement(VersionService, { Version: async () => ({ version: parts.release.version, revision: '' }) });
  server.implement(IntrospectionService, {
    Server: async (ctx) => ({
      uuid: await readFile(ctx, `${root}/io.containerd.grpc.v1.introspection/uuid`),
      pid: BigInt(ctx.process.pid),
      pidns: BigInt(/\[(\d+)\]/.exec(await ctx.sys.readlink(ctx, '/proc/self/ns/pid'))?.[1] ?? 0),
      deprecations: [],
    }),
    Plugins: async (_ctx, { filters }) => ({
      plugins: plugins(parts.config, parts.pluginErrors)
        .filter(
          (plugin) => !disabled.has(pluginUri(plugin)) && matchesAny(filters, { type: plugin.type, id: plugin.id }),
        )
        .map((plugin) => ({
          type: plugin.type,
          id: plugin.id,
          requires: [...(plugin.requires ?? [])],
          capabilities: [...(plugin.capabilities ?? [])],
          platforms: plugin.linux === true ? [{ os: 'linux', architecture: 'amd64' }] : [],
          ...initErrorOf(plugin),
        })),
    }),
  });
}

function initErrorOf({ skip, error }: PluginEntry): { initErr?: { code: number; message: string } } {
  const message = error ?? skip;
  return message === undefined ? {} : { initErr: { code: grpcCode.Unknown, message } };
}
