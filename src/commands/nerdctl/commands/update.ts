/** nerdctl update. @models nerdctl v2.3.5 cmd/nerdctl/container/container_update.go @fidelity partial: no --blkio-weight */
import type { CobraContext, Pflag } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { ContainersService } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import { loadContainer, loadTask, SPEC_TYPE_URL, specOf } from '../../common/containerd/container.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import type { FullSpec } from '../../common/containerd/spec.ts';
import { checkRestartPolicy } from '../create.ts';
import { LABELS } from '../labels.ts';
import { command, fail, log, newClient } from '../run.ts';
import { ramInBytes, sizeFault } from '../sizes.ts';
import { updateLabels } from '../task.ts';
import { walkContainers } from '../walker.ts';

const text = (name: string, usage: string, short?: string): Pflag => ({
  name,
  kind: 'string',
  value: '',
  usage,
  ...(short === undefined ? {} : { short }),
});

const FLAGS: readonly Pflag[] = [
  { name: 'cpus', kind: 'float64', usage: 'Number of CPUs' },
  { name: 'cpu-period', kind: 'int', value: 0, usage: 'CFS period' },
  { name: 'cpu-quota', kind: 'int64', value: -1, usage: 'CFS quota' },
  { name: 'cpu-shares', kind: 'int', value: 0, usage: 'CPU shares (relative weight)' },
  text('memory', 'Memory limit', 'm'),
  text('memory-reservation', 'Soft memory limit'),
  text('memory-swap', "Limit of memory and swap together, '-1' for none"),
  text('kernel-memory', 'Limit of kernel memory (deprecated)'),
  text('cpuset-cpus', 'CPUs that may be used (0-3, 0,1)'),
  text('cpuset-mems', 'Memory nodes that may be used (0-3, 0,1)'),
  { name: 'pids-limit', kind: 'int64', value: -1, usage: 'Limit of processes (-1 for none)' },
  {
    name: 'restart',
    kind: 'string',
    value: 'no',
    usage: 'What to do when the container ends ("no"|"always"|"on-failure:n"|"unless-stopped")',
  },
];

type Limits = { memory: number; swap: number; reservation: number; period: number; quota: number };

function bytesOf(what: string, value: string): number {
  return ramInBytes(value) ?? fail(`failed to parse ${what} bytes ${quote(value)}: ${sizeFault(value)}`);
}

async function limitsOf(ctx: Context, cli: CobraContext): Promise<Limits> {
  let [period, quota] = [cli.number('cpu-period'), cli.number('cpu-quota')];
  const cpus = cli.number('cpus');
  if ((quota !== -1 || period !== 0) && cpus > 0) fail('cpus and quota/period should be used separately');
  if (cpus > 0) [period, quota] = [100_000, Math.trunc(cpus * 100_000)];
  const memory = cli.string('memory') === '' ? 0 : bytesOf('memory', cli.string('memory'));
  const given = cli.string('memory-swap');
  let swap = memory * 2;
  if (given === '-1') swap = -1;
  else if (given !== '') {
    const bytes = bytesOf('memory-swap', given);
    if (memory > 0 && bytes > 0 && bytes < memory)
      fail('minimum memoryswap limit should be larger than memory limit, see usage');
    if (bytes !== 0) swap = bytes;
  }
  const reserved = cli.string('memory-reservation');
  const reservation = reserved === '' ? 0 : bytesOf('memory', reserved);
  if (memory > 0 && reservation > 0 && memory < reservation)
    fail('minimum memory limit can not be less than memory reservation limit, see usage');
  if (cli.string('kernel-memory') !== '')
    await log(ctx, 'warning', 'The --kernel-memory flag is no longer supported. This flag is a noop.');
  return { memory, swap, reservation, period, quota };
}

export const updateCommand = command({
  name: 'update',
  use: '[flags] CONTAINER [CONTAINER, ...]',
  short: "Change containers' limits while they run",
  flags: FLAGS,
  flagsFirst: true,
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const limits = await limitsOf(ctx, cli);
    await walkContainers(ctx, client, cli.args, ({ id }) => update(ctx, cli, client, id, limits));
  },
});

function desired(status: Status): string {
  return status === Status.STOPPED ? 'stopped' : status === Status.CREATED ? 'created' : 'running';
}

async function update(ctx: Context, cli: CobraContext, client: Client, id: string, limits: Limits): Promise<void> {
  const container = await loadContainer(ctx, client, id);
  const spec = specOf(container) as FullSpec;
  const resources = { ...spec.linux?.resources };
  const cpu = { ...resources.cpu };
  if (cli.isSet('cpu-shares')) cpu.shares = cli.number('cpu-shares');
  if (cli.isSet('cpu-quota')) cpu.quota = limits.quota;
  if (cli.isSet('cpu-period')) cpu.period = limits.period;
  // As in the original, --cpus alone changes nothing but the set of CPUs.
  if (cli.isSet('cpus') || cli.isSet('cpuset-cpus')) cpu.cpus = cli.string('cpuset-cpus');
  if (cli.isSet('cpuset-mems')) cpu.mems = cli.string('cpuset-mems');
  resources.cpu = cpu;
  const memory = { ...resources.memory };
  if (cli.isSet('memory')) Object.assign(memory, { limit: limits.memory, swap: limits.swap });
  if (cli.isSet('memory-reservation')) memory.reservation = limits.reservation;
  if (Object.keys(memory).length > 0) resources.memory = memory;
  if (cli.isSet('pids-limit')) resources.pids = { limit: cli.number('pids-limit') };
  const changed = { ...spec, linux: { ...spec.linux, resources } };
  const encoded = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const store = (value: unknown): Promise<unknown> =>
    client.call(ctx, ContainersService.methods.Update, {
      container: { id, spec: { typeUrl: SPEC_TYPE_URL, value: encoded(value) } },
      updateMask: { paths: ['spec'] },
    });
  await store(changed);
  try {
    const task = await unlessMissing(() => loadTask(ctx, client, id));
    if (cli.isSet('restart') && cli.string('restart') !== '') {
      const policy = cli.string('restart');
      await checkRestartPolicy(ctx, client, policy);
      const { [LABELS.restartStatus]: wanted = desired((task ?? (await loadTask(ctx, client, id))).status) } =
        container.labels;
      await updateLabels(ctx, client, id, { [LABELS.restartPolicy]: policy, [LABELS.restartStatus]: wanted });
    }
    if (task?.status !== Status.RUNNING) return;
    await client.call(ctx, TasksService.methods.Update, {
      containerId: id,
      resources: {
        typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/LinuxResources',
        value: encoded(resources),
      },
    });
  } catch (error) {
    await store(spec);
    throw error;
  }
}
