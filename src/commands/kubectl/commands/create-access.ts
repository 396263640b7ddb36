/**
 * @models k8s.io/kubectl pkg/cmd/create create_role.go create_clusterrole.go create_rolebinding.go create_clusterrolebinding.go create_token.go
 * @fidelity full
 */
import type { CobraCommand, Pflag } from '../../../go/cobra-types.ts';
import { parseDuration } from '../../../go/duration.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { Failure } from '../failure.ts';
import { PRINT } from '../flags.ts';
import { objectPrinter } from '../output.ts';
import type { Action, Run } from '../run.ts';
import { COMMON, nameOf, namespaceOf, send } from './create-common.ts';

const GROUP = 'rbac.authorization.k8s.io';
const API_VERSION = `${GROUP}/v1`;
const VERBS = '* get delete list create update patch watch proxy deletecollection use bind escalate impersonate'.split(
  ' ',
);
const PATH_VERBS = '* get post put delete patch head options'.split(' ');
/** Verbs that make sense only for some resources, as `resource.group`. */
const SPECIAL_VERBS: Readonly<Record<string, readonly string[]>> = {
  use: ['podsecuritypolicies.policy', 'podsecuritypolicies.extensions'],
  bind: [`roles.${GROUP}`, `clusterroles.${GROUP}`],
  escalate: [`roles.${GROUP}`, `clusterroles.${GROUP}`],
  impersonate: ['users.', 'serviceaccounts.', 'groups.', 'userextras.authentication.k8s.io'],
};

const RULE: readonly Pflag[] = [
  { name: 'verb', kind: 'stringSlice', usage: 'What may be done with the resources.' },
  { name: 'resource', kind: 'stringSlice', usage: 'A resource, as resource.group/subresource.' },
  { name: 'resource-name', kind: 'stringArray', usage: 'Only the object of this name; may be repeated.' },
];

type Asked = { group: string; resource: string; subresource: string };

const once = (words: readonly string[]): string[] => [...new Set(words)];

function askedVerbs(run: Run): string[] {
  const verbs = once(run.cli.strings('verb'));
  return verbs.includes('*') ? ['*'] : verbs;
}

function askedResources(run: Run): Asked[] {
  const asked: Asked[] = [];
  for (const word of run.cli.strings('resource')) {
    const slash = word.indexOf('/');
    const name = slash < 0 ? word : word.slice(0, slash);
    const dot = name.indexOf('.');
    const one = {
      resource: dot < 0 ? name : name.slice(0, dot),
      group: dot < 0 ? '' : name.slice(dot + 1),
      subresource: slash < 0 ? '' : word.slice(slash + 1),
    };
    if (word === '*') return [one];
    asked.push(one);
  }
  return asked;
}

const known = (ctx: Context, run: Run, { resource, group }: Asked) =>
  run.find(ctx, group === '' ? resource : `${resource}.${group}`, 1);

async function checkResources(ctx: Context, run: Run, verbs: readonly string[], asked: readonly Asked[]) {
  for (const verb of verbs)
    if (!VERBS.includes(verb)) await printError(ctx, `Warning: '${verb}' is not a standard resource verb\n`);
  for (const one of asked) {
    if (one.resource === '') throw new Failure('resource must be specified if apiGroup/subresource specified');
    if (one.resource === '*') return;
    const found = await known(ctx, run, one);
    const { resource, group } = found ?? one;
    let special = false;
    for (const verb of verbs) {
      const only = SPECIAL_VERBS[verb];
      if (only === undefined) continue;
      if (!only.includes(`${resource}.${group}`))
        throw new Failure(`can not perform '${verb}' on '${resource}' in group '${group}'`);
      special = true;
    }
    if (found === undefined && !special)
      throw new Failure(
        `the server doesn't have a resource type "${one.group === '' ? one.resource : `${one.resource}.${one.group}`}"`,
      );
  }
}

async function rulesOf(
  ctx: Context,
  run: Run,
  verbs: readonly string[],
  asked: readonly Asked[],
  urls: readonly string[],
): Promise<Fields[]> {
  const groups = new Map<string, string[]>();
  for (const one of asked) {
    const { resource, group } = (await known(ctx, run, one)) ?? one;
    const name = one.subresource === '' ? resource : `${resource}/${one.subresource}`;
    groups.set(group, once([...(groups.get(group) ?? []), name]));
  }
  const names = once(run.cli.strings('resource-name'));
  const rules: Fields[] = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, resources]) => ({
      apiGroups: [group],
      ...(names.length === 0 ? {} : { resourceNames: names }),
      resources,
      verbs,
    }));
  if (urls.length > 0) rules.push({ nonResourceURLs: urls, verbs });
  return rules;
}

const roleCommand: CobraCommand<Action> = {
  name: 'role',
  use: 'NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
  short: 'Create a role with single rule',
  flags: [...COMMON, ...RULE],
  action: async (ctx, run) => {
    const name = nameOf(run);
    await run.discovery(ctx, 1);
    const [verbs, asked] = [askedVerbs(run), askedResources(run)];
    if (verbs.length === 0) throw new Failure('at least one verb must be specified');
    if (asked.length === 0) throw new Failure('at least one resource must be specified');
    await checkResources(ctx, run, verbs, asked);
    const namespace = await namespaceOf(ctx, run);
    const role: Fields = {
      apiVersion: API_VERSION,
      kind: 'Role',
      metadata: { name, ...(namespace === null ? {} : { namespace }) },
      rules: await rulesOf(ctx, run, verbs, asked, []),
    };
    await send(ctx, run, 'roles', role, null);
  },
};

function checkUrls(verbs: readonly string[], urls: readonly string[]): void {
  if (urls.length === 0) return;
  for (const verb of verbs)
    if (!PATH_VERBS.includes(verb)) throw new Failure(`invalid verb: '${verb}' for nonResourceURL`);
  for (const url of urls) {
    if (url === '*') continue;
    if (!url.startsWith('/')) throw new Failure('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*'))
      throw new Failure("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
}

const clusterRoleCommand: CobraCommand<Action> = {
  name: 'clusterrole',
  use: 'NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
  short: 'Create a cluster role',
  flags: [
    ...COMMON,
    ...RULE,
    { name: 'non-resource-url', kind: 'stringSlice', usage: 'A path, with * at its end for all below.' },
    { name: 'aggregation-rule', kind: 'stringSlice', usage: 'Labels of the cluster roles to be combined.' },
  ],
  action: async (ctx, run) => {
    const name = nameOf(run);
    await run.discovery(ctx, 1);
    const [verbs, asked] = [askedVerbs(run), askedResources(run)];
    const urls = once(run.cli.strings('non-resource-url'));
    const role: Record<string, unknown> = { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: { name } };
    const labels = run.cli.strings('aggregation-rule').map((word) => word.split('='));
    if (labels.length > 0) {
      if (verbs.length + asked.length + urls.length + run.cli.strings('resource-name').length > 0)
        throw new Failure(
          'aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames',
        );
      const matchLabels = Object.fromEntries(labels.map(([key = '', value = '']) => [key, value]));
      role['aggregationRule'] = { clusterRoleSelectors: [{ matchLabels }] };
      role['rules'] = null;
    } else {
      if (verbs.length === 0) throw new Failure('at least one verb must be specified');
      if (asked.length === 0 && urls.length === 0)
        throw new Failure('one of resource or nonResourceURL must be specified');
      if (asked.length > 0) await checkResources(ctx, run, verbs, asked);
      checkUrls(verbs, urls);
      role['rules'] = await rulesOf(ctx, run, verbs, asked, urls);
    }
    await send(ctx, run, 'clusterroles', role, null);
  },
};

function subjectsOf(run: Run): Fields[] {
  const { cli } = run;
  const named = (kind: string) => (name: string) => ({ apiGroup: GROUP, kind, name });
  return [
    ...cli.strings('user').map(named('User')),
    ...cli.strings('group').map(named('Group')),
    ...cli.strings('serviceaccount').map((word) => {
      const [namespace = '', name = '', ...more] = word.split(':');
      if (namespace === '' || name === '' || more.length > 0)
        throw new Failure('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}

const SUBJECTS: readonly Pflag[] = [
  { name: 'clusterrole', kind: 'string', usage: 'The ClusterRole to give.' },
  { name: 'user', kind: 'stringArray', usage: 'Who gets it; may be repeated.' },
  { name: 'group', kind: 'stringArray', usage: 'Which group gets it; may be repeated.' },
  { name: 'serviceaccount', kind: 'stringArray', usage: 'Which account gets it, as namespace:name; may be repeated.' },
];

const roleBindingCommand: CobraCommand<Action> = {
  name: 'rolebinding',
  use: 'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  short: 'Create a role binding for a particular role or cluster role',
  flags: [...COMMON, ...SUBJECTS, { name: 'role', kind: 'string', usage: 'The Role to give.' }],
  action: async (ctx, run) => {
    const name = nameOf(run);
    const [role, clusterRole] = [run.cli.string('role'), run.cli.string('clusterrole')];
    if ((role === '') === (clusterRole === ''))
      throw new Failure('exactly one of clusterrole or role must be specified');
    const namespace = await namespaceOf(ctx, run);
    const subjects = subjectsOf(run);
    const binding: Fields = {
      apiVersion: API_VERSION,
      kind: 'RoleBinding',
      metadata: { name, ...(namespace === null ? {} : { namespace }) },
      roleRef: { apiGroup: GROUP, kind: role === '' ? 'ClusterRole' : 'Role', name: role || clusterRole },
      ...(subjects.length === 0 ? {} : { subjects }),
    };
    await send(ctx, run, 'rolebindings', binding, 'rolebinding:');
  },
};

const clusterRoleBindingCommand: CobraCommand<Action> = {
  name: 'clusterrolebinding',
  use: 'NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  short: 'Create a cluster role binding for a particular cluster role',
  flags: [...COMMON, ...SUBJECTS.map((flag) => (flag.name === 'clusterrole' ? { ...flag, required: true } : flag))],
  action: async (ctx, run) => {
    const name = nameOf(run);
    const subjects = subjectsOf(run);
    const binding: Fields = {
      apiVersion: API_VERSION,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: run.cli.string('clusterrole') },
      ...(subjects.length === 0 ? {} : { subjects }),
    };
    await send(ctx, run, 'clusterrolebindings', binding, 'clusterrolebinding:');
  },
};

const BOUND_KINDS = ['Node', 'Pod', 'Secret'];

const tokenCommand: CobraCommand<Action> = {
  name: 'token',
  use: 'SERVICE_ACCOUNT_NAME',
  short: 'Request a service account token',
  flags: [
    ...PRINT,
    { name: 'audience', kind: 'stringArray', usage: 'Whom the token is for; the API server unless told otherwise.' },
    { name: 'bound-object-kind', kind: 'string', usage: 'Kind of the object that the token lives as long as.' },
    { name: 'bound-object-name', kind: 'string', usage: 'Name of that object.' },
    { name: 'bound-object-uid', kind: 'string', usage: 'UID of that object.' },
    {
      name: 'duration',
      kind: 'string',
      value: '0s',
      usage: 'How long the token is to hold; 0 leaves it to the server.',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const name = nameOf(run);
    const asked = cli.string('duration');
    const parsed = parseDuration(asked);
    if (!parsed.ok) throw new Failure(`invalid argument "${asked}" for "--duration" flag: ${parsed.error}`);
    const duration = parsed.ns;
    if (duration < 0) throw new Failure('--duration must be greater than or equal to 0');
    if (duration % 1_000_000_000 !== 0) throw new Failure('--duration cannot be expressed in units less than seconds');
    const audiences = cli.strings('audience');
    if (audiences.includes('')) throw new Failure('--audience must not be an empty string');
    const [kind, bound] = [cli.string('bound-object-kind'), cli.string('bound-object-name')];
    if (kind === '' && bound !== '')
      throw new Failure('--bound-object-name can only be set if --bound-object-kind is provided');
    if (kind !== '' && !BOUND_KINDS.includes(kind))
      throw new Failure(`supported --bound-object-kind values are ${BOUND_KINDS.join(', ')}`);
    if (kind !== '' && bound === '')
      throw new Failure('--bound-object-name is required if --bound-object-kind is provided');
    const body = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      spec: {
        audiences,
        ...(duration === 0 ? {} : { expirationSeconds: duration / 1_000_000_000 }),
        ...(kind === '' ? {} : { boundObjectRef: { kind, apiVersion: 'v1', name: bound } }),
      },
    };
    const client = await run.client(ctx);
    const path = `/api/v1/namespaces/${await run.namespace(ctx)}/serviceaccounts/${encodeURIComponent(name)}/token`;
    let answer: Fields;
    try {
      answer = await client.request<Fields>(ctx, 'POST', path, { body });
    } catch (error) {
      if (!isStatusError(error)) throw error;
      throw new Failure(`failed to create token: ${error.message}`);
    }
    const printer = await objectPrinter(ctx, cli);
    if (printer !== null) return await print(ctx, printer(answer));
    const token = text(answer, 'status', 'token');
    await print(ctx, (await ctx.sys.isTty(ctx, 1)) ? `${token}\n` : token);
  },
};

export const accessCommands = {
  clusterRoleCommand,
  clusterRoleBindingCommand,
  roleCommand,
  roleBindingCommand,
  tokenCommand,
};
