import type { CliCommand } from '../../../go/cli-types.ts';
import { compareStrings } from '../../../go/quote.ts';
import { humanSize } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import {
  ListPodSandboxStatsResponse,
  PodSandboxStats,
  PodSandboxStatsFilter,
} from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { LABEL, OUTPUT, SAMPLE_SECONDS, WATCH } from '../flags.ts';
import { parseLabels } from '../labels.ts';
import { debug } from '../logger.ts';
import { printList } from '../output.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { listPodSandboxStats } from '../runtime-calls.ts';
import { type CriService, connectRuntime } from '../service.ts';
import { CLEAR_SCREEN, table, truncatedId } from '../table.ts';
import { display } from '../watch.ts';
import { cpuPercent } from './stats.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/pod_stats.go @fidelity full */
export const statspCommand: CliCommand<Action> = {
  name: 'statsp',
  usage: 'Show what pods use, from the numbers behind the /stats/summary endpoint of kubelet',
  argsUsage: '[ID]',
  shortOptions: true,
  flags: [
    { name: 'id', kind: 'string', usage: 'Only the pod of this ID' },
    LABEL,
    OUTPUT('json|yaml|table'),
    SAMPLE_SECONDS,
    WATCH,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 1) return await showHelp(ctx, run);
    const runtime = await wrapping('get runtime service', () => connectRuntime(ctx, run));
    const labelSelector = await wrapping('parse pod labels', async () => parseLabels(cli.strings('label')));
    const id = cli.string('id') === '' ? (cli.args[0] ?? '') : cli.string('id');
    const filter = PodSandboxStatsFilter.create({ id, labelSelector });
    await wrapping('get pod stats', () => {
      return display(ctx, run, cli.bool('watch'), (c) => show(c, run, runtime, filter));
    });
  },
};

async function show(ctx: Context, run: Run, runtime: CriService, filter: PodSandboxStatsFilter): Promise<void> {
  const { cli } = run;
  const stats = await sample(ctx, runtime, filter);
  const response = ListPodSandboxStatsResponse.create({ stats });
  if (await printList(ctx, cli.string('output'), ListPodSandboxStatsResponse, response)) return;
  const before = new Map(stats.map((item) => [item.attributes?.id ?? '', item]));
  await ctx.sleep(cli.number('seconds') * 1_000_000_000);
  const rows: string[][] = [['POD', 'POD ID', 'CPU %', 'MEM']];
  for (const item of await sample(ctx, runtime, filter)) {
    const id = item.attributes?.id ?? '';
    const [now, earlier] = [usage(item), before.get(id)];
    if (earlier === undefined || (now.cpu === 0n && now.memory === 0n)) continue;
    const old = usage(earlier);
    const percent = cpuPercent(now.cpu, old.cpu, now.timestamp - old.timestamp);
    rows.push([item.attributes?.metadata?.name ?? '', truncatedId(id), percent, humanSize(Number(now.memory))]);
  }
  await print(ctx, CLEAR_SCREEN + table(rows));
}

function usage({ linux }: PodSandboxStats): { cpu: bigint; memory: bigint; timestamp: bigint } {
  return {
    cpu: linux?.cpu?.usageCoreNanoSeconds?.value ?? 0n,
    memory: linux?.memory?.workingSetBytes?.value ?? 0n,
    timestamp: linux?.cpu?.timestamp ?? 0n,
  };
}

async function sample(ctx: Context, runtime: CriService, filter: PodSandboxStatsFilter): Promise<PodSandboxStats[]> {
  await debug(ctx, runtime.logger, () => `PodSandboxStatsFilter: ${toProtoText(PodSandboxStatsFilter, filter)}`);
  const stats = await wrapping('list pod sandbox stats', () => listPodSandboxStats(ctx, runtime, filter));
  await debug(ctx, runtime.logger, () => {
    return `Stats: [${stats.map((item) => toProtoText(PodSandboxStats, item)).join(' ')}]`;
  });
  return stats.sort((a, b) => compareStrings(a.attributes?.id ?? '', b.attributes?.id ?? ''));
}
