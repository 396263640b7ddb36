/** The programs that the snapshotter has do the work, and what it makes of their complaints. @models containerd 2.1 plugins/snapshots/devmapper/dmsetup/dmsetup.go @fidelity full */
import type { Context } from '../../../../../linux/context.ts';
import { isErrno } from '../../../../../linux/errno.ts';
import { lookPath, readAll } from '../../../../../linux/io.ts';
import { utf8 } from '../../../../../linux/rope.ts';
import { failure, messageOf } from '../../../shared/errors.ts';

/** Output and complaints together, as exec.Cmd's CombinedOutput. */
export async function combinedOutput(
  ctx: Context,
  name: string,
  words: readonly string[],
): Promise<{ exitCode: number; output: string }> {
  const { sys } = ctx;
  const path = await lookPath(ctx, name);
  if (path === null) throw failure(`exec: "${name}": executable file not found in $PATH`);
  const [from, to] = await sys.pipe(ctx);
  try {
    const pid = await sys.spawn(ctx, path, { argv: [name, ...words], stdio: { 0: 'null', 1: to, 2: to } });
    await sys.close(ctx, to);
    const output = utf8(await readAll(ctx, from));
    const status = await sys.wait(ctx, pid);
    return { exitCode: status?.exitCode ?? 1, output };
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failure(`fork/exec ${path}: ${error.go}`);
  } finally {
    await sys.close(ctx, from);
  }
}

/** What dmsetup says; an error is the kernel's word for it, if dmsetup passed one on. */
export async function dmsetup(ctx: Context, ...words: string[]): Promise<string> {
  const { exitCode, output } = await combinedOutput(ctx, 'dmsetup', words);
  if (exitCode === 0) return output.trim();
  throw failure(kernelWords(output) ?? `dmsetup ${words.join(' ')}\nerror: ${output}\n: exit status ${exitCode}`);
}

const GONE = 'no such device or address';

/** `device-mapper: remove ioctl on x  failed: Device or resource busy` */
function kernelWords(output: string): string | null {
  const [line = '', ...more] = output.split('\n');
  if (more.length === 0) return null;
  if (line.endsWith('not found')) return GONE;
  const at = line.lastIndexOf('failed: ');
  return at < 0 ? null : line.slice(at + 'failed: '.length).toLowerCase();
}

export const isBusy = (error: unknown): boolean => messageOf(error).endsWith('device or resource busy');
export const isGone = (error: unknown): boolean => messageOf(error).endsWith(GONE);
export const hasNoData = (error: unknown): boolean => messageOf(error).endsWith('no data available');

export const devicePath = (name: string): string => `/dev/mapper/${name}`;

const INFO = [
  'info',
  '--columns',
  '--noheadings',
  '-o',
  'name,blkdevname,attr,major,minor,open,segments,events',
  '--separator',
  ' ',
];

export type DeviceInfo = { tableLive: boolean; openCount: number };

export async function deviceInfo(ctx: Context, name: string): Promise<DeviceInfo> {
  const [, , attributes = '', , , open = '0'] = (await dmsetup(ctx, ...INFO, name)).split(' ');
  return { tableLive: attributes.includes('L'), openCount: Number(open) };
}
