/**
 * Logs of all containers beside one another: a `nerdctl logs` for each.
 * @models nerdctl v2.3.5 pkg/composer/logs.go
 * @fidelity full
 */
import { isErrno } from '../../../linux/errno.ts';
import { Queue } from '../../../sim/primitives.ts';
import { fail, log, timeText } from '../run.ts';
import { type Composer, nameOf, projectContainers, servicesOf, spawnNerdctl } from './composer.ts';
import { SEPARATOR } from './service-parser.ts';
import { isColored, tagLines } from './tagger.ts';

export type LogsOptions = {
  readonly abortOnContainerExit: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** `all`, a number of lines, or empty: what `nerdctl logs` does of itself. */
  readonly tail: string;
  readonly noColor: boolean;
  readonly noLogPrefix: boolean;
  readonly latestRun: boolean;
};

const INTERRUPT = '';

export async function showLogs(composer: Composer, names: readonly string[], options: LogsOptions): Promise<void> {
  const { ctx, project } = composer;
  const services = servicesOf(composer, names, 'without').map(({ name }) => name);
  const containers = (await projectContainers(composer, services)).map((container) => ({
    id: container.id,
    name: nameOf(container),
    tag: nameOf(container).replace(`${project.name}${SEPARATOR}`, ''),
    startedAt: timeText(container.updatedAt),
  }));
  const width = options.noLogPrefix ? -1 : Math.max(0, ...containers.map(({ tag }) => tag.length)) + 1;
  const colored = await isColored(ctx);
  const events = new Queue<string>(ctx.scheduler);
  const pids: number[] = [];
  for (const { id, name, tag, startedAt } of containers) {
    const args = ['logs'];
    if (options.follow) args.push('-f');
    if (options.timestamps) args.push('-t');
    if (options.tail !== '') args.push('-n', options.tail === 'all' ? '+0' : options.tail);
    if (options.latestRun) args.push(`--since=${startedAt}`);
    const [out, outWrite] = await ctx.sys.pipe(ctx);
    const [err, errWrite] = await ctx.sys.pipe(ctx);
    const { pid } = await spawnNerdctl(composer, [...args, id], { 0: 'null', 1: outWrite, 2: errWrite });
    pids.push(pid);
    for (const fd of [outWrite, errWrite]) await ctx.sys.close(ctx, fd);
    const mark = { text: tag, width, isColored: colored, noColor: options.noColor };
    ctx.go(`out-${name}`, async (c) => {
      await tagLines(c, out, 1, mark);
      events.push(name);
    });
    ctx.go(`err-${name}`, (c) => tagLines(c, err, 2, mark));
  }
  ctx.sys.sigaction(ctx, 'SIGINT', () => events.push(INTERRUPT));
  const ended = new Set<string>();
  let failure: string | null = null;
  while (ended.size < containers.length || containers.length === 0) {
    const name: string | null = await events.take();
    if (name === null || name === INTERRUPT) break;
    if (options.follow) {
      await log(ctx, 'info', `Container "${name}" exited`);
      if (options.abortOnContainerExit) {
        failure = `container "${name}" exited`;
        break;
      }
    }
    ended.add(name);
    if (ended.size === containers.length && options.follow) await log(ctx, 'info', 'All the containers have exited');
  }
  for (const pid of pids) {
    try {
      await ctx.sys.kill(ctx, pid, 'SIGKILL');
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    await ctx.sys.wait(ctx, pid);
  }
  if (failure !== null) fail(failure);
}
