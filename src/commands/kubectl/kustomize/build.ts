/**
 * A kustomization made into objects: what it gathers, generates and changes, in kustomize's order.
 * @models sigs.k8s.io/kustomize api/krusty, api/internal/target
 * @fidelity partial: resources, components, generators, patches, names, namespace, labels, annotations, images, replicas;
 *   no replacements, vars, helm charts, transformers and remote bases, which say so
 */
import { base64 } from '../../../go/json.ts';
import { parseYaml } from '../../../go/yaml-in.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, readFile, readFileBytes } from '../../../linux/io.ts';
import type { JsonObject } from '../../../protocols/kube/json.ts';
import { type JsonPatchOperation, jsonPatch, strategicMerge } from '../../../protocols/kube/patch.ts';
import { Failure, NotSimulated } from '../failure.ts';
import { withHashes } from './hash.ts';
import { type Item, kindOrder, nameOf, renameReferences } from './items.ts';
import { setImages, setLabels, setNamespace, setReplicas } from './transform.ts';

// biome-ignore lint/suspicious/noExplicitAny: a file that somebody wrote; each field is looked at where it is used
type Loose = any;

const FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const MISSING = ['helmCharts', 'replacements', 'vars', 'transformers', 'generators', 'validators', 'crds', 'openapi'];
const KNOWN = new Set(
  `apiVersion kind metadata resources bases components namespace namePrefix nameSuffix commonLabels labels commonAnnotations images replicas configMapGenerator secretGenerator generatorOptions patches patchesStrategicMerge patchesJson6902 buildMetadata sortOptions configurations ${MISSING.join(' ')}`.split(
    ' ',
  ),
);

/** @param directory of the kustomization; @returns its objects, sorted as they are printed */
export async function buildKustomization(ctx: Context, directory: string): Promise<JsonObject[]> {
  const root = normalize(directory.startsWith('/') ? directory : `${await ctx.sys.getcwd(ctx)}/${directory}`);
  if (!/^(https?:|git@|github\.com\/)/.test(directory) && !(await isDirectory(ctx, root)))
    throw new Failure(`must build at directory: ${noLink(directory, root)}`);
  const items = withHashes(await build(ctx, root, []));
  const order = (item: Item): string =>
    `${kindOrder(item.object)} ${String(item.object.apiVersion)} ${String(item.object.kind)} ${nameOf(item.object)}`;
  return items
    .map((item) => ({ item, key: order(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item.object);
}

async function kustomizationOf(ctx: Context, directory: string): Promise<Loose> {
  if (/^(https?:|git@|github\.com\/)/.test(directory))
    throw new NotSimulated(`kustomize: not simulated: a kustomization from ${directory}`);
  const found: string[] = [];
  for (const name of FILES) if (await exists(ctx, `${directory}/${name}`)) found.push(name);
  const [name] = found;
  if (name === undefined)
    throw new Failure(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${directory}'`,
    );
  if (found.length > 1) throw new Failure(`Found multiple kustomization files under: ${directory}`);
  const parsed = parseYaml(await readFile(ctx, `${directory}/${name}`));
  if (!parsed.ok) throw new Failure(`invalid Kustomization: error converting YAML to JSON: ${parsed.error}`);
  const value = (parsed.value ?? {}) as Loose;
  const unknown = Object.keys(value).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Failure(`invalid Kustomization: json: unknown field "${unknown[0]}"`);
  const [missing] = MISSING.filter((key) => value[key] !== undefined);
  if (missing !== undefined) throw new NotSimulated(`kustomize: not simulated: ${missing}`);
  return value;
}

async function build(ctx: Context, directory: string, above: readonly string[]): Promise<Item[]> {
  if (above.includes(directory))
    throw new Failure(`cycle detected: candidate root '${directory}' contains visited root '${above.at(-1)}'`);
  const file = await kustomizationOf(ctx, directory);
  let items: Item[] = [];
  for (const path of [...(file.resources ?? []), ...(file.bases ?? [])])
    items.push(...(await gather(ctx, directory, path, above)));
  const identities = new Set<string>();
  for (const { object } of items) {
    const id = `${String(object.apiVersion)} ${String(object.kind)} ${String((object.metadata as JsonObject)?.namespace ?? '')}/${nameOf(object)}`;
    if (identities.has(id))
      throw new Failure(
        `accumulating resources: may not add resource with an already registered id: ${String(object.kind)}.${String(object.apiVersion)}/${nameOf(object)}`,
      );
    identities.add(id);
  }
  await generate(ctx, directory, file, items);
  for (const path of file.components ?? []) {
    const component = await kustomizationOf(ctx, join(directory, path));
    items = await change(ctx, join(directory, path), component, items);
  }
  return await change(ctx, directory, file, items);
}

const noLink = (asked: string, whole: string): string =>
  `not a valid directory: evalsymlink failure on '${asked}' : lstat ${whole}: no such file or directory`;

async function isDirectory(ctx: Context, path: string): Promise<boolean> {
  return (await exists(ctx, path)) && (await ctx.sys.stat(ctx, path)).type === 'directory';
}

const join = (directory: string, path: string): string =>
  normalize(path.startsWith('/') ? path : `${directory}/${path}`);

function normalize(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.' || (part === '' && out.length > 0)) continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..' && out.at(-1) !== '') out.pop();
    else out.push(part);
  }
  return out.join('/') || '.';
}

async function gather(ctx: Context, directory: string, path: string, above: readonly string[]): Promise<Item[]> {
  if (/^(https?:|git@|github\.com\/)/.test(path))
    throw new NotSimulated(`kustomize: not simulated: the remote resource ${path}`);
  const whole = join(directory, path);
  if (!(await exists(ctx, whole))) {
    const why = noLink(whole, whole);
    throw new Failure(
      `accumulating resources: accumulation err='accumulating resources from '${path}': ${why.replace('not a valid directory: ', '')}': must build at directory: ${why}`,
    );
  }
  if ((await ctx.sys.stat(ctx, whole)).type === 'directory') {
    try {
      return await build(ctx, whole, [...above, directory]);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(
        `accumulating resources: accumulation err='accumulating resources from '${path}': '${whole}' must resolve to a file': ${error.message.startsWith('cycle') ? '' : `recursed accumulation of path '${whole}': `}${error.message}`,
      );
    }
  }
  if (!whole.startsWith(`${directory === '/' ? '' : directory}/`))
    throw new Failure(
      `accumulating resources: accumulation err='accumulating resources from '${path}': security; file '${whole}' is not in or below '${directory}'': must build at directory: '${whole}': file is not directory`,
    );
  return objectsOf(whole, await readFile(ctx, whole)).map((object) => ({
    object,
    original: nameOf(object),
    hashed: false,
  }));
}

function objectsOf(path: string, text: string): JsonObject[] {
  return text.split(/^---(?:[ \t].*)?$/m).flatMap((document) => {
    if (document.replace(/^\s*#.*$/gm, '').trim() === '') return [];
    const parsed = parseYaml(document);
    if (!parsed.ok)
      throw new Failure(
        `accumulating resources: accumulation err='accumulating resources from '${path}': MalformedYAMLError: ${parsed.error} in File: ${path}'`,
      );
    const object = parsed.value as JsonObject | null;
    if (object === null) return [];
    if (Array.isArray(object.items)) return object.items as JsonObject[];
    if (object.kind === undefined) throw new Failure(`accumulating resources: missing kind in object in File: ${path}`);
    if (nameOf(object) === '')
      throw new Failure(`accumulating resources: missing metadata.name in object ${JSON.stringify(object)}`);
    return [object];
  });
}

/** configMapGenerator and secretGenerator. */
async function generate(ctx: Context, directory: string, file: Loose, items: Item[]): Promise<void> {
  const general = file.generatorOptions ?? {};
  for (const [kind, list] of [
    ['ConfigMap', file.configMapGenerator],
    ['Secret', file.secretGenerator],
  ] as const)
    for (const one of list ?? []) {
      if ((one.name ?? '') === '') throw new Failure('must specify a name');
      const data = new Map<string, Uint8Array>();
      for (const literal of one.literals ?? []) {
        const equals = String(literal).indexOf('=');
        if (equals < 1) throw new Failure(`literal values: invalid literal source ${literal}, expected key=value`);
        data.set(
          literal.slice(0, equals),
          new TextEncoder().encode(literal.slice(equals + 1).replace(/^(['"])([\s\S]*)\1$/, '$2')),
        );
      }
      for (const source of one.files ?? []) {
        const equals = String(source).indexOf('=');
        const path = equals < 0 ? source : source.slice(equals + 1);
        if (!(await exists(ctx, join(directory, path))))
          throw new Failure(
            `loading KV pairs: file sources: [${(one.files ?? []).join(' ')}]: evalsymlink failure on '${join(directory, path)}' : lstat ${join(directory, path)}: no such file or directory`,
          );
        data.set(
          equals < 0 ? (path.split('/').at(-1) ?? '') : source.slice(0, equals),
          await readFileBytes(ctx, join(directory, path)),
        );
      }
      for (const path of [...(one.envs ?? []), ...(one.env === undefined ? [] : [one.env])])
        for (const line of (await readFile(ctx, join(directory, path))).split('\n')) {
          const words = line.trim();
          if (words === '' || words.startsWith('#')) continue;
          const equals = words.indexOf('=');
          data.set(
            equals < 0 ? words : words.slice(0, equals),
            new TextEncoder().encode(equals < 0 ? '' : words.slice(equals + 1)),
          );
        }
      const options = { ...general, ...one.options };
      const metadata = {
        ...(options.annotations === undefined ? {} : { annotations: { ...options.annotations } }),
        ...(options.labels === undefined ? {} : { labels: { ...options.labels } }),
        name: one.name,
        ...(one.namespace === undefined ? {} : { namespace: one.namespace }),
      };
      const sorted = [...data].sort(([a], [b]) => (a < b ? -1 : 1));
      const values = Object.fromEntries(
        sorted.map(([key, bytes]) => [key, kind === 'Secret' ? base64(bytes) : new TextDecoder().decode(bytes)]),
      );
      const object: JsonObject = {
        apiVersion: 'v1',
        ...(sorted.length === 0 ? {} : { data: values }),
        kind,
        metadata,
        ...(kind === 'Secret' ? { type: one.type ?? 'Opaque' } : {}),
        ...(options.immutable === true ? { immutable: true } : {}),
      };
      const known = items.find((item) => item.object.kind === kind && item.original === one.name);
      if (one.behavior === 'merge' || one.behavior === 'replace') {
        if (known === undefined)
          throw new Failure(`merging from generator: id ${kind} ${one.name} does not exist; cannot merge or replace`);
        const before = one.behavior === 'merge' ? ((known.object.data ?? {}) as JsonObject) : {};
        known.object = { ...known.object, data: { ...before, ...values } };
      } else if (known !== undefined)
        throw new Failure(
          `merging from generator: id resid.ResId{${kind} ${one.name}} exists; behavior must be merge or replace`,
        );
      else items.push({ object, original: one.name, hashed: options.disableNameSuffixHash !== true });
    }
}

async function change(ctx: Context, directory: string, file: Loose, given: Item[]): Promise<Item[]> {
  let items = await patched(ctx, directory, file, given);
  if (file.namespace !== undefined) setNamespace(items, file.namespace);
  const [prefix, suffix] = [file.namePrefix ?? '', file.nameSuffix ?? ''];
  if (prefix !== '' || suffix !== '')
    items = renameReferences(items, (item) =>
      item.object.kind === 'Namespace' || item.object.kind === 'CustomResourceDefinition'
        ? nameOf(item.object)
        : `${prefix}${nameOf(item.object)}${suffix}`,
    );
  if (file.commonLabels !== undefined) setLabels(items, file.commonLabels, { selectors: true, templates: true });
  for (const { pairs = {}, includeSelectors = false, includeTemplates = false } of file.labels ?? [])
    setLabels(items, pairs, { selectors: includeSelectors, templates: includeSelectors || includeTemplates });
  if (file.commonAnnotations !== undefined)
    setLabels(items, file.commonAnnotations, { selectors: false, templates: true }, 'annotations');
  setReplicas(items, file.replicas ?? []);
  setImages(items, file.images ?? []);
  return items;
}

type Target = {
  group?: string;
  version?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  labelSelector?: string;
};

async function patched(ctx: Context, directory: string, file: Loose, items: Item[]): Promise<Item[]> {
  const merges: { text: string; target?: Target }[] = [];
  for (const one of file.patchesStrategicMerge ?? [])
    merges.push({ text: String(one).includes('\n') ? one : await readFile(ctx, join(directory, one)) });
  for (const { path, patch, target } of [...(file.patches ?? []), ...(file.patchesJson6902 ?? [])]) {
    if (path === undefined && patch === undefined) throw new Failure("patch field needs one of 'patch' or 'path'");
    if (path !== undefined && !(await exists(ctx, join(directory, path))))
      throw new Failure(
        `failed to get the patch file from path(${path}): evalsymlink failure on '${join(directory, path)}' : lstat ${join(directory, path)}: no such file or directory`,
      );
    merges.push({
      text: patch ?? (await readFile(ctx, join(directory, path))),
      ...(target === undefined ? {} : { target }),
    });
  }
  let all = items;
  for (const { text, target } of merges)
    for (const document of text.split(/^---(?:[ \t].*)?$/m)) {
      if (document.trim() === '') continue;
      const parsed = parseYaml(document);
      if (!parsed.ok) throw new Failure(`unable to parse SM or JSON patch from [${text}]`);
      const patch = parsed.value as JsonObject | JsonPatchOperation[];
      const wanted = target ?? (Array.isArray(patch) ? undefined : targetOf(patch));
      if (wanted === undefined) throw new Failure('must specify a target for JSON patch');
      const hit = all.filter((item) => isTarget(item, wanted));
      if (hit.length === 0 && target === undefined) {
        const id = `${wanted.kind}.${wanted.version}.${wanted.group || '[noGrp]'}/${wanted.name}.[noNs]`;
        throw new Failure(
          `no resource matches strategic merge patch "${id}": no matches for Id ${id}; failed to find unique target for patch ${id}`,
        );
      }
      all = all.flatMap((item) => {
        if (!hit.includes(item)) return [item];
        if (!Array.isArray(patch) && patch.$patch === 'delete') return [];
        return [{ ...item, object: applied(item.object, patch) }];
      });
    }
  return all;
}

function applied(object: JsonObject, patch: JsonObject | JsonPatchOperation[]): JsonObject {
  if (Array.isArray(patch)) return jsonPatch(object, patch);
  // Whom the patch is for is no part of what it changes.
  const { metadata, apiVersion: _a, kind: _k, ...rest } = patch;
  const { name: _n, namespace: _ns, ...named } = (metadata ?? {}) as JsonObject;
  return strategicMerge(String(object.kind), object, {
    ...rest,
    ...(Object.keys(named).length === 0 ? {} : { metadata: named }),
  });
}

function targetOf({ apiVersion, kind, metadata }: JsonObject): Target {
  const version = String(apiVersion ?? '');
  const slash = version.indexOf('/');
  return {
    group: slash < 0 ? '' : version.slice(0, slash),
    version: version.slice(slash + 1),
    kind: String(kind ?? ''),
    name: String((metadata as JsonObject | undefined)?.name ?? ''),
  };
}

function isTarget(
  { object, original }: Item,
  { group, version, kind, name, namespace, labelSelector }: Target,
): boolean {
  const own = targetOf(object);
  const like = (pattern: string | undefined, ...texts: (string | undefined)[]): boolean =>
    pattern === undefined || pattern === '' || texts.some((text) => new RegExp(`^(?:${pattern})$`).test(text ?? ''));
  const metadata = object.metadata as JsonObject & { labels?: JsonObject; namespace?: string };
  const labels = (labelSelector ?? '').split(',').filter((one) => one !== '');
  return (
    like(group, own.group) &&
    like(version, own.version) &&
    like(kind, own.kind) &&
    like(name, own.name, original) &&
    like(namespace, metadata.namespace) &&
    labels.every((one) => {
      const [key = '', value] = one.split(/==?/);
      return value === undefined ? metadata.labels?.[key] !== undefined : metadata.labels?.[key] === value;
    })
  );
}
