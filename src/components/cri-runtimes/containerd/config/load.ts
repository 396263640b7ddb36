/**
 * Reading /etc/containerd/config.toml: parse, migrate old versions, merge imports and defaults.
 * @models containerd 2.1 cmd/containerd/server/config/config.go, cmd/containerd/command/main.go
 * @fidelity partial: TOML error texts are our parser's; imports take plain names and `*` in the last path element;
 *   version 1 files are read as version 2; stream processors, proxy plugins and timeouts have no effect
 */
import { parse, TomlError } from 'smol-toml';
import { sprintf } from '../../../../go/sprintf.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile } from '../../../../linux/io.ts';
import { failure, pathFailure } from '../../shared/errors.ts';
import type { ContainerdRelease } from '../release.ts';
import { CURRENT_VERSION, type DaemonConfig, defaultConfig, emptyHandler, RUNTIME_PLUGIN } from './defaults.ts';
import { migrate } from './migrate.ts';

type Tree = Record<string, unknown>;

/** `migration`: only the daemon says so, not the commands that print a configuration. */
export type ConfigWarning = { message: string; fields: Record<string, unknown>; migration?: true };

export type LoadedConfig = { config: DaemonConfig; warnings: ConfigWarning[] };

/** Raised for TOML that does not parse: the daemon logs its place before it gives up. */
export class TomlFailure extends Error {
  override readonly name = 'TomlFailure';
  readonly row: number;
  readonly column: number;
  readonly file: string;

  constructor(message: string, row: number, column: number, file: string) {
    super(message);
    this.row = row;
    this.column = column;
    this.file = file;
  }
}

const TOP_LEVEL_KEYS = new Set([
  'version',
  'root',
  'state',
  'temp',
  'plugin_dir',
  'disabled_plugins',
  'required_plugins',
  'oom_score',
  'imports',
  'grpc',
  'ttrpc',
  'debug',
  'metrics',
  'plugins',
  'cgroup',
  'proxy_plugins',
  'timeouts',
  'stream_processors',
]);

const IMPORTS_MAX = 100;

export async function loadConfig(
  ctx: Context,
  path: string,
  required: boolean,
  release: ContainerdRelease,
): Promise<LoadedConfig> {
  const warnings: ConfigWarning[] = [];
  const config = defaultConfig(release);
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT') && !required) return { config, warnings };
    throw pathFailure('open', path, error);
  }
  const tree = parseToml(text, path);
  const merged = await withImports(ctx, tree, path, warnings);
  const version = merged['version'] === undefined ? 1 : Number(merged['version']);
  if (version > release.configVersion) {
    throw failure(
      `failed to load TOML from ${path}: expected containerd config version equal to or less than \`${release.configVersion}\`, got \`${version}\``,
    );
  }
  // Inside there is only the newest form: an older containerd takes its own for granted.
  const told: ConfigWarning[] = version < release.configVersion ? warnings : [];
  const current = version < CURRENT_VERSION ? migrate(merged, version, told) : merged;
  // What is imported has been looked at.
  warnUnknown(Object.fromEntries(Object.entries(current).filter(([key]) => key in tree)), text, path, warnings);
  mergeInto(config as unknown as Tree, current, '', warnings);
  finishHandlers(config);
  validatePlugins(config);
  return { config, warnings };
}

/** Another parser's words for it. */
const NO_EQUALS_SIGN = 'incomplete key-value: cannot find end of key';

function parseToml(text: string, path: string): Tree {
  try {
    return parse(text) as Tree;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const words = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    if (words === NO_EQUALS_SIGN) {
      // Told where the sign should stand, or of the last letter when nothing comes after it.
      const line = text.split('\n')[error.line - 1] ?? '';
      const key = /^\s*[^=\s]*/.exec(line)?.[0].length ?? 0;
      const isLast = key === line.length && text.split('\n').length === error.line;
      throw new TomlFailure("toml: expected '=' after key", error.line, isLast ? key : key + 1, path);
    }
    throw new TomlFailure(`toml: ${words}`, error.line, error.column, path);
  }
}

/** Later files win; lists of plugins are appended. */
async function withImports(ctx: Context, tree: Tree, path: string, warnings: ConfigWarning[]): Promise<Tree> {
  const seen = new Set([path]);
  const pending = await importPaths(ctx, tree, path);
  let merged = tree;
  while (pending.length > 0) {
    const next = pending.shift() as string;
    if (seen.has(next) || seen.size >= IMPORTS_MAX) continue;
    seen.add(next);
    let text: string;
    try {
      text = await readFile(ctx, next);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) continue;
      throw failure(`failed to load TOML from ${next}: ${pathFailure('open', next, error).message}`);
    }
    const imported = parseToml(text, next);
    warnUnknown(imported, text, next, warnings);
    merged = mergeTrees(merged, imported);
    pending.push(...(await importPaths(ctx, imported, next)));
  }
  return merged;
}

async function importPaths(ctx: Context, tree: Tree, path: string): Promise<string[]> {
  const out: string[] = [];
  for (const pattern of (tree['imports'] as string[] | undefined) ?? []) {
    const absolute = pattern.startsWith('/') ? pattern : `${path.slice(0, path.lastIndexOf('/'))}/${pattern}`;
    if (!absolute.includes('*')) {
      out.push(absolute);
      continue;
    }
    const directory = absolute.slice(0, absolute.lastIndexOf('/'));
    const [head = '', tail = ''] = absolute.slice(directory.length + 1).split('*');
    try {
      const names = (await ctx.sys.readDirectory(ctx, directory)).map((entry) => entry.name);
      out.push(
        ...names
          .filter((n) => n.startsWith(head) && n.endsWith(tail))
          .sort()
          .map((n) => `${directory}/${n}`),
      );
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return out;
}

function mergeTrees(base: Tree, over: Tree): Tree {
  const out: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = out[key];
    out[key] = isTree(old) && isTree(value) ? mergeTrees(old, value) : value;
  }
  return out;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function warnUnknown(tree: Tree, text: string, file: string, warnings: ConfigWarning[]): void {
  for (const key of Object.keys(tree)) {
    if (TOP_LEVEL_KEYS.has(key)) continue;
    const row = text.split('\n').findIndex((line) => line.replace(/^[\s["']+/, '').startsWith(key)) + 1;
    warnings.push({
      message: 'Ignoring unknown key in TOML',
      fields: {
        column: 1,
        error: 'strict mode: fields in the document are missing in the target struct',
        file,
        key,
        row,
      },
    });
  }
}

/** Tables that are maps: any key is welcome. */
const OPEN_TABLES = new Set([
  `plugins.${RUNTIME_PLUGIN}.containerd.runtimes`,
  'plugins.io.containerd.cri.v1.images.pinned_images',
  'plugins.io.containerd.cri.v1.images.registry',
  'timeouts',
  'stream_processors',
]);

function mergeInto(target: Tree, source: Tree, path: string, warnings: ConfigWarning[]): void {
  for (const [key, value] of Object.entries(source)) {
    const here = path === '' ? key : `${path}.${key}`;
    const old = target[key];
    if (old === undefined) {
      if (path === '' || path === 'plugins' || OPEN_TABLES.has(path) || here.includes('.runtimes.'))
        target[key] = value;
      else if (path.startsWith('plugins.io.containerd.')) warnings.push(pluginWarning(path, key));
      continue;
    }
    if (isTree(old) && isTree(value)) mergeInto(old, value, here, warnings);
    else target[key] = value;
  }
}

function pluginWarning(path: string, key: string): ConfigWarning {
  const plugin = /^plugins\.(io\.containerd\.[a-z-]+(?:\.[a-z-]+)*\.v\d+\.[a-z0-9-]+)/.exec(path)?.[1] ?? path;
  const rest = path.slice('plugins.'.length + plugin.length + 1);
  return {
    message: 'Ignoring unknown key in TOML for plugin',
    fields: {
      error: 'strict mode: fields in the document are missing in the target struct',
      key: rest === '' ? key : `${rest.replaceAll('.', ' ')} ${key}`,
      plugin,
    },
  };
}

function finishHandlers(config: DaemonConfig): void {
  const runtimes = config.plugins[RUNTIME_PLUGIN].containerd.runtimes;
  for (const [name, handler] of Object.entries(runtimes)) {
    runtimes[name] = { ...emptyHandler(), ...handler };
  }
}

/** What the CRI plugin fills in when it starts; a dump does not show it. */
export function fillHandlers(config: DaemonConfig): void {
  for (const handler of Object.values(config.plugins[RUNTIME_PLUGIN].containerd.runtimes))
    if (handler.sandboxer === '') handler.sandboxer = 'podsandbox';
}

const PLUGIN_URI = /^io\.containerd\.[a-z0-9-]+(\.[a-z0-9-]+)*\.v\d+(\.[a-z0-9-]+)?$/;

function validatePlugins(config: DaemonConfig): void {
  for (const kind of ['disabled', 'required'] as const) {
    for (const uri of config[`${kind}_plugins`]) {
      if (!PLUGIN_URI.test(uri))
        throw failure(sprintf('invalid %s plugin URI %q expect io.containerd.x.vx', kind, uri));
    }
  }
}

/** Says why the CRI runtime plugin cannot be used with this configuration, or null. */
export function criConfigError(config: DaemonConfig): string | null {
  const { containerd, drain_exec_sync_io_timeout: drain } = config.plugins[RUNTIME_PLUGIN];
  if (containerd.default_runtime_name === '') return '`default_runtime_name` is empty';
  if (containerd.runtimes[containerd.default_runtime_name] === undefined) {
    return (
      'no corresponding runtime configured in `containerd.runtimes` for `containerd` ' +
      `\`default_runtime_name = "${containerd.default_runtime_name}"`
    );
  }
  for (const [name, handler] of Object.entries(containerd.runtimes)) {
    if (handler.runtime_type === '') {
      return `runtime_type invalid for runtime "${name}"`;
    }
    if (handler.sandboxer !== 'podsandbox' && handler.sandboxer !== 'shim') {
      return `\`sandboxer\` for runtime "${name}" must be "podsandbox" or "shim"`;
    }
  }
  return drain === '' || /^[\d.]+(ns|us|µs|ms|s|m|h)/.test(drain)
    ? null
    : `invalid \`drain_exec_sync_io_timeout\`: "${drain}"`;
}
