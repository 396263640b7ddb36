/**
 * What the API says of itself: a document for each group and version, with its paths and the types of its objects.
 * @models kube-apiserver 1.36 /openapi/v3
 * @fidelity partial: what clients look for: kinds, fields with their types and merge keys, and which requests know which
 *   parameters; of answers nothing; descriptions in words of our own
 */
import { apiVersionOf, type Resource, resources } from '../../../protocols/kube/resources.ts';
import { type FieldType, fieldsOf } from '../../../protocols/kube/schema.ts';
import { fieldText, kindText } from '../../../protocols/kube/schema-text.ts';

type Doc = Record<string, unknown>;

const PREFIX = '/openapi/v3';

/** Null for what is not one of its paths. */
export function openApi(path: string): unknown {
  if (path === PREFIX) {
    const versions = [...new Set(resources.map(rootOf))];
    return { paths: Object.fromEntries(versions.map((root) => [root, { serverRelativeURL: `${PREFIX}/${root}` }])) };
  }
  if (!path.startsWith(`${PREFIX}/`)) return null;
  const own = resources.filter((resource) => rootOf(resource) === path.slice(PREFIX.length + 1));
  return own.length === 0 ? null : documentOf(own);
}

/**
 * /openapi/v2 as old clients want it, in protobuf: a document that describes nothing, so that they leave validation to the
 * server. @models gnostic OpenAPIv2.proto Document (swagger 1, info 2, paths 8)
 */
export function openApiV2(version: string): Uint8Array {
  const bytes = (field: number, content: Uint8Array): number[] => [(field << 3) | 2, content.length, ...content];
  const text = (field: number, value: string): number[] => bytes(field, new TextEncoder().encode(value));
  const info = Uint8Array.from([...text(1, 'Kubernetes'), ...text(2, version)]);
  return Uint8Array.from([...text(1, '2.0'), ...bytes(2, info), ...bytes(8, new Uint8Array(0))]);
}

/** `api/v1`, `apis/apps/v1` */
function rootOf({ group, version }: Resource): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function documentOf(own: readonly Resource[]): Doc {
  const schemas: Record<string, Doc> = {};
  const paths: Record<string, Doc> = {};
  for (const resource of own) {
    const gvk = { group: resource.group, version: resource.version, kind: resource.kind };
    const ref = addType(schemas, resource.schema ?? resource.kind, true);
    schemas[ref] = { ...schemas[ref], 'x-kubernetes-group-version-kind': [gvk] };
    const scope = resource.namespaced ? '/namespaces/{namespace}' : '';
    const list = `/${rootOf(resource)}${scope}/${resource.resource}`;
    const operation = (action: string, parameters: readonly string[]): Doc => ({
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk,
      parameters: parameters.map((name) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })),
      responses: { '200': { description: 'OK', content: { 'application/json': { schema: refTo(ref) } } } },
    });
    paths[list] = {
      get: operation('list', ['labelSelector', 'fieldSelector', 'limit', 'continue', 'watch']),
      post: operation('post', WRITES),
    };
    paths[`${list}/{name}`] = {
      get: operation('get', []),
      put: operation('put', WRITES),
      patch: { ...operation('patch', [...WRITES, 'force']), requestBody: PATCH_BODY },
      delete: operation('delete', ['dryRun', 'gracePeriodSeconds', 'propagationPolicy']),
    };
  }
  const version = apiVersionOf(own[0] as Resource);
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version }, paths, components: { schemas } };
}

const WRITES = ['dryRun', 'fieldManager', 'fieldValidation'];
/** By these a client knows which kinds of patch a resource takes. */
const PATCH_BODY: Doc = {
  content: Object.fromEntries(
    ['apply-patch+yaml', 'json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json'].map((type) => [
      `application/${type}`,
      { schema: { type: 'object' } },
    ]),
  ),
};

const refTo = (name: string): Doc => ({ $ref: `#/components/schemas/${name}` });

/** Adds a type and what it is made of; gives the name under which it is found. */
function addType(schemas: Record<string, Doc>, name: string, topLevel = false): string {
  const key = `io.k8s.api.${name}`;
  if (schemas[key] !== undefined) return key;
  const properties: Record<string, Doc> = {};
  schemas[key] = { type: 'object', description: kindText(name), properties };
  for (const [field, type] of fieldsOf(name, topLevel) ?? []) {
    const schema = schemaOf(schemas, type);
    const description = fieldText(name, field, topLevel);
    properties[field] = '$ref' in schema ? { allOf: [schema], description, default: {} } : { ...schema, description };
  }
  return key;
}

/** A type that is no object and has a name all the same. */
function shared(schemas: Record<string, Doc>, name: string, schema: Doc): Doc {
  schemas[name] ??= schema;
  return refTo(name);
}

function schemaOf(schemas: Record<string, Doc>, type: FieldType): Doc {
  switch (type.kind) {
    case 'string':
      return { type: 'string' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'integer':
      return { type: 'integer', format: 'int32' };
    case 'boolean':
      return { type: 'boolean' };
    case 'time':
    case 'time or null':
      return { type: 'string', format: 'date-time' };
    case 'quantity':
      return shared(schemas, 'io.k8s.apimachinery.pkg.api.resource.Quantity', {
        oneOf: [{ type: 'string' }, { type: 'number' }],
      });
    case 'port':
      return shared(schemas, 'io.k8s.apimachinery.pkg.util.intstr.IntOrString', {
        format: 'int-or-string',
        oneOf: [{ type: 'integer' }, { type: 'string' }],
      });
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(schemas, type.of) };
    case 'list': {
      const merge =
        type.mergeKey === null
          ? { 'x-kubernetes-list-type': 'atomic' }
          : type.mergeKey === ''
            ? { 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' }
            : {
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': [type.mergeKey],
                'x-kubernetes-patch-merge-key': type.mergeKey,
                'x-kubernetes-patch-strategy': 'merge',
              };
      return { type: 'array', items: schemaOf(schemas, type.of), ...merge };
    }
    case 'object':
      return fieldsOf(type.name) === undefined ? { type: 'object' } : refTo(addType(schemas, type.name));
    default:
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  }
}
