/** @models k8s.io/kubectl pkg/cmd/auth cani.go whoami.go @fidelity partial: no reconcile */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, flag, list, text, texts } from '../../../protocols/kube/fields.ts';
import { Failure } from '../failure.ts';
import { ALL_NAMESPACES } from '../flags.ts';
import type { Action, Run } from '../run.ts';
import { layOutTable } from '../tables.ts';

const AUTHORIZATION = '/apis/authorization.k8s.io/v1';

const canI: CobraCommand<Action> = {
  name: 'can-i',
  use: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  short: 'Check whether an action is allowed',
  flags: [
    ALL_NAMESPACES,
    { name: 'list', kind: 'bool', usage: 'Print all actions that are allowed.' },
    { name: 'no-headers', kind: 'bool', usage: 'With --list, leave the headers out.' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Print nothing; the exit code tells.' },
    { name: 'subresource', kind: 'string', usage: 'The sub-resource, such as log or scale.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.bool('list')) return await listRules(ctx, run);
    const [verb, what, name = ''] = cli.args;
    if (verb === undefined || what === undefined || cli.args.length > 3)
      throw new Failure(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      );
    const client = await run.client(ctx);
    const namespace = cli.bool('all-namespaces') ? '' : await run.namespace(ctx);
    const [type = '', slashName = ''] = what.split('/');
    const path = what.startsWith('/') ? what : null;
    const spec =
      path === null
        ? { resourceAttributes: await attributes(ctx, run, verb, type, name || slashName, namespace) }
        : { nonResourceAttributes: { path, verb } };
    const answer = await client.request<Fields>(ctx, 'POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, {
      body: { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec },
    });
    const may = flag(answer, 'status', 'allowed');
    if (!cli.bool('quiet')) await print(ctx, may ? 'yes\n' : 'no\n');
    if (!may) throw new Failure('', { bare: true });
  },
};

async function attributes(
  ctx: Context,
  run: Run,
  verb: string,
  type: string,
  name: string,
  namespace: string,
): Promise<Fields> {
  const subresource = run.cli.string('subresource');
  const extra = { ...(name === '' ? {} : { name }), ...(subresource === '' ? {} : { subresource }) };
  if (type === '*') return { verb, namespace, resource: type, ...extra };
  const known = (await run.discovery(ctx, 1)).find(
    (item) =>
      [item.resource, item.singular, item.kind.toLowerCase(), `${item.resource}.${item.group}`].includes(type) ||
      item.shortNames.includes(type),
  );
  if (known === undefined) {
    await printError(ctx, `Warning: the server doesn't have a resource type '${type}'\n\n`);
    return { verb, namespace, resource: type, ...extra };
  }
  if (!known.namespaced) {
    const group = known.group === '' ? '' : ` in group '${known.group}'`;
    await printError(ctx, `Warning: resource '${known.resource}' is not namespace scoped${group}\n\n`);
  }
  return {
    verb,
    namespace: known.namespaced ? namespace : '',
    group: known.group,
    resource: known.resource,
    ...extra,
  };
}

async function listRules(ctx: Context, run: Run): Promise<void> {
  const client = await run.client(ctx);
  const answer = await client.request<Fields>(ctx, 'POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, {
    body: {
      kind: 'SelfSubjectRulesReview',
      apiVersion: 'authorization.k8s.io/v1',
      spec: { namespace: await run.namespace(ctx) },
    },
  });
  const shown = (items: readonly string[]): string => `[${items.join(' ')}]`;
  const rows = list(answer, 'status', 'resourceRules').flatMap((rule) =>
    texts(rule, 'resources').map((resource) => {
      const [group = ''] = texts(rule, 'apiGroups');
      const name = group === '' ? resource : `${resource}.${group}`;
      return [name, '[]', shown(texts(rule, 'resourceNames')), shown(texts(rule, 'verbs'))];
    }),
  );
  for (const rule of list(answer, 'status', 'nonResourceRules'))
    rows.push(['', shown(texts(rule, 'nonResourceURLs')), '[]', shown(texts(rule, 'verbs'))]);
  // Whoever may everything is told that first.
  rows.sort((a, b) => Number(b[3] === '[*]') - Number(a[3] === '[*]'));
  const headers = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  await print(ctx, layOutTable(run.cli.bool('no-headers') ? null : headers, rows));
}

const whoami: CobraCommand<Action> = {
  name: 'whoami',
  short: 'Experimental: Check self subject attributes',
  action: async (ctx, run) => {
    const client = await run.client(ctx);
    const answer = await client.request<Fields>(ctx, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
    });
    const rows = [
      ['Username', text(answer, 'status', 'userInfo', 'username')],
      ['Groups', `[${texts(answer, 'status', 'userInfo', 'groups').join(' ')}]`],
    ];
    await print(ctx, layOutTable(['ATTRIBUTE', 'VALUE'], rows));
  },
};

export const authCommand: CobraCommand<Action> = {
  name: 'auth',
  use: 'SUBCOMMAND',
  short: 'Inspect authorization',
  group: 'Troubleshooting and Debugging Commands',
  subcommands: [canI, whoami],
};
