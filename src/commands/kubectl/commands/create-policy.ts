/**
 * @models k8s.io/kubectl pkg/cmd/create create_quota.go create_pdb.go create_priorityclass.go create_ingress.go
 * @fidelity full
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Fields } from '../../../protocols/kube/fields.ts';
import { parseLabelSelector } from '../../../protocols/kube/label-selector.ts';
import { canonicalQuantity, QUANTITY_ERROR } from '../../../protocols/kube/quantity.ts';
import { Failure } from '../failure.ts';
import type { Action } from '../run.ts';
import { COMMON, nameOf, namespaceOf, send } from './create-common.ts';

const within = (name: string, namespace: string | null) => ({ name, ...(namespace === null ? {} : { namespace }) });

const quotaCommand: CobraCommand<Action> = {
  name: 'quota',
  aliases: ['resourcequota'],
  use: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
  short: 'Create a quota with the specified name',
  flags: [
    ...COMMON,
    { name: 'hard', kind: 'string', usage: 'What may be used at most, as resource=amount,resource=amount.' },
    { name: 'scopes', kind: 'string', usage: 'Which objects count.' },
  ],
  action: async (ctx, run) => {
    const name = nameOf(run);
    const hard: Record<string, string> = {};
    for (const word of run.cli
      .string('hard')
      .split(',')
      .filter((one) => one !== '')) {
      const [key = '', value, ...more] = word.split('=');
      if (value === undefined || more.length > 0)
        throw new Failure(`Invalid argument syntax ${word}, expected <resource>=<value>`);
      const amount = canonicalQuantity(value);
      if (amount === null) throw new Failure(QUANTITY_ERROR);
      hard[key] = amount;
    }
    const scopes = run.cli
      .string('scopes')
      .split(',')
      .filter((one) => one !== '');
    const quota: Fields = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: within(name, await namespaceOf(ctx, run)),
      spec: {
        ...(Object.keys(hard).length === 0 ? {} : { hard }),
        ...(scopes.length === 0 ? {} : { scopes }),
      },
      status: {},
    };
    await send(ctx, run, 'resourcequotas', quota, 'quota:');
  },
};

const priorityClassCommand: CobraCommand<Action> = {
  name: 'priorityclass',
  aliases: ['pc'],
  use: 'NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
  short: 'Create a priority class with the specified name',
  flags: [
    ...COMMON,
    { name: 'value', kind: 'int', value: 0, usage: 'How important: pods of higher values go first.' },
    { name: 'global-default', kind: 'bool', usage: 'Whether pods without a class get this one.' },
    { name: 'description', kind: 'string', usage: 'What it is for.' },
    {
      name: 'preemption-policy',
      kind: 'string',
      value: 'PreemptLowerPriority',
      usage: 'PreemptLowerPriority or Never: whether others are evicted for it.',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const description = cli.string('description');
    const item: Fields = {
      apiVersion: 'scheduling.k8s.io/v1',
      ...(description === '' ? {} : { description }),
      ...(cli.bool('global-default') ? { globalDefault: true } : {}),
      kind: 'PriorityClass',
      metadata: { name: nameOf(run) },
      preemptionPolicy: cli.string('preemption-policy'),
      value: cli.number('value'),
    };
    await send(ctx, run, 'priorityclasses', item, 'priorityclass:');
  },
};

const budgetCommand: CobraCommand<Action> = {
  name: 'poddisruptionbudget',
  aliases: ['pdb'],
  use: 'NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
  short: 'Create a pod disruption budget with the specified name',
  flags: [
    ...COMMON,
    { name: 'min-available', kind: 'string', usage: 'How many must stay, as a number or in per cent.' },
    { name: 'max-unavailable', kind: 'string', usage: 'How many may be away, as a number or in per cent.' },
    { name: 'selector', kind: 'string', usage: 'Which pods it is about.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const name = nameOf(run);
    const [least, most, selector] = ['min-available', 'max-unavailable', 'selector'].map((flag) => cli.string(flag));
    if (selector === '') throw new Failure('a selector must be specified');
    if (least === '' && most === '') throw new Failure('one of min-available or max-unavailable must be specified');
    if (least !== '' && most !== '') throw new Failure('min-available and max-unavailable cannot be both specified');
    const parsed = parseLabelSelector(selector ?? '');
    if (!parsed.ok) throw new Failure(parsed.error);
    const equal = parsed.value.filter(({ operator, values }) => operator === 'In' && values.length === 1);
    const others = parsed.value.filter((one) => !equal.includes(one));
    const amount = (text = ''): number | string => (/^\d+$/.test(text) ? Number(text) : text);
    const budget: Fields = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: within(name, await namespaceOf(ctx, run)),
      spec: {
        ...(most === '' ? {} : { maxUnavailable: amount(most) }),
        ...(least === '' ? {} : { minAvailable: amount(least) }),
        selector: {
          ...(others.length === 0 ? {} : { matchExpressions: others }),
          ...(equal.length === 0
            ? {}
            : { matchLabels: Object.fromEntries(equal.map(({ key, values }) => [key, values[0]])) }),
        },
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
    await send(ctx, run, 'poddisruptionbudgets', budget, 'poddisruptionbudgets:');
  },
};

const RULE =
  /^(?:(?<host>[\w*\-.]*))(?<path>\/[\w\-/.]*)?(?<star>\*)?=(?<service>[a-z0-9]([-a-z0-9]*[a-z0-9])?):(?<port>[\w-]+)(?<tls>,tls(?:=(?<secret>[\w\-.]+))?)?$/;

const backendOf = (service: string, port: string): Fields => ({
  service: { name: service, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
});

const ingressCommand: CobraCommand<Action> = {
  name: 'ingress',
  aliases: ['ing'],
  use: 'NAME --rule=host/path=service:port[,tls[=secret]] ',
  short: 'Create an ingress with the specified name',
  flags: [
    ...COMMON,
    { name: 'annotation', kind: 'stringArray', usage: 'A note for the controller, as key=value.' },
    { name: 'class', kind: 'string', usage: 'Which controller is meant.' },
    { name: 'default-backend', kind: 'string', usage: 'Where all the rest goes, as service:port.' },
    {
      name: 'rule',
      kind: 'stringArray',
      usage: 'host/path=service:port[,tls[=secret]]; a path that ends in * is a prefix.',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const name = nameOf(run);
    const [given, fallback, className] = [cli.strings('rule'), cli.string('default-backend'), cli.string('class')];
    if (given.length === 0 && fallback === '')
      throw new Failure(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      );
    const hosts = new Map<string, Fields[]>();
    const secrets = new Map<string, string[]>();
    for (const word of given) {
      const found = RULE.exec(word)?.groups;
      if (found === undefined)
        throw new Failure(`rule ${word} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
      const { host = '', path = '/', star, service = '', port = '', tls, secret = '' } = found;
      const paths = hosts.get(host) ?? [];
      paths.push({ backend: backendOf(service, port), path, pathType: star === undefined ? 'Exact' : 'Prefix' });
      hosts.set(host, paths);
      if (tls !== undefined) secrets.set(secret, [...(secrets.get(secret) ?? []), ...(host === '' ? [] : [host])]);
    }
    const annotations = Object.fromEntries(
      cli.strings('annotation').map((word) => {
        const equals = word.indexOf('=');
        if (equals < 0) throw new Failure(`annotation ${word} is invalid and should be in format key=[value]`);
        return [word.slice(0, equals), word.slice(equals + 1)];
      }),
    );
    const [service = '', port] = fallback.split(':');
    if (fallback !== '' && port === undefined)
      throw new Failure(`default-backend should be in format servicename:serviceport`);
    const ingress: Fields = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
        ...within(name, await namespaceOf(ctx, run)),
      },
      spec: {
        ...(fallback === '' ? {} : { defaultBackend: backendOf(service, port ?? '') }),
        ...(className === '' ? {} : { ingressClassName: className }),
        ...(hosts.size === 0
          ? {}
          : { rules: [...hosts].map(([host, paths]) => ({ ...(host === '' ? {} : { host }), http: { paths } })) }),
        ...(secrets.size === 0
          ? {}
          : {
              tls: [...secrets].map(([secretName, names]) => ({
                ...(names.length === 0 ? {} : { hosts: names }),
                ...(secretName === '' ? {} : { secretName }),
              })),
            }),
      },
      status: { loadBalancer: {} },
    };
    await send(ctx, run, 'ingresses', ingress, 'ingress:');
  },
};

export const policyCommands = { budgetCommand, ingressCommand, priorityClassCommand, quotaCommand };
