import type { CliCommand } from '../../../go/cli-types.ts';
import { formatFloat } from '../../../go/floats.ts';
import { compareStrings } from '../../../go/quote.ts';
import { humanSize } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import {
  ContainerStats,
  ContainerStatsFilter,
  ListContainerStatsRequest,
  ListContainerStatsResponse,
} from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { Failure, wrapping } from '../failure.ts';
import { LABEL, OUTPUT, SAMPLE_SECONDS, WATCH } from '../flags.ts';
import { parseLabels } from '../labels.ts';
import { debug } from '../logger.ts';
import { printList } from '../output.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { listContainerStats } from '../runtime-calls.ts';
import { type CriService, connectRuntime } from '../service.ts';
import { CLEAR_SCREEN, table, truncatedId } from '../table.ts';
import { display } from '../watch.ts';

const HEADER = ['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES', 'SWAP'];

/** @models kubernetes-sigs/cri-tools cmd/crictl/container_stats.go @fidelity full */
export const statsCommand: CliCommand<Action> = {
  name: 'stats',
  usage: 'Show what containers use of CPU, memory and disk',
  argsUsage: '[ID]',
  shortOptions: true,
  flags: [
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Not only running containers' },
    { name: 'id', kind: 'string', usage: 'Only the container of this ID' },
    LABEL,
    OUTPUT('json|yaml|table'),
    { name: 'pod', aliases: ['p'], kind: 'string', usage: 'Only containers of the pod of this ID' },
    SAMPLE_SECONDS,
    WATCH,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 1) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    const filter = ContainerStatsFilter.create({
      id: cli.string('id') === '' ? (cli.args[0] ?? '') : cli.string('id'),
      podSandboxId: cli.string('pod'),
      labelSelector: parseLabels(cli.strings('label')),
    });
    await wrapping('get container stats', () => {
      return display(ctx, run, cli.bool('watch'), (c) => show(c, run, runtime, filter));
    });
  },
};

async function show(ctx: Context, run: Run, runtime: CriService, filter: ContainerStatsFilter): Promise<void> {
  const { cli } = run;
  const stats = await sample(ctx, runtime, filter);
  const response = ListContainerStatsResponse.create({ stats });
  if (await printList(ctx, cli.string('output'), ListContainerStatsResponse, response)) return;
  const before = new Map(stats.map((item) => [item.attributes?.id ?? '', item]));
  await ctx.sleep(cli.number('seconds') * 1_000_000_000);
  const rows: string[][] = [HEADER];
  for (const item of await sample(ctx, runtime, filter)) {
    const earlier = before.get(item.attributes?.id ?? '');
    const isIdle = usedCpu(item) === 0n && (item.memory?.workingSetBytes?.value ?? 0n) === 0n;
    if (earlier === undefined || (isIdle && !cli.bool('all'))) continue;
    rows.push(row(item, earlier));
  }
  await print(ctx, CLEAR_SCREEN + table(rows));
}

function row(item: ContainerStats, earlier: ContainerStats): string[] {
  const { attributes, memory, writableLayer, swap } = item;
  const size = (value: bigint | undefined): string => humanSize(Number(value ?? 0n));
  return [
    truncatedId(attributes?.id ?? ''),
    attributes?.metadata?.name ?? '',
    cpuPercent(usedCpu(item), usedCpu(earlier), (item.cpu?.timestamp ?? 0n) - (earlier.cpu?.timestamp ?? 0n)),
    size(memory?.workingSetBytes?.value),
    size(writableLayer?.usedBytes?.value),
    String(writableLayer?.inodesUsed?.value ?? 0n),
    size(swap?.swapUsageBytes?.value),
  ];
}

function usedCpu(item: ContainerStats): bigint {
  return item.cpu?.usageCoreNanoSeconds?.value ?? 0n;
}

/** Of one core; both ends of the sample must carry their own time stamp. */
export function cpuPercent(now: bigint, before: bigint, durationNs: bigint): string {
  if (now === 0n) return '0.00';
  if (durationNs === 0n) throw new Failure('cpu stat is not updated during sample');
  return formatFloat((Number(now - before) / Number(durationNs)) * 100, 'f', 2);
}

async function sample(ctx: Context, runtime: CriService, filter: ContainerStatsFilter): Promise<ContainerStats[]> {
  const request = ListContainerStatsRequest.create({ filter });
  await debug(ctx, runtime.logger, () => {
    return `ListContainerStatsRequest: ${toProtoText(ListContainerStatsRequest, request)}`;
  });
  const stats = await listContainerStats(ctx, runtime, filter);
  await debug(ctx, runtime.logger, () => {
    return `ListContainerResponse: [${stats.map((item) => toProtoText(ContainerStats, item)).join(' ')}]`;
  });
  return stats.sort((a, b) => compareStrings(a.attributes?.id ?? '', b.attributes?.id ?? ''));
}
