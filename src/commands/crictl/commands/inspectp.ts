import type { CliCommand } from '../../../go/cli-types.ts';
import { goTimeString, rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import {
  PodSandboxState,
  PodSandboxStatus,
  PodSandboxStatusRequest,
  PodSandboxStatusResponse,
} from '../../../protocols/cri/generated.ts';
import { toProtoJson } from '../../../protocols/protojson.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { LABEL, OUTPUT, QUIET_STATUS, selectors, TEMPLATE } from '../flags.ts';
import { parseLabels } from '../labels.ts';
import { queryPods } from '../list-pods.ts';
import { debug, log } from '../logger.ts';
import { goMapText, mapLines, printStatuses, type StatusData } from '../output.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { podSandboxStatus } from '../runtime-calls.ts';
import { type CriService, connectRuntime } from '../service.ts';

const { latest, last, state } = selectors('pod');

/** @models kubernetes-sigs/cri-tools cmd/crictl/sandbox.go podStatusCommand @fidelity full */
export const inspectpCommand: CliCommand<Action> = {
  name: 'inspectp',
  usage: 'Show the status of pods',
  argsUsage: 'POD-ID [POD-ID...]',
  shortOptions: true,
  flags: [
    LABEL,
    last,
    latest,
    { name: 'name', kind: 'string', usage: 'Only pods whose name matches this pattern' },
    { name: 'namespace', kind: 'string', usage: 'Only pods whose namespace matches this pattern' },
    OUTPUT('json|yaml|go-template|table'),
    QUIET_STATUS,
    state,
    TEMPLATE,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const runtime = await connectRuntime(ctx, run);
    let ids = cli.args;
    if (ids.length === 0) ids = await selectedIds(ctx, run, runtime);
    if (ids.length === 0) {
      await log(ctx, run.logger, 'error', 'No IDs provided or nothing found per filter');
      return await showHelp(ctx, run);
    }
    await wrapping('get the status of pod sandboxes', () => printPodStatuses(ctx, run, runtime, ids));
  },
};

async function selectedIds(ctx: Context, run: Run, runtime: CriService): Promise<string[]> {
  const { cli } = run;
  const labels = await wrapping('parse label string slice', async () => parseLabels(cli.strings('label')));
  const pods = await wrapping('listing pod sandboxes', () =>
    queryPods(ctx, runtime, {
      name: cli.string('name'),
      namespace: cli.string('namespace'),
      state: cli.string('state'),
      latest: cli.bool('latest'),
      last: cli.number('last'),
      labels,
    }),
  );
  return pods.map(({ id }) => id);
}

async function printPodStatuses(ctx: Context, run: Run, runtime: CriService, ids: readonly string[]): Promise<void> {
  const { cli, logger } = run;
  const verbose = !cli.bool('quiet');
  const format = cli.string('output') === '' ? 'json' : cli.string('output');
  const statuses: StatusData[] = [];
  for (const id of ids) {
    const request = PodSandboxStatusRequest.create({ podSandboxId: id, verbose });
    await debug(ctx, logger, () => `PodSandboxStatusRequest: ${toProtoText(PodSandboxStatusRequest, request)}`);
    const answer = await wrapping('get pod sandbox status', () => podSandboxStatus(ctx, runtime, id, verbose));
    await debug(ctx, logger, () => `PodSandboxStatusResponse: ${toProtoText(PodSandboxStatusResponse, answer)}`);
    const status = answer.status ?? PodSandboxStatus.create();
    if (format === 'table') await print(ctx, tableText(status, verbose ? answer.info : undefined));
    else statuses.push({ status: statusJson(status), info: answer.info });
  }
  await printStatuses(ctx, statuses, format, cli.string('template'));
}

function statusJson(status: PodSandboxStatus): string {
  const value = JSON.parse(toProtoJson(PodSandboxStatus, status)) as Record<string, unknown>;
  value.createdAt = rfc3339Nano(status.createdAt);
  return JSON.stringify(value);
}

function tableText(status: PodSandboxStatus, info: Readonly<Record<string, string>> | undefined): string {
  const { metadata, network } = status;
  let text = `ID: ${status.id}\n`;
  if (metadata !== undefined) {
    if (metadata.name !== '') text += `Name: ${metadata.name}\n`;
    if (metadata.uid !== '') text += `UID: ${metadata.uid}\n`;
    if (metadata.namespace !== '') text += `Namespace: ${metadata.namespace}\n`;
    text += `Attempt: ${metadata.attempt}\n`;
  }
  const name = Object.entries(PodSandboxState).find(([, value]) => value === status.state)?.[0];
  text += `Status: ${name ?? String(status.state)}\nCreated: ${goTimeString(status.createdAt)}\n`;
  if (network !== undefined) {
    text += `IP Addresses: ${network.ip}\n`;
    for (const { ip } of network.additionalIps) text += `Additional IP: ${ip}\n`;
  }
  text += mapLines('Labels', status.labels) + mapLines('Annotations', status.annotations);
  return info === undefined ? text : `${text}Info: ${goMapText(info)}\n`;
}
