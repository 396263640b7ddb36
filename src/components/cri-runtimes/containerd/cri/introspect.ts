/**
 * What the runtime of each handler can do, asked once, when the plugin is made. Whoever cannot answer has no features, and
 * only the debug log says why.
 * @models containerd 2.1 internal/cri/server/service.go introspectRuntimeHandler
 * @fidelity partial: handlers are asked in the order of their names, where Go's is random; the kernel has recursive read-only mounts
 */
import { type ParsedJson, parseJson } from '../../../../go/json-parse.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { utf8 } from '../../../../linux/rope.ts';
import type { RuntimeHandler, RuntimeHandlerFeatures } from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { Failure, failure, wrap } from '../../shared/errors.ts';
import type { RuntimeHandlerConfig } from '../config/defaults.ts';
import { runtimeOptions } from '../config/handlers.ts';
import { runtimeInfo } from '../tasks/runtime-info.ts';
import type { CriService } from './cri-service.ts';

/** The default handler has an entry without a name, too, which comes first. */
export async function introspectHandlers(ctx: Context, cri: CriService): Promise<Input<RuntimeHandler>[]> {
  const { runtimes, default_runtime_name: fallback } = cri.config.containerd;
  const handlers: Input<RuntimeHandler>[] = [];
  for (const [name, config] of Object.entries(runtimes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const features = await featuresOf(ctx, cri, name, config);
    const known = features === null ? {} : { features };
    handlers.push({ name, ...known });
    if (name === fallback) handlers.unshift({ name: '', ...known });
  }
  return handlers;
}

async function featuresOf(
  ctx: Context,
  { log }: CriService,
  name: string,
  config: RuntimeHandlerConfig,
): Promise<Input<RuntimeHandlerFeatures> | null> {
  const debug = (text: string, fields = {}): Promise<void> => log.log(ctx, 'debug', text, fields);
  let raw: ParsedJson;
  try {
    raw = await askRuntime(ctx, config);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    await debug(`failed to introspect features of runtime ${quote(name)}`, { error: error.message });
    return null;
  }
  const recursiveReadOnlyMounts = includes(field(raw, 'mountOptions'), 'rro');
  if (recursiveReadOnlyMounts) await debug(`runtime ${quote(name)} supports recursive read-only mounts`);
  const linux = field(raw, 'linux');
  const idmap = field(field(linux, 'mountExtensions'), 'idmap');
  const userNamespaces = includes(field(linux, 'namespaces'), 'user') && field(idmap, 'enabled') === true;
  await debug(`runtime ${quote(name)} supports CRI userns: ${userNamespaces}`);
  return { recursiveReadOnlyMounts, userNamespaces };
}

async function askRuntime(ctx: Context, config: RuntimeHandlerConfig): Promise<ParsedJson> {
  const { runtime_type: type, runtime_path: path } = config;
  const { features } = await runtimeInfo(ctx, path === '' ? type : path, runtimeOptions(config)).catch(
    (error: unknown) => {
      throw wrap('failed to call PluginInfo', error);
    },
  );
  if (features === undefined) throw failure('runtime info has no features');
  const parsed = parseJson(utf8(features.value));
  if (!parsed.ok) throw failure(`failed to unmarshal Features (*anypb.Any): ${parsed.error}`);
  return parsed.value;
}

function field(value: ParsedJson | undefined, name: string): ParsedJson | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function includes(value: ParsedJson | undefined, word: string): boolean {
  return Array.isArray(value) && value.includes(word);
}
