/** @models k8s.io/kubectl pkg/cmd/autoscale autoscale.go @fidelity partial: of autoscaling/v2 only */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { printError } from '../../../linux/io.ts';
import type { Fields } from '../../../protocols/kube/fields.ts';
import { canonicalQuantity, QUANTITY_ERROR } from '../../../protocols/kube/quantity.ts';
import { resourceOfKind } from '../../../protocols/kube/resources.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { apiVersionText } from '../api-resource.ts';
import { dryRunOf, reportDone, writeQuery } from '../dry-run.ts';
import { Failure } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, FILENAME, PRINT } from '../flags.ts';
import { annotated, changeCause, RECORD } from '../record.ts';
import type { Action } from '../run.ts';
import { hasManifests, manifestTargets, selectTargets } from '../select.ts';

/** `70%`, `500m`, or a bare number in thousandths of cores or in MiB. */
function metricOf(name: 'cpu' | 'memory', asked: string): Fields {
  const target = (fields: Fields): Fields => ({ resource: { name, target: fields }, type: 'Resource' });
  if (asked.endsWith('%')) {
    const percent = Number(asked.slice(0, -1));
    if (!Number.isInteger(percent) || asked === '%' || percent < 0)
      throw new Failure(`invalid value for percentage: ${asked.slice(0, -1)}`);
    return target({ averageUtilization: percent, type: 'Utilization' });
  }
  const unit = name === 'cpu' ? 'm' : 'Mi';
  const amount = canonicalQuantity(/^\d+$/.test(asked) ? `${asked}${unit}` : asked);
  if (amount === null) throw new Failure(`invalid resource quantity: ${asked}: ${QUANTITY_ERROR}`);
  return target({ averageValue: amount, type: 'AverageValue' });
}

export const autoscaleCommand: CobraCommand<Action> = {
  name: 'autoscale',
  use: '(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]',
  short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
  group: 'Deploy Commands',
  flags: [
    ...PRINT,
    ...FILENAME,
    DRY_RUN,
    RECORD,
    FIELD_MANAGER('kubectl-autoscale'),
    { name: 'min', kind: 'int', value: -1, usage: 'How few pods there may be; below zero leaves it to the server.' },
    { name: 'max', kind: 'int', value: -1, usage: 'How many pods there may be.', required: true },
    { name: 'cpu', kind: 'string', usage: 'Processor use to aim at: 70% of what is requested, or an amount as 500m.' },
    { name: 'cpu-percent', kind: 'int', value: -1, usage: 'As --cpu, in per cent; deprecated.' },
    { name: 'memory', kind: 'string', usage: 'Memory use to aim at: 60% of what is requested, or an amount as 200Mi.' },
    { name: 'name', kind: 'string', usage: 'Name of the autoscaler; that of its target by default.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [min, max, percent] = [cli.number('min'), cli.number('max'), cli.number('cpu-percent')];
    if (cli.isSet('cpu-percent'))
      await printError(
        ctx,
        "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).\n",
      );
    if (max < 1) throw new Failure(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
    if (max < min)
      throw new Failure(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
    const [cpu, memory] = [cli.string('cpu'), cli.string('memory')];
    if (percent > 0 && cpu !== '') throw new Failure('--cpu-percent and --cpu are mutually exclusive');
    const metrics = [
      ...(percent > 0 ? [metricOf('cpu', `${percent}%`)] : []),
      ...(cpu === '' ? [] : [metricOf('cpu', cpu)]),
      ...(memory === '' ? [] : [metricOf('memory', memory)]),
    ];
    const dryRun = await dryRunOf(ctx, cli);
    const targets = hasManifests(run) ? await manifestTargets(ctx, run) : await selectTargets(ctx, run, cli.args);
    if (targets.length === 0) throw new Failure('no objects passed to autoscale');
    const client = await run.client(ctx);
    for (const { resource, namespace, name } of targets) {
      if (name === null) continue;
      await client.get(ctx, resource, namespace, name);
      const apiVersion = apiVersionText(resource);
      if (resourceOfKind(apiVersion, resource.kind)?.subresources.includes('scale') !== true)
        throw new Failure(
          `cannot autoscale a ${resource.kind}: could not find scale subresource for ${apiVersion}, Resource=${resource.resource} in discovery information`,
        );
      const generated: Fields = {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: {
          name: cli.string('name') || name,
          ...(cli.isSet('namespace') ? { namespace: await run.namespace(ctx) } : {}),
        },
        spec: {
          maxReplicas: max,
          ...(metrics.length === 0 ? {} : { metrics }),
          ...(min > 0 ? { minReplicas: min } : {}),
          scaleTargetRef: { apiVersion, kind: resource.kind, name },
        },
        status: { currentMetrics: null, desiredReplicas: 0 },
      };
      const scaler = annotated(generated, changeCause(cli));
      if (dryRun === 'client') await reportDone(ctx, cli, scaler, 'created', dryRun);
      else {
        const query = writeQuery(dryRun, cli.string('field-manager'));
        const made = await client
          .create<Fields>(ctx, 'horizontalpodautoscalers', namespace, scaler, query)
          .catch((error: unknown) => {
            // It would be tried again in the form of old, which is made of nothing but --cpu.
            if (!isStatusError(error) || cpu !== '') throw error;
            const words =
              'failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1';
            throw new Failure(`${words}: empty input`);
          });
        await reportDone(ctx, cli, made, 'autoscaled', dryRun);
      }
    }
  },
};
