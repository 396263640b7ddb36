/**
 * Reading the configuration: the file, then the drop-ins in the order of their names. A value replaces the earlier one; a
 * runtime's table replaces the earlier table whole.
 * @models CRI-O 1.36 pkg/config/config.go UpdateFromFile, UpdateFromPath
 * @fidelity full
 */
import { parse, TomlError } from 'smol-toml';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { lookPath, readFile } from '../../../../linux/io.ts';
import { failure, wrap } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { type CrioConfig, defaultConfig, emptyHandler, type RuntimeHandler, type Table } from './defaults.ts';

export type ConfigSources = { file: string; directory: string };

export async function loadConfig(ctx: Context, log: Logger, sources: ConfigSources): Promise<CrioConfig> {
  const config = defaultConfig();
  await log.info(ctx, `Updating config from single file: ${sources.file}`);
  await mergeFile(ctx, log, config, sources.file).catch((error: unknown) => {
    throw wrap('update config from file: update config from drop-in file', error);
  });
  await log.info(ctx, `Updating config from path: ${sources.directory}`);
  if (sources.directory !== '') {
    for (const name of await namesIn(ctx, sources.directory))
      await mergeFile(ctx, log, config, `${sources.directory}/${name}`).catch((error: unknown) => {
        throw wrap('update config from path: walk path', error);
      });
  }
  return config;
}

async function namesIn(ctx: Context, directory: string): Promise<string[]> {
  try {
    const entries = await ctx.sys.readDirectory(ctx, directory);
    return entries
      .filter((entry) => entry.type !== 'directory')
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function mergeFile(ctx: Context, log: Logger, config: CrioConfig, path: string): Promise<void> {
  await log.info(ctx, `Updating config from drop-in file: ${path}`);
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await log.info(ctx, `Skipping not-existing config file ${quote(path)}`);
    return;
  }
  let tree: Table;
  try {
    tree = parse(text) as Table;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const words = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw failure(`unable to decode configuration ${path}: toml: line ${error.line}: ${words}`);
  }
  merge(config, tree);
}

/** Unknown keys are ignored. */
function merge(into: Table, from: Table): void {
  for (const [key, value] of Object.entries(from)) {
    if (key === 'runtimes' && isTable(value) && isTable(into[key])) {
      for (const [name, table] of Object.entries(value))
        into[key][name] = { ...emptyHandler(), ...(table as Partial<RuntimeHandler>) } as unknown as Table;
      continue;
    }
    const old = into[key];
    if (old === undefined) continue;
    if (isTable(old) && isTable(value)) merge(old, value);
    else if (typeof old === typeof value && Array.isArray(old) === Array.isArray(value)) into[key] = value;
  }
}

function isTable(value: Table[string] | undefined): value is Table {
  return typeof value === 'object' && !Array.isArray(value);
}

/** What runs the containers of a handler, found and filled in. */
export async function validateRuntimes(ctx: Context, config: CrioConfig): Promise<void> {
  const { runtime } = config.crio;
  if (runtime.runtimes[runtime.default_runtime] === undefined)
    throw invalid(
      `default_runtime set to ${quote(runtime.default_runtime)}, but no runtime entry table [crio.runtime.runtimes.${runtime.default_runtime}] was found`,
    );
  if (runtime.cgroup_manager !== 'systemd' && runtime.cgroup_manager !== 'cgroupfs')
    throw invalid(`unable to update cgroup manager: invalid cgroup manager: ${runtime.cgroup_manager}`);
  for (const [name, handler] of Object.entries(runtime.runtimes)) {
    if (!['', 'oci', 'vm', 'pod'].includes(handler.runtime_type))
      throw invalid(`invalid \`runtime_type\` ${quote(handler.runtime_type)} for runtime ${quote(name)}`);
    if (handler.runtime_type === '') handler.runtime_type = 'oci';
    if (handler.runtime_path === '') {
      const found = await lookPath(ctx, name);
      if (found === null)
        throw invalid(
          `runtime validation: ${quote(name)} not found in $PATH: exec: ${quote(name)}: executable file not found in $PATH`,
        );
      handler.runtime_path = found;
    } else if ((await lookPath(ctx, handler.runtime_path)) === null) {
      throw invalid(
        `invalid runtime_path for runtime '${name}': ${quote(`stat ${handler.runtime_path}: no such file or directory`)}`,
      );
    }
    if (handler.runtime_type === 'vm' && !handler.runtime_path.split('/').at(-1)?.startsWith('containerd-shim-'))
      throw invalid(
        `invalid \`runtime_path\` ${quote(handler.runtime_path)} for VM based runtime: it has to be containerd-shim-*`,
      );
    if (handler.runtime_type === 'oci') await findMonitor(ctx, config, handler, 'conmon', runtime.conmon);
    if (handler.runtime_type === 'pod') await findMonitor(ctx, config, handler, 'conmonrs', '');
  }
  if (runtime.pinns_path === '') runtime.pinns_path = (await lookPath(ctx, 'pinns')) ?? '';
  if (runtime.pinns_path === '') throw invalid('pinns validation: exec: "pinns": executable file not found in $PATH');
}

async function findMonitor(
  ctx: Context,
  config: CrioConfig,
  handler: RuntimeHandler,
  program: string,
  standard: string,
): Promise<void> {
  const { runtime } = config.crio;
  if (handler.monitor_path === '') handler.monitor_path = standard;
  if (handler.monitor_path === '') handler.monitor_path = (await lookPath(ctx, program)) ?? '';
  if (handler.monitor_path === '')
    throw invalid(
      `failed to translate monitor fields for runtime: exec: ${quote(program)}: executable file not found in $PATH`,
    );
  if (handler.monitor_cgroup === '')
    handler.monitor_cgroup =
      runtime.conmon_cgroup !== '' ? runtime.conmon_cgroup : runtime.cgroup_manager === 'systemd' ? 'system.slice' : '';
}

function invalid(words: string): ReturnType<typeof failure> {
  return wrap('validating runtime config', failure(words));
}

/** `500KiB` in bytes; the least that any container gets. */
export function minMemoryBytes(text: string): number {
  const [, digits = '12', unit = 'MiB'] = /^(\d+) ?([KMG]i?B?)?$/i.exec(text) ?? [];
  const factor: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
  return text === '' ? 12 * 1024 ** 2 : Number(digits) * (factor[unit.charAt(0).toUpperCase()] ?? 1);
}
