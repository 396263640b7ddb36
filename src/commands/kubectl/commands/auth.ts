/** @models k8s.io/kubectl pkg/cmd/auth cani.go whoami.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, flag, list, object, text, texts } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { Failure } from '../failure.ts';
import { ALL_NAMESPACES, PRINT } from '../flags.ts';
import { objectPrinter } from '../output.ts';
import { ruleRows } from '../rbac-rules.ts';
import type { Action, Run } from '../run.ts';
import { layOutTable } from '../tables.ts';
import { reconcileCommand } from './auth-reconcile.ts';

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
    if (cli.bool('list')) {
      if (cli.args.length > 0) throw new Failure('list option must be specified with no arguments');
      if (cli.bool('quiet') || cli.bool('all-namespaces') || cli.string('subresource') !== '')
        throw new Failure("list option can't be specified with neither quiet, all-namespaces nor subresource options");
      return await listRules(ctx, run);
    }
    const [verb, what] = cli.args;
    if (verb === undefined || what === undefined || cli.args.length > 2)
      throw new Failure(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      );
    const client = await run.client(ctx);
    const namespace = cli.bool('all-namespaces') ? '' : await run.namespace(ctx);
    const [type = '', name = ''] = what.split('/');
    const path = what.startsWith('/') ? what : null;
    if (path !== null && cli.string('subresource') !== '')
      throw new Failure('--subresource can not be used with NonResourceURL');
    if (cli.bool('no-headers')) throw new Failure('--no-headers cannot be set without --list specified');
    const spec =
      path === null
        ? { resourceAttributes: await attributes(ctx, run, verb, type, name, namespace) }
        : { nonResourceAttributes: { path, verb } };
    const answer = await client.request<Fields>(ctx, 'POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, {
      body: { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec },
    });
    const may = flag(answer, 'status', 'allowed');
    const why = text(answer, 'status', 'reason');
    if (!cli.bool('quiet')) await print(ctx, may ? 'yes\n' : `no${why === '' ? '' : ` - ${why}`}\n`);
    if (!may) throw new Failure('', { bare: true });
  },
};

const VERBS = new Set(
  'get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest'.split(
    ' ',
  ),
);
/** Not found by discovery, but there. */
const UNLISTED = new Set(['users', 'groups']);

async function warn(ctx: Context, message: string): Promise<void> {
  await printError(ctx, `Warning: ${message}\n\n`);
}

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
    const [resource = '', ...group] = type.split('.');
    const where = group.length === 0 ? '' : ` in group '${group.join('.')}'`;
    if (!UNLISTED.has(type)) await warn(ctx, `the server doesn't have a resource type '${resource}'${where}`);
    return { verb, namespace, resource: type, ...extra };
  }
  if (!run.cli.bool('all-namespaces')) {
    // Whether it is in namespaces is asked, though it is known.
    const path = known.group === '' ? `/api/${known.version}` : `/apis/${known.group}/${known.version}`;
    await (await run.client(ctx)).request(ctx, 'GET', path, { accept: 'application/json, */*' });
    if (!known.namespaced)
      await warn(
        ctx,
        `resource '${known.resource}' is not namespace scoped${known.group === '' ? '' : ` in group '${known.group}'`}`,
      );
    if (!VERBS.has(verb)) await warn(ctx, `verb '${verb}' is not a known verb`);
  }
  return {
    verb,
    namespace,
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
  const status = answer['status'];
  if (flag(answer, 'status', 'incomplete'))
    await printError(ctx, `Warning: the list may be incomplete: ${text(status, 'evaluationError')}\n\n`);
  const rows = ruleRows([...list(status, 'resourceRules'), ...list(status, 'nonResourceRules')]);
  const headers = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  await print(ctx, layOutTable(run.cli.bool('no-headers') ? null : headers, rows));
}

const whoami: CobraCommand<Action> = {
  name: 'whoami',
  short: 'Experimental: Check self subject attributes',
  flags: [...PRINT],
  action: async (ctx, run) => {
    const client = await run.client(ctx);
    let answer: Fields;
    try {
      answer = await client.request<Fields>(ctx, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
      });
    } catch (error) {
      if (!isStatusError(error, 'Forbidden')) throw error;
      throw new Failure(
        'the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it',
      );
    }
    const printer = await objectPrinter(ctx, run.cli);
    if (printer !== null) return await print(ctx, printer(answer));
    const user = object(answer, 'status', 'userInfo') ?? {};
    const extra = object(user, 'extra') ?? {};
    const rows = [
      ['Username', text(user, 'username')],
      ['UID', text(user, 'uid')],
      ['Groups', texts(user, 'groups').join(' ') === '' ? '' : `[${texts(user, 'groups').join(' ')}]`],
      ...Object.keys(extra)
        .sort()
        .map((key) => [`Extra: ${key}`, `[${texts(extra, key).join(' ')}]`]),
    ].filter(([, value]) => value !== '');
    await print(ctx, layOutTable(['ATTRIBUTE', 'VALUE'], rows));
  },
};

export const authCommand: CobraCommand<Action> = {
  name: 'auth',
  use: 'SUBCOMMAND',
  short: 'Inspect authorization',
  group: 'Troubleshooting and Debugging Commands',
  subcommands: [canI, reconcileCommand, whoami],
};
