/** nerdctl container healthcheck. @models nerdctl v2.3.5 pkg/cmd/container/health_check.go, pkg/healthcheck/executor.go @fidelity full */

import { durationString } from '../../../go/duration.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { readAll } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { Future } from '../../../sim/primitives.ts';
import type { Client } from '../../common/containerd/client.ts';
import { loadTask, PROCESS_TYPE_URL, specOf, startWait, statusName } from '../../common/containerd/container.ts';
import { newStreams } from '../../common/containerd/streams.ts';
import {
  appendResult,
  type HealthCheck,
  type HealthState,
  isChecked,
  nextState,
  shortened,
  withDefaults,
} from '../health.ts';
import { jsonLabel, LABELS } from '../labels.ts';
import { command, fail, newClient, newId, shortId, timestampNs } from '../run.ts';
import { ignoreGone, updateLabels } from '../task.ts';
import { findContainer } from '../walker.ts';

const { methods } = TasksService;
const OUTPUT_MAX = 1 << 20;

export const healthcheckCommand = command({
  name: 'healthcheck',
  use: '[flags] CONTAINER',
  short: 'Run the health check of a container',
  args: { exact: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const container = await findContainer(ctx, client, cli.args[0] ?? '');
    const { status } = await loadTask(ctx, client, container.id);
    if (status !== Status.RUNNING) fail(`container is not running (status: ${statusName(status)})`);
    const label = jsonLabel<HealthCheck>(container.labels, LABELS.healthCheck);
    if (label === null) return fail('container has no health check configured');
    if (label.Test === undefined) fail('health check configuration has no test');
    if (isChecked(label)) await check(ctx, client, container, withDefaults(label));
  },
});

function commandOf([kind = '', ...words]: readonly string[]): string[] {
  if (kind === 'CMD') return words;
  if (kind !== 'CMD-SHELL') return [kind, ...words];
  if ((words[0] ?? '').trim() === '') fail('no health check command specified');
  return ['/bin/sh', '-c', words.join(' ')];
}

async function check(ctx: Context, client: Client, container: Container, config: Required<HealthCheck>): Promise<void> {
  const startNs = ctx.wallTime;
  const { exitCode, output } = await probe(ctx, client, container, commandOf(config.Test), config.Timeout);
  const { labels, id } = container;
  const ageNs = Number(startNs - timestampNs(container.createdAt));
  const state = nextState(jsonLabel<HealthState>(labels, LABELS.healthState), config, exitCode, ageNs);
  await updateLabels(ctx, client, id, { [LABELS.healthState]: JSON.stringify(state) });
  await appendResult(ctx, labels[LABELS.stateDir] ?? '', {
    Start: rfc3339Nano(startNs),
    End: rfc3339Nano(ctx.wallTime),
    ExitCode: exitCode,
    Output: output,
  });
}

async function probe(
  ctx: Context,
  client: Client,
  container: Container,
  args: readonly string[],
  timeoutNs: number,
): Promise<{ exitCode: number; output: string }> {
  const { id } = container;
  const { process } = specOf(container);
  const execId = `health-check-${shortId(newId(ctx))}`;
  const value = new TextEncoder().encode(
    JSON.stringify({ args, env: process?.env ?? [], user: process?.user, cwd: process?.cwd ?? '/' }),
  );
  const [read, write] = await ctx.sys.pipe(ctx);
  const collected = new Future<string>(ctx.scheduler);
  ctx.go('output', async (c) => collected.resolve(utf8(await readAll(c, read))));
  const streams = await newStreams(ctx, execId, false, '', false, { stdout: [write], stderr: [write] });
  try {
    await client.call(ctx, methods.Exec, {
      containerId: id,
      execId,
      ...streams.config,
      spec: { typeUrl: PROCESS_TYPE_URL, value },
    });
    const exit = startWait(ctx, client, id, execId);
    await client.call(ctx, methods.Start, { containerId: id, execId });
    const ended = new Future<number | null>(ctx.scheduler);
    ctx.go('exit', async () => ended.resolve((await exit.wait()).code));
    ctx.go('timeout', async (c) => {
      await c.sleep(timeoutNs);
      ended.resolve(null);
    });
    const code = await ended.wait();
    if (code === null) {
      await client.call(ctx, methods.Kill, { containerId: id, execId, signal: 9 }).catch(ignoreGone);
      await exit.wait();
    }
    await streams.drained();
    await ctx.sys.close(ctx, write);
    const output = shortened(await collected.wait(), OUTPUT_MAX);
    if (code !== null) return { exitCode: code, output };
    const late = `Health check exceeded timeout (${durationString(timeoutNs)})`;
    return { exitCode: -1, output: output === '' ? late : `${late}: ${output}` };
  } finally {
    await client.call(ctx, methods.DeleteProcess, { containerId: id, execId }).catch(ignoreGone);
    await streams.remove(ctx);
  }
}
