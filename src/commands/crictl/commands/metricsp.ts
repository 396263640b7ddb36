import type { CliCommand } from '../../../go/cli-types.ts';
import { ListPodSandboxMetricsResponse, PodSandboxMetrics } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { OUTPUT, WATCH } from '../flags.ts';
import { debug } from '../logger.ts';
import { printList } from '../output.ts';
import { type Action, showHelp } from '../run.ts';
import { listPodSandboxMetrics } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';
import { display } from '../watch.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/pod_metrics.go @fidelity full */
export const metricspCommand: CliCommand<Action> = {
  name: 'metricsp',
  usage: 'Show the metrics of pods, meant to take over from the /metrics/cadvisor endpoint of kubelet',
  shortOptions: true,
  flags: [OUTPUT('json|yaml'), WATCH],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 0) return await showHelp(ctx, run);
    const runtime = await wrapping('get runtime service', () => connectRuntime(ctx, run));
    const format = cli.string('output') === '' ? 'json' : cli.string('output');
    if (format !== 'json' && format !== 'yaml') return await showHelp(ctx, run);
    await wrapping('get pod metrics', () =>
      display(ctx, run, cli.bool('watch'), async (c) => {
        const podMetrics = await wrapping('list pod sandbox metrics', () => listPodSandboxMetrics(c, runtime));
        await debug(c, run.logger, () => {
          return `PodMetrics: [${podMetrics.map((item) => toProtoText(PodSandboxMetrics, item)).join(' ')}]`;
        });
        const response = ListPodSandboxMetricsResponse.create({ podMetrics });
        await printList(c, format, ListPodSandboxMetricsResponse, response);
      }),
    );
  },
};
