/**
 * Loading a project: which files, which name, and the way from their text to the model.
 * @models compose-go v2.12.1 cli/options.go, loader/loader.go, loader/extends.go, types/project.go; nerdctl v2.3.5 pkg/composer/composer.go New
 * @fidelity partial: no include, no remote files
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, getenv, readAll, readFile } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { ContainerdError } from '../../../common/containerd/errors.ts';
import { fail, log, notSimulated } from '../../run.ts';
import {
  absolutePath,
  canonical,
  checkValues,
  cleanPath,
  type Places,
  resolvePaths,
  setDefaults,
} from './canonical.ts';
import { checkConsistency } from './consistency.ts';
import { decodeStruct } from './decode.ts';
import { parseDotenv } from './dotenv.ts';
import { interpolate, substitute, type Variables } from './interpolate.ts';
import { merge, unified } from './merge.ts';
import type { FileObject, Network, Project, Service, VolumeConfig } from './model.ts';
import { normalize } from './normalize.ts';
import { COMPOSE_SCHEMA } from './schema.ts';
import { copyOf, type Dict, dictOf, isDict, text, type Value } from './tree.ts';
import { validate } from './validate.ts';
import { parseComposeYaml } from './yaml.ts';

export type LoadOptions = {
  readonly project: string;
  readonly projectDirectory: string;
  readonly files: readonly string[];
  readonly profiles: readonly string[];
  readonly envFile: string;
};

const FILE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE_NAMES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** Warnings go to standard error, in their order, before a fault is thrown. */
export async function loadProject(ctx: Context, options: LoadOptions): Promise<Project> {
  const loader = new Loader(ctx, options);
  try {
    return await loader.load();
  } finally {
    for (const message of loader.warnings) await log(ctx, 'warning', message);
  }
}

type ComposeFile = { readonly path: string; readonly source: string };

class Loader {
  readonly warnings: string[] = [];
  private readonly ctx: Context;
  private readonly options: LoadOptions;
  private env = new Map<string, string>();
  private cwd = '/';
  private home = '/root';

  constructor(ctx: Context, options: LoadOptions) {
    this.ctx = ctx;
    this.options = options;
  }

  async load(): Promise<Project> {
    const { ctx, options } = this;
    this.cwd = await ctx.sys.getcwd(ctx);
    this.home = getenv(ctx, 'HOME') ?? '/root';
    for (const entry of ctx.process.env) {
      const at = entry.indexOf('=');
      if (at > 0 && !this.env.has(entry.slice(0, at))) this.env.set(entry.slice(0, at), entry.slice(at + 1));
    }
    const given = options.projectDirectory === '' ? '' : this.absolute(options.projectDirectory);
    const paths = await this.composeFiles(given);
    const first = paths.find((path) => path !== '-');
    const directory = given !== '' ? given : first === undefined ? this.cwd : directoryOf(this.absolute(first));
    await this.readDotenv(directory);
    if (options.project !== normalizedName(options.project)) fail(invalidName(options.project));
    if (paths.length === 0) fail('no configuration file provided: not found');
    const files: ComposeFile[] = [];
    for (const path of paths) files.push(await this.read(path));
    const name = this.projectName(files, directory);
    this.env.set('COMPOSE_PROJECT_NAME', name);
    const places: Places = { workingDirectory: directory, home: this.home };
    let config = await this.merged(files);
    config = setDefaults(config);
    checkValues(config);
    config = resolvePaths(config, places);
    if (Object.keys(config).length === 0) fail('empty compose file');
    if (name === '') fail('project name must not be empty');
    config = normalize(config, name, this.env);
    return this.toProject(config, name, directory);
  }

  private absolute(path: string): string {
    return cleanPath(path.startsWith('/') ? path : `${this.cwd}/${path}`);
  }

  private async composeFiles(given: string): Promise<string[]> {
    const { files } = this.options;
    if (files.length > 0) return [...files];
    const named = this.env.get('COMPOSE_FILE');
    if (named !== undefined) {
      const separator = this.env.get('COMPOSE_PATH_SEPARATOR') ?? '';
      const paths = named
        .split(separator === '' ? ':' : separator)
        .map((path) => (path === '-' ? path : this.absolute(path)));
      for (const path of paths) if (path !== '-') await this.stat(path);
      return paths;
    }
    for (let at = given === '' ? this.cwd : given; ; at = directoryOf(at)) {
      const found = await this.present(at, FILE_NAMES);
      if (found.length > 0) {
        const chosen = found[0] as string;
        if (found.length > 1) {
          this.warnings.push(`Found multiple config files with supported names: ${found.join(', ')}`);
          this.warnings.push(`Using ${chosen}`);
        }
        const overrides = await this.present(at, OVERRIDE_NAMES);
        const over = overrides[0];
        if (overrides.length > 1) {
          this.warnings.push(`Found multiple override files with supported names: ${overrides.join(', ')}`);
          this.warnings.push(`Using ${over}`);
        }
        return over === undefined ? [chosen] : [chosen, over];
      }
      if (at === '/') return [];
    }
  }

  private async present(directory: string, names: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const name of names) {
      const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
      if (await exists(this.ctx, path)) found.push(path);
    }
    return found;
  }

  private async stat(path: string): Promise<void> {
    try {
      await this.ctx.sys.stat(this.ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
      fail(`stat ${path}: ${error.go}`);
    }
  }

  private async readDotenv(directory: string): Promise<void> {
    const { ctx, options } = this;
    const standard = `${directory}/.env`;
    let path = options.envFile === '' ? standard : this.absolute(options.envFile);
    if (options.envFile === '' || (await exists(ctx, standard))) {
      // WithEnvFiles is called twice: without a name it takes .env in place of the one that was given.
      const isOff = ['1', 't', 'true', 'TRUE', 'True', 'T'].includes(this.env.get('COMPOSE_DISABLE_ENV_FILE') ?? '');
      if (isOff && options.envFile === '') return;
      if (!isOff) {
        const stat = await ctx.sys.stat(ctx, standard).catch((error: unknown) => {
          if (isErrno(error)) return null;
          throw error;
        });
        if (stat === null || stat.type === 'directory') {
          if (options.envFile === '') return;
        } else path = standard;
      }
    }
    if (!(await exists(ctx, path))) fail(`couldn't find env file: ${path}`);
    let variables: Map<string, string>;
    try {
      variables = parseDotenv(await readFile(ctx, path), this.variables());
    } catch (error) {
      if (isErrno(error)) return fail(`open ${path}: ${error.go}`);
      if (error instanceof ContainerdError) return fail(`failed to read ${path}: ${error.message}`);
      throw error;
    }
    for (const [key, value] of variables) if (!this.env.has(key)) this.env.set(key, value);
  }

  private variables(): Variables {
    return { get: (name) => this.env.get(name), warn: (message) => void this.warnings.push(message) };
  }

  private async read(path: string): Promise<ComposeFile> {
    if (path === '-') return { path, source: utf8(await readAll(this.ctx, 0)) };
    const whole = this.absolute(path);
    try {
      return { path: whole, source: await readFile(this.ctx, whole) };
    } catch (error) {
      if (!isErrno(error)) throw error;
      return fail(error.code === 'EISDIR' ? `read ${whole}: ${error.go}` : `open ${whole}: ${error.go}`);
    }
  }

  private projectName(files: readonly ComposeFile[], directory: string): string {
    const { project } = this.options;
    if (project !== '') return project;
    let named = '';
    for (const { source } of files) {
      const { values, topFault } = parseComposeYaml(source);
      if (topFault !== null) fail(topFault);
      for (const value of values) {
        const name = isDict(value) ? value['name'] : undefined;
        if (typeof name === 'string' && name !== '') named = name;
      }
    }
    const fromEnv = this.env.get('COMPOSE_PROJECT_NAME') ?? '';
    if (fromEnv !== '') {
      if (fromEnv !== normalizedName(fromEnv)) fail(invalidName(fromEnv));
      return fromEnv;
    }
    const guessed = normalizedName(directory.split('/').at(-1) ?? '');
    const own = named === '' ? '' : normalizedName(substitute(named, this.variables()));
    return own === '' ? guessed : own;
  }

  private async merged(files: readonly ComposeFile[]): Promise<Dict> {
    let config: Dict = {};
    for (const file of files) {
      const { values, fault } = parseComposeYaml(file.source);
      if (fault !== null) fail(`failed to parse ${file.path}: ${fault}`);
      for (const value of values) {
        if (value === null) continue;
        config = await this.over(config, value, file.path);
      }
    }
    return config;
  }

  private async over(base: Dict, value: Value, file: string): Promise<Dict> {
    if (!isDict(value)) return fail('top-level object must be a mapping');
    const own = interpolate(value, this.variables());
    if (own['include'] !== undefined) notSimulated('compose: include');
    await this.applyExtends(own, file);
    const config = unified(merge(base, own, [])) as Dict;
    try {
      validate(config, COMPOSE_SCHEMA);
    } catch (error) {
      if (error instanceof ContainerdError) fail(`validating ${file}: ${error.message}`);
      throw error;
    }
    if (config['version'] !== undefined) {
      this.warnings.push(
        `${file}: the attribute \`version\` is obsolete, it will be ignored, please remove it to avoid potential confusion`,
      );
      delete config['version'];
    }
    return unified(canonical(config, (message) => void this.warnings.push(message))) as Dict;
  }

  private async applyExtends(config: Dict, file: string): Promise<void> {
    const services = config['services'];
    if (services === undefined) return;
    if (!isDict(services)) return fail('services must be a mapping');
    for (const name of Object.keys(services)) services[name] = await this.extended(name, services, file, []);
  }

  private async extended(name: string, services: Dict, file: string, chain: readonly string[]): Promise<Value> {
    const service = services[name] ?? null;
    if (service === null) return null;
    if (!isDict(service)) return fail(`services.${name} must be a mapping`);
    const { extends: target, ...own } = service;
    if (target === undefined) return service;
    const place = `${name} in ${file}`;
    if (chain.includes(place)) {
      const [head, ...rest] = [...chain, place];
      return fail(`Circular reference:\n  ${head}${rest.map((entry) => `\n  extends ${entry}`).join('')}`);
    }
    const other = isDict(target) ? target['service'] : target;
    if (typeof other !== 'string') return fail(`extends.${name}.service is required`);
    const path = isDict(target) && typeof target['file'] === 'string' ? target['file'] : null;
    let from = services;
    let where = file;
    if (path !== null) {
      where = path.startsWith('/') ? path : cleanPath(`${directoryOf(file)}/${path}`);
      const { source } = await this.read(where);
      const { values, fault } = parseComposeYaml(source);
      if (fault !== null) fail(`failed to parse ${where}: ${fault}`);
      from = dictOf(interpolate(dictOf(values[0]), this.variables())['services']);
    }
    if (from[other] === undefined)
      return fail(
        `cannot extend service "${name}" in ${file}: service "${other}" not found${path === null ? '' : ` in ${path}`}`,
      );
    const base = await this.extended(other, from, where, [...chain, place]);
    if (base === null) return service;
    const copied = copyOf(base) as Dict;
    if (path !== null) relocate(copied, { workingDirectory: directoryOf(where), home: this.home });
    return merge(copied, own, ['services', name]);
  }

  private async toProject(config: Dict, name: string, directory: string): Promise<Project> {
    const decoded = decodeStruct('Project', config, '');
    const services: Record<string, Service> = {};
    const disabled: Record<string, Service> = {};
    const { profiles } = this.options;
    for (const [key, value] of Object.entries(dictOf(decoded['services'])).sort()) {
      const service = { ...(value as Dict), name: key } as Service;
      const wanted = service.profiles ?? [];
      const isOn =
        wanted.length === 0 || profiles.includes('*') || wanted.some((profile) => profiles.includes(profile));
      (isOn ? services : disabled)[key] = service;
    }
    const unknown = [
      ...(Object.keys(dictOf(decoded['models'])).length > 0 ? ['Models'] : []),
      ...(decoded['#extensions'] === undefined ? [] : ['Extensions']),
      ...(Object.keys(disabled).length > 0 ? ['DisabledServices'] : []),
      ...(profiles.length > 0 ? ['Profiles'] : []),
    ];
    const project: Project = {
      name,
      workingDirectory: directory,
      home: this.home,
      services,
      disabled,
      networks: sorted(decoded['networks']) as Record<string, Network>,
      volumes: sorted(decoded['volumes']) as Record<string, VolumeConfig>,
      secrets: sorted(decoded['secrets']) as Record<string, FileObject>,
      configs: sorted(decoded['configs']) as Record<string, FileObject>,
      extensions: dictOf(decoded['#extensions']),
      unknown,
    };
    checkConsistency(project);
    for (const service of Object.values(services)) await this.resolveFiles(service);
    return project;
  }

  /** env_file and label_file come below what the service says itself. */
  private async resolveFiles(service: Service): Promise<void> {
    const { ctx } = this;
    const own = service.environment ?? {};
    for (const [key, value] of Object.entries(own)) if (value === null) own[key] = this.env.get(key) ?? null;
    const fromFiles: Record<string, string> = {};
    for (const { path = '', required, format } of service.env_file ?? []) {
      if (!(await exists(ctx, path))) {
        if (required === false) continue;
        fail(`env file ${path} not found: stat ${path}: no such file or directory`);
      }
      if (format !== undefined && format !== '') fail(`unsupported env_file format ${JSON.stringify(format)}`);
      const get = (key: string): string | undefined => this.env.get(key) ?? own[key] ?? fromFiles[key];
      Object.assign(fromFiles, await this.mappingFile(path, get));
    }
    const environment = { ...fromFiles, ...own };
    if (Object.keys(environment).length > 0) service.environment = environment;
    const labels: Record<string, string> = {};
    for (const path of service.label_file ?? []) {
      if (!(await exists(ctx, path))) fail(`label file ${path} not found: stat ${path}: no such file or directory`);
      Object.assign(labels, await this.mappingFile(path, (key) => labels[key]));
    }
    if (service.label_file !== undefined) service.labels = { ...labels, ...service.labels };
  }

  private async mappingFile(path: string, get: (key: string) => string | undefined): Promise<Record<string, string>> {
    const source = await readFile(this.ctx, path);
    try {
      const warn = (message: string): void => void this.warnings.push(message);
      return Object.fromEntries(parseDotenv(source, { get, warn }));
    } catch (error) {
      if (error instanceof ContainerdError) return fail(`failed to read ${path}: ${error.message}`);
      throw error;
    }
  }
}

function sorted(value: Value | undefined): Dict {
  return Object.fromEntries(Object.entries(dictOf(value)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Relative paths of a service from another file are relative to that file. */
function relocate(service: Dict, places: Places): void {
  const files = service['env_file'];
  const move = (path: string): string => absolutePath(path, places);
  if (typeof files === 'string') service['env_file'] = move(files);
  else if (Array.isArray(files))
    service['env_file'] = files.map((entry) =>
      isDict(entry) ? { ...entry, path: move(text(entry['path'])) } : move(text(entry)),
    );
  const build = service['build'];
  if (typeof build === 'string') service['build'] = move(build);
  else if (isDict(build) && typeof build['context'] === 'string') build['context'] = move(build['context']);
  if (Array.isArray(service['volumes']))
    service['volumes'] = service['volumes'].map((entry) =>
      typeof entry === 'string' && /^\.{1,2}\//.test(entry) ? entry.replace(/^[^:]*/, (path) => move(path)) : entry,
    );
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function normalizedName(name: string): string {
  return (name.toLowerCase().match(/[a-z0-9_-]/g) ?? []).join('').replace(/^[_-]+/, '');
}

function invalidName(name: string): string {
  return `invalid project name ${JSON.stringify(name)}: must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`;
}
