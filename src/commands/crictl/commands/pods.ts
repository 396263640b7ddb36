import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { goTimeString } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { ListPodSandboxResponse, type PodSandbox } from '../../../protocols/cri/generated.ts';
import { ago } from '../age.ts';
import { Failure, wrapping } from '../failure.ts';
import { LABEL, NO_TRUNC, OUTPUT, selectors } from '../flags.ts';
import { parseLabels } from '../labels.ts';
import { podStateText, queryPods, runtimeHandlerText } from '../list-pods.ts';
import { mapLines, printList } from '../output.ts';
import type { Action } from '../run.ts';
import { connectRuntime } from '../service.ts';
import { table, truncatedId } from '../table.ts';

const { latest, last, state } = selectors('pod');
const HEADER = ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'];

/** @models kubernetes-sigs/cri-tools cmd/crictl/sandbox.go listPodCommand @fidelity full */
export const podsCommand: CliCommand<Action> = {
  name: 'pods',
  usage: 'Show pods',
  shortOptions: true,
  flags: [
    { name: 'id', kind: 'string', usage: 'Only the pod of this ID' },
    LABEL,
    last,
    latest,
    { name: 'name', kind: 'string', usage: 'Only pods whose name matches this pattern' },
    { name: 'namespace', kind: 'string', usage: 'Only pods whose namespace matches this pattern' },
    NO_TRUNC,
    { ...OUTPUT('json|yaml|table'), value: 'table' },
    { name: 'quiet', aliases: ['q'], kind: 'bool', usage: 'Print IDs only' },
    state,
    { name: 'verbose', aliases: ['v'], kind: 'bool', usage: 'Print everything known about each pod' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const runtime = await connectRuntime(ctx, run);
    const labels = parseLabels(cli.strings('label'));
    await wrapping('listing pod sandboxes', async () => {
      const items = await wrapping('list pod sandboxes', () =>
        queryPods(ctx, runtime, {
          id: cli.string('id'),
          state: cli.string('state'),
          latest: cli.bool('latest'),
          last: cli.number('last'),
          name: cli.string('name'),
          namespace: cli.string('namespace'),
          labels,
        }),
      );
      const format = cli.string('output');
      if (await printList(ctx, format, ListPodSandboxResponse, ListPodSandboxResponse.create({ items }))) return;
      if (format !== 'table') throw new Failure(`unsupported output format ${quote(format)}`);
      if (cli.bool('quiet')) await print(ctx, items.map(({ id }) => `${id}\n`).join(''));
      else if (cli.bool('verbose')) await print(ctx, items.map(verboseText).join(''));
      else await print(ctx, table([HEADER, ...items.map((pod) => row(ctx, pod, cli.bool('no-trunc')))]));
    });
  },
};

function row(ctx: Context, pod: PodSandbox, isWhole: boolean): string[] {
  return [
    isWhole ? pod.id : truncatedId(pod.id),
    ago(ctx, pod.createdAt),
    podStateText(pod.state),
    pod.metadata?.name ?? '',
    pod.metadata?.namespace ?? '',
    String(pod.metadata?.attempt ?? 0),
    runtimeHandlerText(pod),
  ];
}

function verboseText(pod: PodSandbox): string {
  const { metadata } = pod;
  let text = `ID: ${pod.id}\n`;
  if (metadata !== undefined) {
    if (metadata.name !== '') text += `Name: ${metadata.name}\n`;
    if (metadata.uid !== '') text += `UID: ${metadata.uid}\n`;
    if (metadata.namespace !== '') text += `Namespace: ${metadata.namespace}\n`;
    if (metadata.attempt !== 0) text += `Attempt: ${metadata.attempt}\n`;
  }
  text += `Status: ${podStateText(pod.state)}\nCreated: ${goTimeString(pod.createdAt)}\n`;
  text += mapLines('Labels', pod.labels) + mapLines('Annotations', pod.annotations);
  return `${text}Runtime: ${runtimeHandlerText(pod)}\n\n`;
}
