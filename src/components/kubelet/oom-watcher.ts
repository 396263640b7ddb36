/**
 * Tells of processes that the kernel has killed because the whole machine was out of memory.
 * @models kubernetes 1.36 pkg/kubelet/oom/oom_watcher_linux.go, cadvisor utils/oomparser
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { LineReader } from '../../linux/io.ts';
import type { Recorder } from './events.ts';

/** Ends when the kernel's log cannot be read. */
export async function watchForOom(ctx: Context, recorder: Recorder, nodeName: string): Promise<void> {
  const began = BigInt(ctx.sys.uptimeNs()) / 1000n;
  try {
    const lines = new LineReader(await ctx.sys.open(ctx, '/dev/kmsg', { read: true }));
    for (let line = await lines.next(ctx); line !== null; line = await lines.next(ctx)) {
      const match = /^\d+,\d+,(\d+),[^;]*;Out of memory: Killed process (\d+) \((.*?)\) total-vm/.exec(line);
      if (match === null) continue;
      const [, us = '0', pid = '', name = ''] = match;
      // What happened before this kubelet was started was told by the one before.
      if (BigInt(us) < began) continue;
      const text = `System OOM encountered, victim process: ${name}, pid: ${pid}`;
      recorder.node(ctx, nodeName, 'Warning', 'SystemOOM', text);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
