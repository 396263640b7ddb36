/** @models k8s.io/kubectl pkg/cmd/logs logs.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import { resourceNamed, resourcePath } from '../../../protocols/kube/resources.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { Future } from '../../../sim/primitives.ts';
import { Failure, isGoError, usageFailure } from '../failure.ts';
import { SELECTOR } from '../flags.ts';
import { podsOf } from '../pods.ts';
import type { Action, Run } from '../run.ts';
import { containerOf } from '../streaming.ts';

const SELECTOR_TAIL = 10;
const RETRY_NS = 1_000_000_000;

export const logsCommand: CobraCommand<Action> = {
  name: 'logs',
  use: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]',
  short: 'Print the logs for a container in a pod',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    SELECTOR,
    { name: 'all-containers', kind: 'bool', usage: 'The logs of all containers of the pod.' },
    { name: 'all-pods', kind: 'bool', usage: 'The logs of all pods of the object.' },
    { name: 'container', short: 'c', kind: 'string', usage: 'The container whose log is meant' },
    { name: 'follow', short: 'f', kind: 'bool', usage: 'Go on with what is written.' },
    { name: 'ignore-errors', kind: 'bool', usage: 'With -f, go on after errors' },
    { name: 'insecure-skip-tls-verify-backend', kind: 'bool', usage: "Believe any kubelet's certificate" },
    { name: 'limit-bytes', kind: 'int', value: 0, usage: 'At most so many bytes. 0 for no limit.' },
    { name: 'max-log-requests', kind: 'int', value: 5, usage: 'How many logs to follow at once' },
    { name: 'pod-running-timeout', kind: 'duration', value: 20e9, usage: 'How long to wait for a running pod' },
    { name: 'prefix', kind: 'bool', usage: 'Put pod and container in front of each line' },
    { name: 'previous', short: 'p', kind: 'bool', usage: 'The log of the container before the last restart.' },
    { name: 'since', kind: 'duration', value: 0, usage: 'Only what is newer than this: 5s, 2m, 3h.' },
    { name: 'since-time', kind: 'string', usage: 'Only what is newer than this time (RFC3339).' },
    { name: 'tail', kind: 'int', value: -1, usage: 'So many of the last lines; -1 for all, 10 with a selector.' },
    { name: 'timestamps', kind: 'bool', usage: 'Put the time in front of each line' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const selector = cli.string('selector');
    if (cli.args.length === 0 && selector === '')
      throw usageFailure(
        cli.path,
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
      );
    if (cli.args.length > 0 && selector !== '')
      throw usageFailure(cli.path, 'only a selector (-l) or a POD name is allowed');
    if (cli.args.length > 2)
      throw usageFailure(
        cli.path,
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
      );
    if (cli.isSet('since') && cli.isSet('since-time'))
      throw new Failure('at most one of `sinceTime` or `sinceSeconds` may be specified');
    const named = cli.string('container') || (cli.args[1] ?? '');
    const pods = await selectedPods(ctx, run, cli.args[0] ?? '', selector);
    const several = selector !== '' || cli.bool('all-pods');
    const [first, ...more] = pods;
    if (first === undefined) {
      if (selector === '') throw new Failure('timed out waiting for the condition');
      return await printError(ctx, `No resources found in ${await run.namespace(ctx)} namespace.\n`);
    }
    if (!several && more.length > 0) {
      await printError(ctx, `Found ${pods.length} pods, using pod/${text(first, 'metadata', 'name')}\n`);
    }
    const requests: [pod: Fields, container: string][] = [];
    for (const pod of several ? pods : [first]) {
      const containers = cli.bool('all-containers')
        ? ['initContainers', 'containers', 'ephemeralContainers'].flatMap((key) =>
            list(pod, 'spec', key).map((c) => text(c, 'name')),
          )
        : [await containerOf(ctx, pod, named, false)];
      for (const container of containers) requests.push([pod, container]);
    }
    if (!cli.bool('follow') || requests.length === 1) {
      for (const [pod, container] of requests) await printLog(ctx, run, pod, container);
      return;
    }
    const most = cli.number('max-log-requests');
    if (requests.length > most)
      throw new Failure(
        `you are attempting to follow ${requests.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
      );
    await followAll(ctx, run, requests);
  },
};

/** All at once, until the last has ended or the first has failed. */
async function followAll(ctx: Context, run: Run, requests: readonly [Fields, string][]): Promise<void> {
  const over = new Future<{ error: unknown } | null>(ctx.scheduler);
  let left = requests.length;
  for (const [pod, container] of requests)
    ctx.go('logs', async (c) => {
      try {
        await printLog(c, run, pod, container);
        if (--left === 0) over.resolve(null);
      } catch (error) {
        over.resolve({ error });
      }
    });
  const outcome = await over.wait();
  if (outcome !== null) throw outcome.error;
}

async function selectedPods(ctx: Context, run: Run, word: string, labelSelector: string): Promise<readonly Fields[]> {
  const namespace = await run.namespace(ctx);
  if (labelSelector !== '') {
    return list(await (await run.client(ctx)).list<Fields>(ctx, 'pods', namespace, { labelSelector }), 'items');
  }
  try {
    return await podsOf(ctx, run, word);
  } catch (error) {
    if (!isStatusError(error, 'NotFound') || word.includes('/')) throw error;
    throw new Failure(`error from server (NotFound): ${error.message} in namespace "${namespace}"`, { bare: false });
  }
}

async function printLog(ctx: Context, run: Run, pod: Fields, container: string): Promise<void> {
  const { cli } = run;
  const client = await run.client(ctx);
  const [namespace, name] = [text(pod, 'metadata', 'namespace'), text(pod, 'metadata', 'name')];
  const tail = cli.isSet('tail') || cli.string('selector') === '' ? cli.number('tail') : SELECTOR_TAIL;
  const query = {
    ...(container === '' ? {} : { container }),
    ...(cli.bool('follow') ? { follow: 'true' } : {}),
    ...(cli.bool('previous') ? { previous: 'true' } : {}),
    ...(cli.isSet('since') ? { sinceSeconds: Math.ceil(cli.duration('since') / 1e9) } : {}),
    ...(cli.isSet('since-time') ? { sinceTime: cli.string('since-time') } : {}),
    ...(tail >= 0 ? { tailLines: tail } : {}),
    ...(cli.number('limit-bytes') > 0 ? { limitBytes: cli.number('limit-bytes') } : {}),
    ...(cli.bool('timestamps') ? { timestamps: 'true' } : {}),
  };
  const path = resourcePath(resourceNamed('pods'), namespace, name, 'log');
  const prefix = cli.bool('prefix') ? `[pod/${name}/${container}] ` : '';
  const decoder = new TextDecoder();
  // Whole lines: others may be written in between.
  let rest = '';
  const consume = async (): Promise<void> => {
    await client.stream(ctx, path, query, async (c, data) => {
      const lines = (rest + decoder.decode(data, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) await print(c, lines.map((line) => `${prefix}${line}\n`).join(''));
      return undefined;
    });
    if (rest !== '') await print(ctx, prefix + rest);
    rest = '';
  };
  const deadline = ctx.now + cli.duration('pod-running-timeout');
  for (;;) {
    try {
      return await consume();
    } catch (error) {
      if (!isStatusError(error) && !isGoError(error)) throw error;
      if (cli.bool('ignore-errors')) return await print(ctx, `error: ${error.message}\n`);
      if (!cli.bool('follow')) throw error;
      await printError(ctx, `${error.message}\n`);
      // A container that is not there yet may come.
      if (!isStatusError(error)) throw error;
      await ctx.sleep(RETRY_NS);
      if (ctx.now >= deadline) throw new Failure('context deadline exceeded');
    }
  }
}
