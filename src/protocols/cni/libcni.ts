/**
 * Executing network plugins: configuration on stdin, the rest in CNI_* variables, results cached for the DEL to come.
 * @models containernetworking/cni 1.2 libcni/api.go, pkg/invoke
 * @fidelity partial: ADD, DEL, CHECK; of GC only the DELs (its own command needs version 1.1.0); no STATUS; results of older versions are not converted
 */

import { type GoError, newError, wrapError } from '../../go/errors.ts';
import { exitText } from '../../go/exit-text.ts';
import { base64, type JsonValue, marshalJson } from '../../go/json.ts';
import { parseJson } from '../../go/json-parse.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { Errno, isErrno } from '../../linux/errno.ts';
import { type CommandResult, mkdirAll, readFile, runCommand, writeFile } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import type { CniError, CniPluginConfig, CniResult } from './types.ts';

const CACHE_DIR = '/var/lib/cni/results';
const BUSY_RETRIES = 5;

export type NetworkConfigList = {
  name: string;
  cniVersion: string;
  plugins: CniPluginConfig[];
  /** The file's text. */
  source: string;
  /** Each plugin's part as it is shown by `crictl info`. */
  pluginSources: string[];
};

export type RuntimeConf = {
  containerId: string;
  netns: string;
  ifName: string;
  args: readonly (readonly [string, string])[];
  capabilityArgs: Record<string, unknown>;
};

export type PluginDirs = readonly string[];

async function findInPath(ctx: Context, plugin: string, dirs: PluginDirs): Promise<string> {
  if (plugin === '') throw failure('no plugin name provided');
  if (plugin.includes('/')) throw failure(`invalid plugin name: ${plugin}`);
  for (const dir of dirs) {
    try {
      if ((await ctx.sys.stat(ctx, `${dir}/${plugin}`)).type === 'file') return `${dir}/${plugin}`;
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  throw failure(`failed to find plugin ${quote(plugin)} in path [${dirs.join(' ')}]`);
}

async function execPlugin(
  ctx: Context,
  command: 'ADD' | 'DEL' | 'CHECK',
  list: NetworkConfigList,
  plugin: CniPluginConfig,
  previous: CniResult | null,
  conf: RuntimeConf,
  dirs: PluginDirs,
): Promise<string> {
  const path = await findInPath(ctx, plugin.type, dirs);
  const stdin: Record<string, unknown> = { ...plugin, name: list.name, cniVersion: list.cniVersion };
  if (previous !== null) stdin['prevResult'] = previous;
  const runtimeConfig = Object.fromEntries(
    Object.entries(plugin.capabilities ?? {})
      .filter(([name, on]) => on && name in conf.capabilityArgs)
      .map(([name]) => [name, conf.capabilityArgs[name]]),
  );
  if (Object.keys(runtimeConfig).length > 0) stdin['runtimeConfig'] = runtimeConfig;
  const env = [
    ...ctx.process.env,
    `CNI_COMMAND=${command}`,
    `CNI_CONTAINERID=${conf.containerId}`,
    `CNI_NETNS=${conf.netns}`,
    `CNI_ARGS=${conf.args.map(([k, v]) => `${k}=${v}`).join(';')}`,
    `CNI_IFNAME=${conf.ifName}`,
    `CNI_PATH=${dirs.join(':')}`,
  ];
  const text = marshal(sortedObject(stdin));
  const { trace, process } = ctx;
  const span = trace.startSpan(ctx.span, process.pid, `CNI ${command} ${plugin.type}`, 'cri-runtime', {
    ifName: conf.ifName,
  });
  const inner = ctx.withSpan(span);
  const method = `${command} ${plugin.type}`;
  const request = new TextEncoder().encode(text);
  trace.emit(span, process.pid, {
    kind: 'rpc.request',
    call: span,
    protocol: 'cni',
    method,
    address: path,
    to: 0,
    metadata: Object.fromEntries(env.slice(-6).map((e) => [e.slice(0, e.indexOf('=')), e.slice(e.indexOf('=') + 1)])),
    payload: trace.keepPayload(request),
    length: request.length,
    type: 'cni.NetworkConfig',
  });
  try {
    const result = await runPlugin(inner, path, text, env);
    trace.emit(span, process.pid, {
      kind: 'rpc.response',
      call: span,
      protocol: 'cni',
      method,
      to: 0,
      code: 0,
      codeName: 'OK',
      message: '',
      payload: trace.keepPayload(result.stdout),
      length: result.stdout.length,
      type: 'cni.Result',
    });
    trace.endSpan(span, process.pid);
    return utf8(result.stdout);
  } catch (error) {
    trace.emit(span, process.pid, {
      kind: 'rpc.response',
      call: span,
      protocol: 'cni',
      method,
      to: 0,
      code: 2,
      codeName: 'Error',
      message: messageOf(error),
      payload: 0,
      length: 0,
      type: 'cni.Error',
    });
    trace.endSpan(span, process.pid, messageOf(error));
    throw error;
  }
}

async function runPlugin(ctx: Context, path: string, stdin: string, env: readonly string[]): Promise<CommandResult> {
  for (let attempt = 0; ; attempt++) {
    let result: CommandResult;
    try {
      result = await runCommand(ctx, [path], { path, env, stdin });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      if (error.code === 'ETXTBSY' && attempt < BUSY_RETRIES) {
        await ctx.sleep(1_000_000_000);
        continue;
      }
      throw failure(`netplugin failed with no error message: fork/exec ${path}: ${error.go}`);
    }
    if (result.status.exitCode === 0 && result.status.signal === null) return result;
    throw failure(pluginErrorText(result));
  }
}

function pluginErrorText(result: CommandResult): string {
  const stdout = utf8(result.stdout);
  const stderr = utf8(result.stderr);
  if (stdout === '') {
    if (stderr === '') return `netplugin failed with no error message: ${exitText(result.status)}`;
    return `netplugin failed: ${quote(stderr)}`;
  }
  try {
    const error = unmarshalJson(stdout) as unknown as CniError;
    return error.details === undefined || error.details === '' ? (error.msg ?? '') : `${error.msg}; ${error.details}`;
  } catch (error) {
    return `netplugin failed but error parsing its diagnostic message ${quote(stdout)}: ${messageOf(error)}`;
  }
}

function sortedObject(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export async function addNetworkList(
  ctx: Context,
  list: NetworkConfigList,
  conf: RuntimeConf,
  dirs: PluginDirs,
): Promise<CniResult> {
  let result: CniResult | null = null;
  for (const plugin of list.plugins) {
    try {
      const text = await execPlugin(ctx, 'ADD', list, plugin, result, conf, dirs);
      if (text.trim() !== '') result = unmarshalJson(text) as unknown as CniResult;
    } catch (error) {
      throw wrap(`plugin type=${quote(plugin.type)} failed (add)`, error);
    }
  }
  const final = result ?? { cniVersion: list.cniVersion };
  try {
    await cacheAdd(ctx, final, list, conf);
  } catch (error) {
    throw wrap(`failed to set network ${quote(list.name)} cached result`, error);
  }
  return final;
}

/** Asks each plugin whether what it has set up is still there; networks of versions before 0.4.0 cannot be asked. */
export async function checkNetworkList(
  ctx: Context,
  list: NetworkConfigList,
  conf: RuntimeConf,
  dirs: PluginDirs,
): Promise<CniResult | null> {
  const previous = await cachedResult(ctx, list, conf);
  if (!versionAtLeast(list.cniVersion, 0, 4)) return previous;
  for (const plugin of list.plugins) await execPlugin(ctx, 'CHECK', list, plugin, previous, conf, dirs);
  return previous;
}

export async function delNetworkList(
  ctx: Context,
  list: NetworkConfigList,
  conf: RuntimeConf,
  dirs: PluginDirs,
): Promise<void> {
  const previous = versionAtLeast(list.cniVersion, 0, 4) ? await cachedResult(ctx, list, conf) : null;
  for (const plugin of [...list.plugins].reverse()) {
    try {
      await execPlugin(ctx, 'DEL', list, plugin, previous, conf, dirs);
    } catch (error) {
      throw wrap(`plugin type=${quote(plugin.type)} failed (delete)`, error);
    }
  }
  try {
    await ctx.sys.unlink(ctx, cachePath(list, conf));
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** Takes away what was set up for containers of which nobody knows any more. */
export async function gcNetworkList(
  ctx: Context,
  list: NetworkConfigList,
  isKnown: (containerId: string, ifName: string) => boolean,
  dirs: PluginDirs,
): Promise<void> {
  const problems: string[] = [];
  for (const { networkName, ...conf } of await cachedAttachments(ctx)) {
    if (networkName !== list.name || isKnown(conf.containerId, conf.ifName)) continue;
    try {
      await delNetworkList(ctx, list, conf, dirs);
    } catch (error) {
      problems.push(`failed to delete stale attachment ${conf.containerId} ${conf.ifName}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw failure(problems.join('\n'));
}

async function cachedAttachments(ctx: Context): Promise<(RuntimeConf & { networkName: string })[]> {
  const found: (RuntimeConf & { networkName: string })[] = [];
  try {
    for (const { name } of await ctx.sys.readDirectory(ctx, CACHE_DIR)) {
      const { containerId, ifName, netns, networkName, cniArgs, capabilityArgs } = unmarshalJson(
        await readFile(ctx, `${CACHE_DIR}/${name}`),
      ) as unknown as Omit<RuntimeConf, 'args'> & { networkName: string; cniArgs: RuntimeConf['args'] };
      found.push({ containerId, ifName, netns, networkName, args: cniArgs, capabilityArgs });
    }
  } catch (error) {
    messageOf(error);
  }
  return found;
}

function versionAtLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

function cachePath(list: NetworkConfigList, conf: RuntimeConf): string {
  return `${CACHE_DIR}/${list.name}-${conf.containerId}-${conf.ifName}`;
}

async function cacheAdd(ctx: Context, result: CniResult, list: NetworkConfigList, conf: RuntimeConf): Promise<void> {
  await mkdirAll(ctx, CACHE_DIR, 0o700);
  const cached = {
    kind: 'cniCacheV1',
    containerId: conf.containerId,
    config: base64(new TextEncoder().encode(list.source)),
    ifName: conf.ifName,
    networkName: list.name,
    netns: conf.netns,
    cniArgs: conf.args,
    capabilityArgs: conf.capabilityArgs,
    result,
  };
  await writeFile(ctx, cachePath(list, conf), marshal(cached), { mode: 0o600 });
}

async function cachedResult(ctx: Context, list: NetworkConfigList, conf: RuntimeConf): Promise<CniResult | null> {
  try {
    const cached = unmarshalJson(await readFile(ctx, cachePath(list, conf))) as { result?: CniResult };
    return cached.result ?? null;
  } catch (error) {
    messageOf(error);
    return null;
  }
}

/** What fails here is a GoError. */
function failure(message: string): GoError {
  return newError(message);
}

function wrap(prefix: string, cause: unknown): GoError {
  if (cause instanceof Errno) return wrapError(prefix, newError(cause.go, { code: cause.code }));
  if (isGoError(cause)) return wrapError(prefix, cause);
  throw cause;
}

function messageOf(error: unknown): string {
  if (error instanceof Errno) return error.go;
  if (isGoError(error)) return error.message;
  throw error;
}

function isGoError(error: unknown): error is GoError {
  return typeof error === 'object' && error !== null && typeof (error as GoError).before === 'string';
}

function marshal(value: unknown): string {
  return marshalJson(value as JsonValue);
}

function unmarshalJson(text: string): JsonValue {
  const parsed = parseJson(text);
  if (!parsed.ok) throw failure(parsed.error);
  return parsed.value as JsonValue;
}
