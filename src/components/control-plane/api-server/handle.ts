/** One request: who, may they, what about, and the answer. Failures become Status objects here and nowhere else. */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { headerValue } from '../../../protocols/http/http1.ts';
import type { Fields } from '../../../protocols/kube/fields.ts';
import { isObject, type Json, type JsonObject } from '../../../protocols/kube/json.ts';
import { parseLabelSelector } from '../../../protocols/kube/label-selector.ts';
import { parseFieldSelector } from '../../../protocols/kube/labels.ts';
import {
  type JsonPatchOperation,
  jsonPatch,
  mergePatch,
  removedFields,
  strategicMerge,
} from '../../../protocols/kube/patch.ts';
import { acceptsTable, type Table, tableOf } from '../../../protocols/kube/printers/table.ts';
import {
  apiVersionOf,
  qualifiedResource,
  type Resource,
  resourceNamed,
  storageOf,
} from '../../../protocols/kube/resources.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { badRequest, conflict, failure, forbidden, StatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, Pod } from '../../../protocols/kube/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import type { VersionInfo } from '../common/releases.ts';
import { accessReview } from './access-review.ts';
import { type Authenticator, impersonated, type User } from './auth.ts';
import type { Authorizer } from './authorize.ts';
import { componentStatuses } from './component-status.ts';
import { isProtobuf, parseBody, parseJson, requestBody, type Strictness } from './decode.ts';
import { listKind, serveDiscovery } from './discovery.ts';
import { takeFromBudget } from './eviction.ts';
import type { HealthChecks } from './health.ts';
import type { KubeletProxy } from './kubelet-proxy.ts';
import { nodeNameOf } from './node-authorizer.ts';
import { type NodeWrite, restrictNode, restrictToken } from './node-restriction.ts';
import { openApi, openApiV2 } from './openapi.ts';
import { RBAC_GROUP } from './rbac/bootstrap-policy.ts';
import { checkEscalation } from './rbac/escalation.ts';
import type { Attributes } from './rbac/rules.ts';
import { createObject, deleteObject, existing, type Target, updateObject, type WriteOptions } from './rest.ts';
import { type Route, routeOf } from './routing.ts';
import { objectText, type Store, storeKey, typed } from './store.ts';
import { idleReason } from './stored-kinds.ts';
import { includedObject, initialEvents, type Selection, selects, serveWatch } from './watch.ts';

export type Api = {
  store: Store;
  proxy: KubeletProxy;
  authenticator: Authenticator;
  authorizer: Authorizer;
  version: VersionInfo;
  /** Whether the admission plugin NodeRestriction is on. */
  restrictsNodes: boolean;
  health: HealthChecks;
};

const JSON_TYPE: [string, string] = ['Content-Type', 'application/json'];
const STREAMS = new Set(['exec', 'attach', 'portforward']);

export async function handle(ctx: Context, api: Api, exchange: Exchange): Promise<void> {
  await ctx.cpu(LATENCY.apiServerRequestNs);
  try {
    // Whoever it is: --authorization-always-allow-paths.
    if (await api.health.serve(ctx, exchange)) return;
    const user = impersonated(api.authenticator.authenticate(ctx, exchange), exchange, api.authorizer);
    const route = routeOf(exchange.path);
    if (route !== null) return await handleResource(ctx, api, exchange, route, user);
    api.authorizer.require(user, {
      verb: exchange.method.toLowerCase(),
      group: '',
      resource: '',
      namespace: null,
      name: '',
      path: exchange.path,
    });
    if (exchange.path === '/openapi/v2')
      return await exchange.reply(ctx, 200, openApiV2(api.version.gitVersion), [
        ['Content-Type', 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'],
      ]);
    const discovered = serveDiscovery(ctx, exchange, api.version);
    if (discovered !== undefined) return await discovered;
    const found = openApi(exchange.path);
    if (found === null)
      return await exchange.reply(ctx, 404, '404 page not found\n', [['Content-Type', 'text/plain; charset=utf-8']]);
    await exchange.reply(ctx, 200, JSON.stringify(found), [JSON_TYPE]);
  } catch (error) {
    if (isErrno(error)) throw error;
    if (!(error instanceof StatusError)) {
      const text = error as { before?: string; message: string };
      // etcd does not answer.
      if (typeof text.before !== 'string') throw error;
      await exchange.reply(ctx, 500, JSON.stringify(failure(500, 'InternalError', text.message).status), [JSON_TYPE]);
      return;
    }
    await exchange.reply(ctx, error.code, JSON.stringify(error.status), [JSON_TYPE]);
  }
}

function verbOf({ method, query }: Exchange, { name }: Route): string {
  if (method === 'GET' || method === 'HEAD')
    return name !== ''
      ? 'get'
      : query.get('watch')?.[0] === 'true' || query.get('watch')?.[0] === '1'
        ? 'watch'
        : 'list';
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  return name === '' ? 'deletecollection' : 'delete';
}

function attributesOf(
  { query }: Exchange,
  { resource, namespace, name, subresource }: Route,
  verb: string,
): Attributes {
  const fieldText = query.get('fieldSelector')?.[0];
  const parsed = fieldText === undefined ? null : parseFieldSelector(fieldText);
  const fields = parsed?.ok === true ? parsed.value.filter(({ equal }) => equal) : [];
  const one = fields.find(({ path }) => path === 'metadata.name')?.value ?? '';
  return {
    verb,
    group: resource.group,
    resource: resource.resource,
    namespace: resource.resource === 'namespaces' && name !== '' ? name : namespace,
    // A list of one by its name is about that one.
    name: name === '' && verb !== 'create' ? one : name,
    ...(subresource === undefined ? {} : { subresource }),
    ...(fields.length === 0 ? {} : { fields }),
  };
}

async function handleResource(ctx: Context, api: Api, exchange: Exchange, route: Route, user: User): Promise<void> {
  const { resource, namespace, name, subresource } = route;
  const { store } = api;
  const verb = verbOf(exchange, route);
  if (resource.verbs?.includes(verb) === false)
    throw failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  const about = attributesOf(exchange, route, verb);
  api.authorizer.require(user, about);
  // Switching protocols by GET does what POST does.
  if (verb === 'get' && subresource !== undefined && STREAMS.has(subresource))
    api.authorizer.require(user, { ...about, verb: 'create' });
  if (verb === 'create') {
    const review = accessReview(ctx, api, user, exchange, route);
    if (review !== null) return exchange.reply(ctx, 201, JSON.stringify(review), [JSON_TYPE]);
  }
  const target: Target = { resource, namespace, name, ...(subresource === undefined ? {} : { subresource }) };
  const warnings = deprecation(resource, api.version);
  const options = writeOptions(exchange, warnings);
  const restrict = restrictionOf(api, user, route);
  if (restrict !== null)
    options.check = (before, after) => restrict(before === null ? 'CREATE' : 'UPDATE', before, after);
  else if (resource.group === RBAC_GROUP)
    options.check = (before, after) => checkEscalation(api.authorizer, user, resource, before, after);
  const inForm = (object: unknown): unknown =>
    resource.storedAs !== undefined && (object as KubeObject).kind === resource.kind
      ? typed(resource, object as KubeObject)
      : object;
  const answer = (status: number, object: unknown): Promise<void> =>
    exchange.reply(ctx, status, JSON.stringify(inForm(object)), [JSON_TYPE, ...warnings]);
  /** What lies in the store now is there as text, too, or soon will be. */
  const answerStored = (status: number, object: KubeObject): Promise<void> =>
    exchange.reply(ctx, status, objectText(resource, object), [JSON_TYPE, ...warnings]);
  const asTable = acceptsTable(headerValue(exchange.headers, 'accept') ?? '');
  const body = (): JsonObject => requestBody(exchange);

  if (subresource === 'approval') requireSigner(api, user, existing(store, target));
  switch (subresource) {
    case 'log':
      return api.proxy.log(ctx, exchange, existing(store, target) as Pod);
    case 'exec':
    case 'attach':
    case 'portforward':
      return api.proxy.stream(ctx, exchange, existing(store, target) as Pod, subresource);
    case 'binding': {
      await bind(ctx, store, target, body(), options);
      return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    }
    case 'eviction': {
      const request = body().deleteOptions;
      restrict?.('CREATE', existing(store, target), null);
      await takeFromBudget(ctx, store, existing(store, target) as Pod);
      await deleteObject(ctx, store, target, isObject(request) ? request : {});
      return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    }
    case 'token': {
      const node = restrict === null ? null : nodeNameOf(user);
      if (node !== null) restrictToken(store, node, namespace ?? '', name, body());
      return answer(201, issueToken(ctx, api, target, body()));
    }
    case 'proxy':
      if (exchange.method !== 'GET')
        throw failure(501, '', `not simulated: ${exchange.method} through the node's proxy`);
      return api.proxy.read(ctx, exchange, existing(store, target).metadata.name, route.rest);
    case 'scale':
      return answer(200, await scale(ctx, store, target, exchange, options, body));
  }

  if (resource.kind === 'ComponentStatus') {
    const items = await componentStatuses(ctx, store, Number(api.version.minor));
    const one = items.find(({ metadata }) => metadata.name === name);
    if (verb === 'get' && one === undefined) throw failure(500, '', `Component not found: ${name}`);
    const found = one ?? { apiVersion: 'v1', kind: 'ComponentStatusList', metadata: { resourceVersion: '' }, items };
    return answer(200, asTable ? tableAnswer(ctx, exchange, resource.kind, found) : found);
  }

  switch (verb) {
    case 'get': {
      const found = existing(store, target);
      if (asTable) return answer(200, tableAnswer(ctx, exchange, resource.kind, typed(storageOf(resource), found)));
      return exchange.reply(ctx, 200, objectText(resource, found), [JSON_TYPE, ...warnings]);
    }
    case 'list': {
      initialEvents(exchange, false);
      const selection = selectionOf(exchange, route);
      const items = store.list(resource, namespace).filter((object) => selects(selection, object));
      if (asTable) {
        const list = { metadata: { resourceVersion: String(store.revision) }, items };
        return answer(200, tableAnswer(ctx, exchange, resource.kind, { apiVersion: apiVersionOf(resource), ...list }));
      }
      const text = items.map((object) => objectText(resource, object)).join(',');
      const head = `{"kind":"${listKind(resource)}","apiVersion":"${apiVersionOf(resource)}","metadata":{"resourceVersion":"${store.revision}"},"items":[`;
      return exchange.reply(ctx, 200, `${head}${text}]}`, [JSON_TYPE, ...warnings]);
    }
    case 'watch':
      return serveWatch(ctx, exchange, store, resource, namespace, selectionOf(exchange, route), { asTable, warnings });
    case 'create': {
      if (resource.kind === 'Binding') {
        const binding = body();
        const name = isObject(binding.metadata) ? String(binding.metadata.name ?? '') : '';
        await bind(ctx, store, { resource: resourceNamed('pods'), namespace, name }, binding, options);
        return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
      }
      const idle = idleReason(resource.kind);
      if (idle !== null) ctx.trace.emit(ctx.span, ctx.process.pid, { kind: 'refusal', what: `not simulated: ${idle}` });
      const made = resource.kind === 'CertificateSigningRequest' ? asRequestor(body(), user) : body();
      return answerStored(201, await createObject(ctx, store, target, made, options));
    }
    case 'update': {
      // The first attempt may have what was found to be well-formed before anything else was looked at.
      let sent: JsonObject | null = body();
      const again = (): JsonObject => {
        const taken = sent ?? body();
        sent = null;
        return taken;
      };
      return answerStored(200, await updateObject(ctx, store, target, again, options));
    }
    case 'patch':
      return patch(ctx, store, target, exchange, options, answerStored);
    case 'delete':
      restrict?.('DELETE', existing(store, target), null);
      return answer(200, await deleteObject(ctx, store, target, deleteRequest(exchange)));
    default: {
      const selection = selectionOf(exchange, route);
      const items = store.list(resource, namespace).filter((object) => selects(selection, object));
      for (const object of items)
        await deleteObject(
          ctx,
          store,
          { ...target, namespace: object.metadata.namespace ?? null, name: object.metadata.name },
          deleteRequest(exchange),
        );
      return answer(200, { kind: listKind(resource), apiVersion: apiVersionOf(resource), metadata: {}, items });
    }
  }
}

type Restriction = (operation: NodeWrite['operation'], before: KubeObject | null, after: KubeObject | null) => void;

/** Null for whoever is no node. */
function restrictionOf(api: Api, user: User, { resource, namespace, name, subresource }: Route): Restriction | null {
  const node = api.restrictsNodes ? nodeNameOf(user) : null;
  if (node === null) return null;
  return (operation, before, after) =>
    restrictNode(api.store, node, { operation, resource, namespace, name, subresource, before, after });
}

function tableAnswer(ctx: Context, exchange: Exchange, kind: string, value: object): Table {
  return tableOf(value as Fields, kind, ctx.wallTime, { includeObject: includedObject(exchange) });
}

function deleteRequest(exchange: Exchange): Record<string, unknown> {
  const { body, query } = exchange;
  const seconds = query.get('gracePeriodSeconds')?.[0];
  return {
    ...(seconds === undefined ? {} : { gracePeriodSeconds: Number(seconds) }),
    ...(body === '' ? {} : isProtobuf(exchange) ? requestBody(exchange) : (parseJson(body) as object)),
  };
}

const warning = (text: string): [string, string] => ['Warning', `299 - ${JSON.stringify(text)}`];

/** What every answer about such a resource carries. @models apiserver pkg/endpoints/deprecation WarningMessage */
function deprecation(resource: Resource, { minor }: VersionInfo): [string, string][] {
  const { deprecated, kind } = resource;
  if (deprecated === undefined || Number(minor) < deprecated.minor) return [];
  const version = apiVersionOf(resource);
  const instead = deprecated.instead === undefined ? '' : `; use ${deprecated.instead}`;
  return [warning(`${version} ${kind} is deprecated in v1.${deprecated.minor}+${instead}`)];
}

function writeOptions({ query }: Exchange, warnings: [string, string][]): WriteOptions {
  return {
    strictness: (query.get('fieldValidation')?.[0] ?? 'Warn') as Strictness,
    dryRun: query.get('dryRun')?.[0] === 'All',
    warn: (text) => warnings.push(warning(text)),
  };
}

const FIELD_LABELS: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  secrets: ['type'],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
};

function selectionOf({ query }: Exchange, { resource }: Route): Selection {
  const labelText = query.get('labelSelector')?.[0] ?? '';
  const fieldText = query.get('fieldSelector')?.[0] ?? '';
  const labels = parseLabelSelector(labelText);
  if (!labels.ok) throw badRequest(labels.error);
  const fields = parseFieldSelector(fieldText);
  if (!fields.ok) throw badRequest(fields.error);
  for (const { path } of fields.value)
    if (!['metadata.name', 'metadata.namespace', ...(FIELD_LABELS[resource.resource] ?? [])].includes(path))
      throw badRequest(`field label not supported: ${path}`);
  return { labels: labels.value, fields: fields.value };
}

const LAST_APPLIED = 'cutaway.internal/last-applied.';

async function patch(
  ctx: Context,
  store: Store,
  target: Target,
  exchange: Exchange,
  options: WriteOptions,
  answer: (status: number, object: KubeObject) => Promise<void>,
): Promise<void> {
  const type = headerValue(exchange.headers, 'content-type') ?? '';
  const kind = target.resource.schema ?? target.resource.kind;
  if (type === 'application/json-patch+json') {
    const operations = operationsOf(patchBody(exchange.body));
    return answer(200, await updateObject(ctx, store, target, (current) => jsonPatch(current(), operations), options));
  }
  if (type === 'application/apply-patch+yaml') {
    const applied = parseBody(exchange.body, 'yaml');
    const manager = exchange.query.get('fieldManager')?.[0] ?? 'unknown';
    if (store.get(target.resource, storeKey(target.resource, target.namespace, target.name)) === undefined) {
      return answer(201, await createObject(ctx, store, target, withRecord(applied, manager, applied), options));
    }
    const change = (copy: () => JsonObject): JsonObject => {
      const current = copy();
      const annotations = (current.metadata as JsonObject).annotations;
      const record = isObject(annotations) ? annotations[LAST_APPLIED + manager] : undefined;
      const removed = typeof record === 'string' ? removedFields(JSON.parse(record) as Json, applied) : {};
      const cleared = strategicMerge(kind, current, removed);
      return withRecord(strategicMerge(kind, cleared, applied), manager, applied);
    };
    return answer(200, await updateObject(ctx, store, target, change, options));
  }
  const merge = patchBody(exchange.body);
  if (!isObject(merge)) throw badRequest(cannotUnmarshal(merge, 'map[string]interface {}'));
  if (type === 'application/merge-patch+json')
    return answer(
      200,
      await updateObject(ctx, store, target, (current) => mergePatch(current(), merge) as JsonObject, options),
    );
  if (type === 'application/strategic-merge-patch+json')
    return answer(
      200,
      await updateObject(ctx, store, target, (current) => strategicMerge(kind, current(), merge), options),
    );
  throw failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml`,
  );
}

function patchBody(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    const [first = ''] = /[^\s{[]/.exec(text) ?? [];
    throw badRequest(`invalid character '${first}' looking for beginning of object key string`);
  }
}

function operationsOf(patch: Json): JsonPatchOperation[] {
  if (!Array.isArray(patch)) throw badRequest(cannotUnmarshal(patch, 'jsonpatch.Patch'));
  for (const one of patch) if (!isObject(one)) throw badRequest(cannotUnmarshal(one, 'jsonpatch.Operation'));
  return patch as unknown as JsonPatchOperation[];
}

/** What encoding/json says of a value that is of another kind. */
function cannotUnmarshal(value: Json, into: string): string {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type ${into}`;
}

function withRecord(object: JsonObject, manager: string, applied: JsonObject): JsonObject {
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED + manager]: JSON.stringify(applied) } },
  };
}

async function bind(
  ctx: Context,
  store: Store,
  target: Target,
  body: JsonObject,
  options: WriteOptions,
): Promise<void> {
  const nodeName = isObject(body.target) ? String(body.target.name) : '';
  const key = storeKey(target.resource, target.namespace, target.name);
  for (;;) {
    const current = existing(store, target) as Pod;
    if (current.spec.nodeName !== undefined)
      throw conflict(
        target.resource,
        target.name,
        `pod ${target.name} is already assigned to node "${current.spec.nodeName}"`,
      );
    if (options.dryRun) return;
    const condition = {
      type: 'PodScheduled',
      status: 'True' as const,
      observedGeneration: current.metadata.generation ?? 1,
      lastProbeTime: null,
      lastTransitionTime: nowText(ctx),
    };
    const others = (current.status?.conditions ?? []).filter((c) => c.type !== 'PodScheduled');
    const next = {
      ...current,
      spec: { ...current.spec, nodeName },
      status: { ...current.status, conditions: [...others, condition] },
    };
    if ((await store.write(ctx, target.resource, key, current, next)) !== null) return;
  }
}

function nowText(ctx: Context): string {
  return rfc3339(ctx.wallTime);
}

function issueToken(ctx: Context, api: Api, target: Target, body: JsonObject): unknown {
  const { namespace = '', name, uid } = existing(api.store, target).metadata;
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: nowText(ctx) },
    ...api.authenticator.issue(ctx, { namespace, name, uid }, body),
  };
}

/** Who asks for a certificate is no matter of what he writes. */
function asRequestor(body: JsonObject, { name, uid, groups, extra }: User): JsonObject {
  const spec = isObject(body.spec) ? body.spec : {};
  return {
    ...body,
    spec: {
      ...spec,
      username: name,
      groups: [...groups],
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra: JSON.parse(JSON.stringify(extra)) as JsonObject }),
    },
  };
}

/** @models plugin/pkg/admission/certificates/approval */
function requireSigner({ authorizer }: Api, user: User, request: KubeObject): void {
  const { signerName = '' } = (request as unknown as { spec: { signerName?: string } }).spec;
  const about = { verb: 'approve', group: 'certificates.k8s.io', resource: 'signers', namespace: null };
  const names = [signerName, `${signerName.split('/')[0]}/*`];
  if (!names.some((name) => authorizer.decide(user, { ...about, name }).allowed))
    throw forbidden(
      { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' },
      request.metadata.name,
      `user not permitted to approve requests with signerName "${signerName}"`,
    );
}

type Scalable = KubeObject & {
  spec: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  status?: { replicas?: number };
};

async function scale(
  ctx: Context,
  store: Store,
  target: Target,
  exchange: Exchange,
  options: WriteOptions,
  body: () => JsonObject,
): Promise<unknown> {
  const { subresource: _, ...whole } = target;
  let object = existing(store, whole) as Scalable;
  if (exchange.method !== 'GET') {
    const { spec } = body();
    const replicas = isObject(spec) && typeof spec.replicas === 'number' ? spec.replicas : undefined;
    if (replicas === undefined) throw badRequest(`${qualifiedResource(target.resource)}: spec.replicas is required`);
    object = (await updateObject(
      ctx,
      store,
      whole,
      (copy) => {
        const current = copy();
        return { ...current, spec: { ...(current.spec as JsonObject), replicas } };
      },
      options,
    )) as Scalable;
  }
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec.replicas ?? 0 },
    status: {
      replicas: object.status?.replicas ?? 0,
      selector: Object.entries(object.spec.selector?.matchLabels ?? {})
        .map(([k, v]) => `${k}=${v}`)
        .join(','),
    },
  };
}
