import type { CliCommand } from '../../../go/cli-types.ts';
import { ListMetricDescriptorsResponse, MetricDescriptor } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { wrapping } from '../failure.ts';
import { OUTPUT } from '../flags.ts';
import { debug } from '../logger.ts';
import { printList } from '../output.ts';
import { type Action, showHelp } from '../run.ts';
import { listMetricDescriptors } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/metric_descs.go @fidelity full */
export const metricdescsCommand: CliCommand<Action> = {
  name: 'metricdescs',
  usage: 'Show which metrics the CRI offers',
  shortOptions: true,
  flags: [OUTPUT('json|yaml')],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 0) return await showHelp(ctx, run);
    const runtime = await wrapping('get runtime service', () => connectRuntime(ctx, run));
    const format = cli.string('output') === '' ? 'json' : cli.string('output');
    if (format !== 'json' && format !== 'yaml') return await showHelp(ctx, run);
    await wrapping('get metric descriptors', async () => {
      const descriptors = await wrapping('list metric descriptors', () => listMetricDescriptors(ctx, runtime));
      await debug(ctx, run.logger, () => {
        return `MetricDescriptors: [${descriptors.map((item) => toProtoText(MetricDescriptor, item)).join(' ')}]`;
      });
      const response = ListMetricDescriptorsResponse.create({ descriptors });
      await printList(ctx, format, ListMetricDescriptorsResponse, response);
    });
  },
};
