/**
 * /etc/crictl.yaml. Reading takes known keys only; writing keeps the comments and the order of what was there.
 * @models kubernetes-sigs/cri-tools pkg/common/file.go
 * @fidelity partial: a comment's blanks may move when the file is written back
 */
import { type Document, isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { quote } from '../../go/quote.ts';
import { parseYaml } from '../../go/yaml-in.ts';
import type { Context } from '../../linux/context.ts';
import { mkdirAll, readFile, writeFile } from '../../linux/io.ts';
import { Failure, onPath } from './failure.ts';

export type ConfigFile = {
  runtimeEndpoint: string;
  imageEndpoint: string;
  /** Seconds. */
  timeout: number;
  debug: boolean;
  pullImageOnCreate: boolean;
  disablePullOnRun: boolean;
  readonly text: string;
};

export const CONFIG_KEYS = [
  'runtime-endpoint',
  'image-endpoint',
  'timeout',
  'debug',
  'pull-image-on-create',
  'disable-pull-on-run',
] as const;
export type ConfigKey = (typeof CONFIG_KEYS)[number];

export function isConfigKey(name: string): name is ConfigKey {
  return (CONFIG_KEYS as readonly string[]).includes(name);
}

export function emptyConfig(text = ''): ConfigFile {
  return {
    runtimeEndpoint: '',
    imageEndpoint: '',
    timeout: 0,
    debug: false,
    pullImageOnCreate: false,
    disablePullOnRun: false,
    text,
  };
}

export async function readConfig(ctx: Context, path: string): Promise<ConfigFile> {
  return parseConfig(await onPath('open', path, () => readFile(ctx, path)));
}

export function parseConfig(text: string): ConfigFile {
  const checked = parseYaml(text);
  if (!checked.ok) throw new Failure(checked.error);
  const config = emptyConfig(text);
  const root = yamlOf(text).contents;
  if (!isMap(root)) return config;
  for (const pair of root.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const value = isScalar(pair.value) ? (pair.value.source ?? '') : '';
    if (!isConfigKey(name)) throw new Failure(`Config option '${name}' is not valid`);
    const fault = setConfigValue(config, name, value);
    if (fault !== null) throw new Failure(`parsing config option '${name}': ${fault}`);
  }
  return config;
}

/** @returns Go's complaint about a value that does not parse, else null */
export function setConfigValue(config: ConfigFile, key: ConfigKey, value: string): string | null {
  switch (key) {
    case 'runtime-endpoint':
      config.runtimeEndpoint = value;
      return null;
    case 'image-endpoint':
      config.imageEndpoint = value;
      return null;
    case 'timeout': {
      if (!/^[+-]?\d+$/.test(value)) return `strconv.Atoi: parsing ${quote(value)}: invalid syntax`;
      config.timeout = Number(value);
      return null;
    }
    default: {
      const parsed = BOOLEANS.get(value);
      if (parsed === undefined) return `strconv.ParseBool: parsing ${quote(value)}: invalid syntax`;
      if (key === 'debug') config.debug = parsed;
      else if (key === 'pull-image-on-create') config.pullImageOnCreate = parsed;
      else config.disablePullOnRun = parsed;
      return null;
    }
  }
}

/** strconv.ParseBool. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

export function configValueText(config: ConfigFile, key: ConfigKey): string {
  switch (key) {
    case 'runtime-endpoint':
      return config.runtimeEndpoint;
    case 'image-endpoint':
      return config.imageEndpoint;
    case 'timeout':
      return String(config.timeout);
    case 'debug':
      return String(config.debug);
    case 'pull-image-on-create':
      return String(config.pullImageOnCreate);
    case 'disable-pull-on-run':
      return String(config.disablePullOnRun);
  }
}

export async function writeConfig(ctx: Context, config: ConfigFile, path: string): Promise<void> {
  const folder = path.includes('/') ? path.slice(0, Math.max(1, path.lastIndexOf('/'))) : '.';
  await onPath('mkdir', folder, () => mkdirAll(ctx, folder));
  await onPath('open', path, () => writeFile(ctx, path, renderConfig(config)));
}

export function renderConfig(config: ConfigFile): string {
  const document = yamlOf(config.text);
  if (!isMap(document.contents)) document.contents = document.createNode({}) as YAMLMap;
  const root = document.contents as YAMLMap;
  for (const key of CONFIG_KEYS) {
    const value = configValueText(config, key);
    const typed = key.endsWith('endpoint') ? value : key === 'timeout' ? Number(value) : value === 'true';
    const present = root.items.filter((pair) => isScalar(pair.key) && pair.key.value === key);
    for (const pair of present) pair.value = document.createNode(typed);
    if (present.length === 0) root.set(key, typed);
  }
  return document.toString({ lineWidth: 0, indent: 4 });
}

function yamlOf(text: string): Document {
  return parseDocument(text, { uniqueKeys: false, logLevel: 'silent' });
}
