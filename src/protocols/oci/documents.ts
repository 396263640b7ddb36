/**
 * The JSON documents of images, read as Go reads them into its structs: what has the wrong type is an error in Go's
 * words, what is missing is empty. Nothing that comes from outside is trusted to be as its type says.
 * @models go encoding/json, opencontainers/image-spec specs-go/v1, containerd 2.1 core/images/image.go validateMediaType
 * @fidelity partial: names of fields are told apart by case
 */
import { newError } from '../../go/errors.ts';
import { type ParsedJson, parseJson } from '../../go/json-parse.ts';
import { isIndexType, isManifestType } from './media-types.ts';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest } from './types.ts';

type Shape =
  | { readonly kind: 'string' | 'int' | 'bool'; readonly go: string }
  | { readonly kind: 'list' | 'map'; readonly go: string; readonly of: Shape }
  | { readonly kind: 'struct'; readonly go: string; readonly name: string; readonly fields: Fields }
  | { readonly kind: 'any' };
type Fields = Readonly<Record<string, Shape>>;

const text: Shape = { kind: 'string', go: 'string' };
const int64: Shape = { kind: 'int', go: 'int64' };
const bool: Shape = { kind: 'bool', go: 'bool' };
const digest: Shape = { kind: 'string', go: 'digest.Digest' };
const any: Shape = { kind: 'any' };
const list = (of: Shape): Shape => ({ kind: 'list', go: `[]${goType(of)}`, of });
const map = (of: Shape): Shape => ({ kind: 'map', go: `map[string]${goType(of)}`, of });
const struct = (name: string, go: string, fields: Fields): Shape => ({ kind: 'struct', go, name, fields });

function goType(shape: Shape): string {
  return shape.kind === 'any' ? 'interface {}' : shape.go;
}

const platform = struct('Platform', 'v1.Platform', {
  architecture: text,
  os: text,
  'os.version': text,
  'os.features': list(text),
  variant: text,
});
const descriptor = struct('Descriptor', 'v1.Descriptor', {
  mediaType: text,
  digest,
  size: int64,
  urls: list(text),
  annotations: map(text),
  platform,
  artifactType: text,
});
const index = struct('Index', 'v1.Index', {
  schemaVersion: { kind: 'int', go: 'int' },
  mediaType: text,
  manifests: list(descriptor),
  annotations: map(text),
});
const manifest = struct('Manifest', 'v1.Manifest', {
  schemaVersion: { kind: 'int', go: 'int' },
  mediaType: text,
  config: descriptor,
  layers: list(descriptor),
  annotations: map(text),
});
const nothing = map(struct('', 'struct {}', {}));
const config = struct('Image', 'v1.Image', {
  created: text,
  author: text,
  architecture: text,
  variant: text,
  os: text,
  config: struct('ImageConfig', 'v1.ImageConfig', {
    User: text,
    ExposedPorts: nothing,
    Env: list(text),
    Entrypoint: list(text),
    Cmd: list(text),
    Volumes: nothing,
    WorkingDir: text,
    Labels: map(text),
    StopSignal: text,
    ArgsEscaped: bool,
    Healthcheck: any,
  }),
  rootfs: struct('RootFS', 'v1.RootFS', { type: text, diff_ids: list(digest) }),
  history: list(
    struct('History', 'v1.History', {
      created: text,
      created_by: text,
      author: text,
      comment: text,
      empty_layer: bool,
    }),
  ),
});
const layout = struct('ImageLayout', 'v1.ImageLayout', { imageLayoutVersion: text });
const dockerManifests: Shape = {
  kind: 'list',
  go: '[]struct { Config string; RepoTags []string; Layers []string }',
  of: struct('', 'struct { Config string; RepoTags []string; Layers []string }', {
    Config: text,
    RepoTags: list(text),
    Layers: list(text),
  }),
};

/** All of these throw a GoError. */
export function parseIndex(json: string): ImageIndex {
  const { manifests, ...rest } = unmarshal(json, index) as Partial<ImageIndex>;
  return { ...rest, schemaVersion: 2, manifests: (manifests ?? []).map(completeDescriptor) };
}

export function parseManifest(json: string): ImageManifest {
  const { config: own, layers, ...rest } = unmarshal(json, manifest) as Partial<ImageManifest>;
  return {
    ...rest,
    schemaVersion: 2,
    config: completeDescriptor(own ?? {}),
    layers: (layers ?? []).map(completeDescriptor),
  };
}

export function parseConfig(json: string): ImageConfig {
  const { architecture = '', os = '', rootfs, ...rest } = unmarshal(json, config) as Partial<ImageConfig>;
  const { type = '', diff_ids = [] }: Partial<ImageConfig['rootfs']> = rootfs ?? {};
  return { ...rest, architecture, os, rootfs: { type, diff_ids: diff_ids ?? [] } };
}

export type DockerManifest = { Config: string; RepoTags: string[]; Layers: string[] };

/** Docker's manifest.json, as a decoder reads it off a stream; null if it says null. */
export function decodeDockerManifests(json: string): DockerManifest[] | null {
  const found = decodeStream(json, dockerManifests) as (Partial<DockerManifest> | null)[] | undefined;
  if (found === undefined) return null;
  return found.map((entry) => ({ Config: '', RepoTags: [], Layers: [], ...withoutEmpty(entry ?? {}) }));
}

/** The version that the file `oci-layout` names. */
export function decodeLayoutVersion(json: string): string {
  return (decodeStream(json, layout) as { imageLayoutVersion?: string } | undefined)?.imageLayoutVersion ?? '';
}

/** A blob that claims to be a manifest or an index must look like one. */
export function validateMediaType(json: string, mediaType: string): void {
  const document = fieldsOf(parsed(json));
  const has = (name: string): boolean => document[name] !== undefined;
  const own = typeof document.mediaType === 'string' ? document.mediaType : '';
  if (has('fsLayers')) throw newError('media-type: schema 1 not supported');
  if (isManifestType(mediaType) && (has('manifests') || isIndexType(own)))
    throw newError(`media-type: expected manifest but found index (${mediaType})`);
  if (isIndexType(mediaType) && (has('config') || has('layers') || isManifestType(own)))
    throw newError(`media-type: expected index but found manifest (${mediaType})`);
}

function completeDescriptor(found: Partial<Descriptor>): Descriptor {
  return {
    ...withoutEmpty(found),
    mediaType: found.mediaType ?? '',
    digest: found.digest ?? '',
    size: found.size ?? 0,
  };
}

function withoutEmpty<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function fieldsOf(value: ParsedJson): Readonly<Record<string, ParsedJson | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function parsed(json: string): ParsedJson {
  const result = parseJson(json);
  if (!result.ok) throw newError(result.error);
  return result.value;
}

function unmarshal(json: string, shape: Shape): unknown {
  return read(parsed(json), shape, '', '') ?? {};
}

/** json.Decoder: what ends too early is the end of the stream. */
function decodeStream(json: string, shape: Shape): unknown {
  const result = parseJson(json);
  if (result.ok) return read(result.value, shape, '', '');
  if (json.trim() === '') throw newError('EOF');
  throw newError(result.error === 'unexpected end of JSON input' ? 'unexpected EOF' : result.error);
}

/** `owner` is the struct that has the field at `path`; without a path the value stands for itself. */
function read(value: ParsedJson, shape: Shape, owner: string, path: string): unknown {
  if (value === null) return undefined;
  const wrong = (found: string): never => {
    const place = path === '' ? 'value' : `struct field ${owner}.${path}`;
    throw newError(`json: cannot unmarshal ${found} into Go ${place} of type ${goType(shape)}`);
  };
  switch (shape.kind) {
    case 'any':
      return value;
    case 'string':
      return typeof value === 'string' ? value : wrong(kindOf(value));
    case 'bool':
      return typeof value === 'boolean' ? value : wrong(kindOf(value));
    case 'int':
      if (typeof value === 'number') return Number.isInteger(value) ? value : wrong(`number ${value}`);
      return wrong(typeof value === 'bigint' ? `number ${value}` : kindOf(value));
    case 'list':
      if (!Array.isArray(value)) return wrong(kindOf(value));
      return value.map((item) => read(item, shape.of, owner, path) ?? empty(shape.of));
    case 'map': {
      if (kindOf(value) !== 'object') return wrong(kindOf(value));
      const entries = Object.entries(fieldsOf(value));
      return Object.fromEntries(
        entries.map(([k, v]) => [k, read(v ?? null, shape.of, owner, path) ?? empty(shape.of)]),
      );
    }
    case 'struct': {
      if (kindOf(value) !== 'object') return wrong(kindOf(value));
      const fields = fieldsOf(value);
      const out: Record<string, unknown> = {};
      for (const [name, inner] of Object.entries(shape.fields)) {
        if (!Object.hasOwn(fields, name)) continue;
        const found = read(fields[name] ?? null, inner, shape.name, path === '' ? name : `${path}.${name}`);
        if (found !== undefined) out[name] = found;
      }
      return out;
    }
  }
}

function empty(shape: Shape): unknown {
  if (shape.kind === 'list') return [];
  if (shape.kind === 'string') return '';
  if (shape.kind === 'int') return 0;
  return shape.kind === 'bool' ? false : {};
}

function kindOf(value: ParsedJson): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return 'object';
  if (typeof value === 'bigint') return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
