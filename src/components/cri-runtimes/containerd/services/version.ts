/** containerd.services.version.v1 and introspection.v1. @models containerd 2.1 plugins/services/{version,introspection} @fidelity partial: of the plugins, only the runtime tells more of itself */
import { readFile } from '../../../../linux/io.ts';
import {
  IntrospectionService,
  type Plugin,
} from '../../../../protocols/containerd/services/introspection/v1/generated.ts';
import { VersionService } from '../../../../protocols/containerd/services/version/v1/generated.ts';
import { RuntimeInfo, RuntimeRequest } from '../../../../protocols/containerd/types/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { classed, toStatus } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import { type PluginEntry, plugins, pluginUri } from '../plugins.ts';
import { runtimeInfo } from '../tasks/runtime-info.ts';
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
        .map(described),
    }),
    PluginInfo: async (ctx, { type, id, options }) => {
      const plugin = plugins(parts.config, parts.pluginErrors).find((one) => one.type === type && one.id === id);
      if (plugin === undefined || disabled.has(pluginUri(plugin)))
        throw toStatus(classed('NotFound', `plugin ${type}.${id} not found`));
      if (options === undefined) return { plugin: described(plugin) };
      if (plugin.error !== undefined || plugin.skip !== undefined)
        throw toStatus(classed('FailedPrecondition', 'cannot get extra info, plugin not successfully loaded'));
      if (pluginUri(plugin) !== RUNTIME_URI)
        throw toStatus(classed('Unimplemented', 'plugin does not provided extra information'));
      const request = RuntimeRequest.decode(options.value);
      const info = await runtimeInfo(ctx, request.runtimePath, request.options ?? null).catch((error: unknown) => {
        throw toStatus(error);
      });
      const extra = { typeUrl: RuntimeInfo.typeName, value: RuntimeInfo.encode(info).slice() };
      return { plugin: described(plugin), extra };
    },
  });
}

const RUNTIME_URI = 'io.containerd.runtime.v2.task';

function described(plugin: PluginEntry): Input<Plugin> {
  return {
    type: plugin.type,
    id: plugin.id,
    requires: [...(plugin.requires ?? [])],
    capabilities: [...(plugin.capabilities ?? [])],
    platforms: plugin.linux === true ? [{ os: 'linux', architecture: 'amd64' }] : [],
    ...initErrorOf(plugin),
  };
}

function initErrorOf({ skip, error }: PluginEntry): { initErr?: { code: number; message: string } } {
  const message = error ?? skip;
  return message === undefined ? {} : { initErr: { code: grpcCode.Unknown, message } };
}
