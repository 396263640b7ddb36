/** /proc/sysvipc as tables. @models util-linux 2.41 sys-utils/ipcutils.c */
import type { Context } from '../../linux/context.ts';
import { readFile } from '../../linux/io.ts';
import { readUsers } from './users.ts';

export type IpcRow = { key: number; id: number; mode: number; size: number; attached: number; owner: string };

const OWNER_COLUMN = { shm: 7, sem: 4, msg: 7 } as const;

export async function readIpc(ctx: Context, kind: 'shm' | 'sem' | 'msg'): Promise<IpcRow[]> {
  const users = await readUsers(ctx).catch(() => []);
  const lines = (await readFile(ctx, `/proc/sysvipc/${kind}`)).trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const cells = line.trim().split(/\s+/);
    const uid = Number(cells[OWNER_COLUMN[kind]]);
    return {
      key: Number(cells[0]) >>> 0,
      id: Number(cells[1]),
      mode: Number.parseInt(cells[2] ?? '0', 8),
      size: Number(cells[3]),
      attached: kind === 'shm' ? Number(cells[6]) : 0,
      owner: users.find((user) => user.uid === uid)?.name ?? String(uid),
    };
  });
}

const HEADINGS = {
  msg: '------ Message Queues --------\nkey        msqid      owner      perms      used-bytes   messages    \n',
  shm: '------ Shared Memory Segments --------\nkey        shmid      owner      perms      bytes      nattch     status      \n',
  sem: '------ Semaphore Arrays --------\nkey        semid      owner      perms      nsems     \n',
} as const;

export async function ipcTable(ctx: Context, kind: 'shm' | 'sem' | 'msg'): Promise<string> {
  let out: string = HEADINGS[kind];
  for (const { key, id, mode, size, attached, owner } of await readIpc(ctx, kind)) {
    const head = `0x${key.toString(16).padStart(8, '0')} ${String(id).padEnd(10)} ${owner.slice(0, 10).padEnd(10)} ${mode.toString(8).padEnd(10)}`;
    if (kind === 'shm')
      out += `${head} ${String(size).padEnd(10)} ${String(attached).padEnd(10)} ${' '.repeat(6)} ${' '.repeat(6)}\n`;
    else if (kind === 'sem') out += `${head} ${String(size).padEnd(10)}\n`;
    else out += `${head} ${'0'.padEnd(12)} ${'0'.padEnd(12)}\n`;
  }
  return out;
}
