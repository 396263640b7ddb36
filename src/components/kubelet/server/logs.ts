/**
 * Container logs: CRI log files read, filtered and followed.
 * @models kubernetes 1.36 cri-client pkg/logs/logs.go, pkg/kubelet/kubelet_pods.go (GetKubeletContainerLogs)
 * @fidelity partial: a rotated file is not continued in the next one
 */
import { parseRfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { Pod } from '../../../protocols/kube/types.ts';

export type LogOptions = {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: number | null;
  sinceNs: bigint | null;
  limitBytes: number | null;
};

type Query = ReadonlyMap<string, readonly string[]>;

export function logOptionsOf(ctx: Context, query: Query): LogOptions {
  const one = (name: string): string | undefined => query.get(name)?.[0];
  const number = (name: string): number | null => (one(name) === undefined ? null : Number(one(name)));
  const seconds = number('sinceSeconds');
  const since = one('sinceTime') === undefined ? null : parseRfc3339(one('sinceTime') ?? '');
  return {
    follow: one('follow') === 'true',
    previous: one('previous') === 'true',
    timestamps: one('timestamps') === 'true',
    tailLines: number('tailLines'),
    sinceNs: seconds === null ? (since?.ok ? since.ns : null) : ctx.wallTime - BigInt(seconds) * 1_000_000_000n,
    limitBytes: number('limitBytes'),
  };
}

/** The runtime's ID of the container whose log is meant, or why there is none to show. */
export function containerForLogs(pod: Pod, name: string, previous: boolean): { id: string } | { error: string } {
  const { status, metadata } = pod;
  const found = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((one) => one.name === name);
  const where = `container ${JSON.stringify(name)} in pod ${JSON.stringify(metadata.name)}`;
  const last = found?.lastState.terminated?.containerID;
  if (previous) {
    if (last === undefined || last === '') return { error: `previous terminated ${where} not found` };
    return { id: bareId(last) };
  }
  if (found === undefined) return { error: `${where} is not available` };
  const { state, containerID } = found;
  if (state.running !== undefined) return { id: bareId(containerID ?? '') };
  if (state.terminated !== undefined) {
    const own = state.terminated.containerID ?? '';
    if (own !== '') return { id: bareId(own) };
    return last === undefined ? { error: `${where} is terminated` } : { id: bareId(last) };
  }
  if (last !== undefined) return { id: bareId(last) };
  const reason = state.waiting?.reason ?? '';
  const isPull = reason === 'ErrImagePull' || reason === 'ImagePullBackOff' || reason === 'ErrImageNeverPull';
  if (isPull) return { error: `${where} is waiting to start: image can't be pulled` };
  if (reason === 'RunContainerError') return { error: `${where} is waiting to start - no logs yet` };
  return { error: `${where} is waiting to start: ${reason}` };
}

const bareId = (id: string): string => id.slice(id.indexOf('://') + 3);

type Line = { time: string; text: string; partial: boolean };

/** A line of the CRI's format, or of Docker's. */
function parseLine(line: string): Line | null {
  if (line.startsWith('{')) return parseDockerLine(line);
  const [time, stream, tag] = line.split(' ', 3);
  if (time === undefined || stream === undefined || tag === undefined) return null;
  const text = line.slice(time.length + stream.length + tag.length + 3);
  return { time, text, partial: tag.startsWith('P') };
}

function parseDockerLine(line: string): Line | null {
  try {
    const { log = '', time = '' } = JSON.parse(line) as { log?: string; time?: string };
    return { time, text: log.replace(/\n$/, ''), partial: !log.endsWith('\n') };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** `write` answers false once nobody reads. `isRunning` ends a follow. */
export async function writeLog(
  ctx: Context,
  path: string,
  options: LogOptions,
  write: (ctx: Context, data: Uint8Array) => Promise<boolean>,
  isRunning: () => boolean,
): Promise<void> {
  const fd = await ctx.sys.open(ctx, path, { read: true });
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let buffered = '';
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let isLineStart = true;
  const emit = async ({ time, text, partial }: Line): Promise<boolean> => {
    if (options.sinceNs !== null) {
      const parsed = parseRfc3339(time);
      if (parsed.ok && parsed.ns < options.sinceNs) return true;
    }
    const prefix = options.timestamps && isLineStart ? `${time} ` : '';
    isLineStart = !partial;
    const bytes = encoder.encode(`${prefix}${text}${partial ? '' : '\n'}`).subarray(0, left);
    left -= bytes.length;
    return (await write(ctx, bytes)) && left > 0;
  };
  const take = async (): Promise<Line[]> => {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd, 65_536);
      if (bytes.length === 0) break;
      buffered += decoder.decode(bytes, { stream: true });
    }
    const lines = buffered.split('\n');
    buffered = lines.pop() ?? '';
    return lines.map(parseLine).filter((line) => line !== null);
  };
  try {
    let lines = await take();
    if (options.tailLines !== null) lines = options.tailLines === 0 ? [] : lines.slice(-options.tailLines);
    for (const line of lines) if (!(await emit(line))) return;
    while (options.follow) {
      const running = isRunning();
      lines = await take();
      for (const line of lines) if (!(await emit(line))) return;
      if (!running && lines.length === 0) return;
      await ctx.sleep(FOLLOW_NS);
    }
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

/** How often a file that is followed is looked at: upstream is told by inotify. */
const FOLLOW_NS = 100_000_000;

export function isMissing(error: unknown): boolean {
  return isErrno(error, 'ENOENT');
}
