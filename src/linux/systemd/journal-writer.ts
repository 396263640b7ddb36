/** Lines of the manager's own in the journal. */
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { mkdirAll, readFile, writeFile } from '../io.ts';
import type { Process } from '../process.ts';
import type { Unit } from './unit.ts';

export const JOURNAL_FILE = 'node.journal.jsonl';
const DIRECTORIES = ['/var/log/journal', '/run/log/journal'];

/** syslog's numbers. */
export const WARNING = 4;
export const NOTICE = 5;
const INFO = 6;

const bootIds = new WeakMap<Process, string>();

/** Which boot this is, as the journal writes it: 32 hexadecimal digits. */
export async function bootId(ctx: Context): Promise<string> {
  const known = bootIds.get(ctx.process);
  if (known !== undefined) return known;
  const id = (await readFile(ctx, '/proc/sys/kernel/random/boot_id').catch(() => '')).trim().replaceAll('-', '');
  bootIds.set(ctx.process, id);
  return id;
}

/** `child` is the name of a process that speaks before it has become the unit's program. */
export async function say(
  ctx: Context,
  unit: Unit | null,
  text: string,
  options: { priority?: number; child?: string } = {},
): Promise<void> {
  const { child } = options;
  const line = JSON.stringify({
    MESSAGE: text,
    PRIORITY: String(options.priority ?? INFO),
    SYSLOG_IDENTIFIER: child ?? 'systemd',
    _PID: child === undefined ? '1' : String(ctx.process.pid),
    ...(unit === null ? {} : { UNIT: unit.name }),
    _SYSTEMD_UNIT: child === undefined || unit === null ? 'init.scope' : unit.name,
    _BOOT_ID: await bootId(ctx),
    __REALTIME_TIMESTAMP: String(ctx.wallTime / 1000n),
  });
  ctx.trace.emit(0, ctx.process.pid, { kind: 'log', source: child ?? 'systemd', text });
  for (const directory of DIRECTORIES) {
    try {
      return await append(ctx, directory, `${line}\n`);
    } catch (error) {
      // Storage=auto: volatile where the disk cannot be written.
      if (!isErrno(error, 'EROFS')) throw error;
    }
  }
}

async function append(ctx: Context, directory: string, line: string): Promise<void> {
  const path = `${directory}/${JOURNAL_FILE}`;
  try {
    await writeFile(ctx, path, line, { append: true });
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await mkdirAll(ctx, directory);
    await writeFile(ctx, path, line, { append: true });
  }
}
