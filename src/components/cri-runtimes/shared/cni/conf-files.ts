/**
 * Network configuration files: lists, and single networks made into lists of one.
 * @models containernetworking/cni 1.2 libcni/conf.go, containerd/go-cni opts.go
 * @fidelity partial: no loadOnlyInlinedPlugins
 */
import type { Context } from '../../../../linux/context.ts';
import { readFile } from '../../../../linux/io.ts';
import type { NetworkConfigList } from '../../../../protocols/cni/libcni.ts';
import type { CniPluginConfig } from '../../../../protocols/cni/types.ts';
import { failure, messageOf, pathFailure } from '../errors.ts';
import { marshal, unmarshalJson } from '../go-json.ts';

export async function loadNetworkFile(ctx: Context, path: string): Promise<NetworkConfigList> {
  const isList = path.endsWith('.conflist');
  const what = isList ? 'CNI config list file' : 'CNI config file';
  try {
    const text = await readFile(ctx, path).catch((error: unknown) => {
      throw failure(`error reading ${path}: ${pathFailure('open', path, error).message}`);
    });
    return isList ? parseList(text) : parseSingle(text, path);
  } catch (error) {
    const words = messageOf(error);
    if (words.startsWith('network type not found')) throw error;
    throw failure(`failed to load ${what} ${path}: ${words}: invalid cni config`);
  }
}

export function parseList(text: string): NetworkConfigList {
  let raw: Record<string, unknown>;
  try {
    raw = unmarshalJson(text) as Record<string, unknown>;
  } catch (error) {
    throw failure(`error parsing configuration list: ${messageOf(error)}`);
  }
  if (typeof raw['name'] !== 'string') {
    throw failure(
      raw['name'] === undefined
        ? 'error parsing configuration list: no name'
        : `error parsing configuration list: invalid name type ${typeof raw['name']}`,
    );
  }
  const version = raw['cniVersion'] ?? '';
  if (typeof version !== 'string')
    throw failure(`error parsing configuration list: invalid cniVersion type ${typeof version}`);
  if (!Array.isArray(raw['plugins'])) {
    throw failure(
      raw['plugins'] === undefined
        ? "error parsing configuration list: no 'plugins' key"
        : `error parsing configuration list: invalid 'plugins' type ${typeof raw['plugins']}`,
    );
  }
  if (raw['plugins'].length === 0) throw failure('error parsing configuration list: no plugins in list');
  const plugins = raw['plugins'] as CniPluginConfig[];
  for (const [i, plugin] of plugins.entries()) {
    if (typeof plugin.type !== 'string')
      throw failure(`failed to parse plugin config ${i}: error parsing configuration: missing 'type'`);
  }
  return {
    name: raw['name'],
    cniVersion: version,
    plugins,
    source: text,
    pluginSources: plugins.map((plugin) => marshalSorted(plugin)),
  };
}

function parseSingle(text: string, path: string): NetworkConfigList {
  let raw: Record<string, unknown>;
  try {
    raw = unmarshalJson(text) as Record<string, unknown>;
  } catch (error) {
    throw failure(`error parsing configuration: ${messageOf(error)}`);
  }
  if (typeof raw['type'] !== 'string' || raw['type'] === '')
    throw failure(`network type not found in ${path}: invalid cni config`);
  const list = { name: raw['name'], cniVersion: raw['cniVersion'] ?? '', plugins: [raw] };
  return { ...parseList(marshal(list)), source: marshalSorted(list) };
}

function marshalSorted(value: unknown): string {
  const sort = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(sort);
    if (typeof v !== 'object' || v === null) return v;
    return Object.fromEntries(
      Object.entries(v)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([k, item]) => [k, sort(item)]),
    );
  };
  return marshal(sort(value));
}
