import type { CliCommand } from '../../../go/cli-types.ts';
import { rfc3339Nano, ZERO_TIME_NS } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import {
  ContainerState,
  ContainerStatus,
  ContainerStatusRequest,
  ContainerStatusResponse,
} from '../../../protocols/cri/generated.ts';
import { toProtoJson } from '../../../protocols/protojson.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { ago } from '../age.ts';
import { wrapping } from '../failure.ts';
import { LABEL, OUTPUT, QUIET_STATUS, selectors, TEMPLATE } from '../flags.ts';
import { parseLabels } from '../labels.ts';
import { queryContainers } from '../list-containers.ts';
import { debug, log } from '../logger.ts';
import { goMapText, mapLines, printStatuses, type StatusData } from '../output.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { containerStatus } from '../runtime-calls.ts';
import { type CriService, connectImages, connectRuntime } from '../service.ts';

const { latest, last, state } = selectors('container');

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go containerStatusCommand @fidelity full */
export const inspectCommand: CliCommand<Action> = {
  name: 'inspect',
  usage: 'Show the status of containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Not only running containers' },
    { name: 'image', kind: 'string', usage: 'Only containers of this image' },
    LABEL,
    last,
    latest,
    { name: 'name', kind: 'string', usage: 'Only containers whose name matches this pattern' },
    { name: 'namespace', kind: 'string', usage: "Only containers whose pod's namespace matches this pattern" },
    OUTPUT('json|yaml|go-template|table'),
    { name: 'pod', aliases: ['p'], kind: 'string', usage: 'Only containers of the pod of this ID' },
    QUIET_STATUS,
    state,
    TEMPLATE,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const runtime = await connectRuntime(ctx, run);
    const images = await connectImages(ctx, run);
    let ids = cli.args;
    if (ids.length === 0) ids = await selectedIds(ctx, run, runtime, images);
    if (ids.length === 0) {
      await log(ctx, run.logger, 'error', 'No IDs provided or nothing found per filter');
      return await showHelp(ctx, run);
    }
    await wrapping('get the status of containers', () => printContainerStatuses(ctx, run, runtime, ids));
  },
};

/** Upstream looks its name and namespace flags up under names that no flag has, so they filter nothing. */
async function selectedIds(ctx: Context, run: Run, runtime: CriService, images: CriService): Promise<string[]> {
  const { cli } = run;
  const labels = parseLabels(cli.strings('label'));
  const containers = await wrapping('listing containers', () =>
    queryContainers(ctx, runtime, images, {
      podId: cli.string('pod'),
      image: cli.string('image'),
      state: cli.string('state'),
      latest: cli.bool('latest'),
      last: cli.number('last'),
      all: cli.bool('all'),
      labels,
    }),
  );
  return containers.map(({ id }) => id);
}

async function printContainerStatuses(
  ctx: Context,
  run: Run,
  runtime: CriService,
  ids: readonly string[],
): Promise<void> {
  const { cli, logger } = run;
  const verbose = !cli.bool('quiet');
  const format = cli.string('output') === '' ? 'json' : cli.string('output');
  const statuses: StatusData[] = [];
  for (const id of ids) {
    const request = ContainerStatusRequest.create({ containerId: id, verbose });
    await debug(ctx, logger, () => `ContainerStatusRequest: ${toProtoText(ContainerStatusRequest, request)}`);
    const answer = await wrapping('get container status', () => containerStatus(ctx, runtime, id, verbose));
    await debug(ctx, logger, () => `ContainerStatusResponse: ${toProtoText(ContainerStatusResponse, answer)}`);
    const status = answer.status ?? ContainerStatus.create();
    if (format === 'table') await print(ctx, tableText(ctx, status, verbose ? answer.info : undefined));
    else statuses.push({ status: statusJson(status), info: answer.info });
  }
  await printStatuses(ctx, statuses, format, cli.string('template'));
}

/** Times as RFC 3339, zero for what has not happened. */
function statusJson(status: ContainerStatus): string {
  const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_UNKNOWN } = ContainerState;
  const isStarted = status.state !== CONTAINER_CREATED;
  const isFinished =
    status.state === CONTAINER_EXITED || (status.state === CONTAINER_UNKNOWN && status.finishedAt > 0n);
  const value = JSON.parse(toProtoJson(ContainerStatus, status)) as Record<string, unknown>;
  value.createdAt = rfc3339Nano(status.createdAt);
  value.startedAt = rfc3339Nano(isStarted ? status.startedAt : ZERO_TIME_NS);
  value.finishedAt = rfc3339Nano(isFinished ? status.finishedAt : ZERO_TIME_NS);
  return JSON.stringify(value);
}

function tableText(ctx: Context, status: ContainerStatus, info: Readonly<Record<string, string>> | undefined): string {
  const { metadata, state: current } = status;
  let text = `ID: ${status.id}\n`;
  if (metadata !== undefined && metadata.name !== '') text += `Name: ${metadata.name}\n`;
  if (metadata !== undefined && metadata.attempt !== 0) text += `Attempt: ${metadata.attempt}\n`;
  const name = Object.entries(ContainerState).find(([, value]) => value === current)?.[0];
  text += `State: ${name ?? String(current)}\nCreated: ${ago(ctx, status.createdAt)}\n`;
  if (current !== ContainerState.CONTAINER_CREATED) text += `Started: ${ago(ctx, status.startedAt)}\n`;
  if (current === ContainerState.CONTAINER_EXITED) {
    if (status.finishedAt > 0n) text += `Finished: ${ago(ctx, status.finishedAt)}\n`;
    text += `Exit Code: ${status.exitCode}\n`;
  }
  text += mapLines('Labels', status.labels) + mapLines('Annotations', status.annotations);
  return info === undefined ? text : `${text}Info: ${goMapText(info)}\n`;
}
