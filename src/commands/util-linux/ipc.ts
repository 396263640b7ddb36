/** ipcs, ipcmk and ipcrm. @models util-linux 2.41 sys-utils/{ipcs,ipcmk,ipcrm}.c @fidelity partial: ipcs without limits, times and pids */
import { isErrno } from '../../linux/errno.ts';
import { ipcTable, readIpc } from '../common/ipc.ts';
import { shortCommand } from '../common/short-command.ts';

const VERSION = 'util-linux) 2.41';
const KINDS = { shmems: 'shm', queues: 'msg', semaphores: 'sem' } as const;
const SIZE = /^(\d+)([KMG]?)(?:iB|B)?$/i;

export const ipcs = shortCommand(
  {
    name: 'ipcs',
    version: VERSION,
    usage: ['[resource-option...] [output-option]'],
    about: '\nShow System V IPC facilities.',
    options: {
      'm,shmems': 'shared memory',
      'q,queues': 'message queues',
      's,semaphores': 'semaphores',
      'a,all': 'all (default)',
      't,time': '',
      'p,pid': '',
      'c,creator': '',
      'l,limits': '',
      'u,summary': '',
    },
  },
  async ({ ctx, options, out }) => {
    const wanted = (['queues', 'shmems', 'semaphores'] as const).filter((key) => options.has(key));
    const parts: string[] = [];
    for (const key of wanted.length === 0 ? (['queues', 'shmems', 'semaphores'] as const) : wanted)
      parts.push(await ipcTable(ctx, KINDS[key]));
    await out.write(`\n${parts.join('\n')}\n`);
    return 0;
  },
);

export const ipcmk = shortCommand(
  {
    name: 'ipcmk',
    version: VERSION,
    usage: ['[options]'],
    about: '\nMake System V IPC facilities.',
    options: {
      'M,shmem=SIZE': 'a shared memory segment of SIZE bytes',
      'S,semaphore=NUMBER': 'an array of NUMBER semaphores',
      'Q,queue': 'a message queue',
      'p,mode=MODE': 'permissions (0644)',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const mode = Number.parseInt(options.value('mode') ?? '0644', 8) & 0o777;
    const make = async (kind: 'shm' | 'sem' | 'msg', size: number, words: string): Promise<boolean> => {
      try {
        const key = Number.parseInt(ctx.random.hex(8), 16);
        await out.write(`${words} id: ${await ctx.sys.ipcCreate(ctx, kind, { key, size, mode })}\n`);
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`create ${words.toLowerCase()} failed: ${error.libc}`);
        return false;
      }
    };
    const shmem = options.value('shmem');
    const semaphores = options.value('semaphore');
    if (shmem === undefined && semaphores === undefined && !options.has('queue')) {
      await call.complain("no options given\nTry 'ipcmk --help' for more information.");
      return 1;
    }
    let good = true;
    if (shmem !== undefined) {
      const [, digits, unit = ''] = SIZE.exec(shmem) ?? [];
      if (digits === undefined) {
        await call.complain(`failed to parse size: '${shmem}': Invalid argument`);
        return 1;
      }
      const bytes = Number(digits) * 1024 ** ' KMG'.indexOf(unit.toUpperCase() || ' ');
      good = (await make('shm', bytes, 'Shared memory')) && good;
    }
    if (options.has('queue')) good = (await make('msg', 0, 'Message queue')) && good;
    if (semaphores !== undefined) good = (await make('sem', Number(semaphores), 'Semaphore')) && good;
    return good ? 0 : 1;
  },
);

export const ipcrm = shortCommand(
  {
    name: 'ipcrm',
    version: VERSION,
    usage: ['[options]'],
    about: '\nRemove System V IPC facilities.',
    options: {
      'm,shmem-id=ID': 'the segment with this id',
      'M,shmem-key=KEY': 'the segment with this key',
      'q,queue-id=ID': 'the queue with this id',
      'Q,queue-key=KEY': 'the queue with this key',
      's,semaphore-id=ID': 'the array with this id',
      'S,semaphore-key=KEY': 'the array with this key',
      'a,all[=WHAT]': 'all of them: shm, msg or sem',
    },
  },
  async (call) => {
    const { ctx, options } = call;
    let status = 0;
    const remove = async (kind: 'shm' | 'sem' | 'msg', id: number): Promise<void> => {
      try {
        await ctx.sys.ipcRemove(ctx, kind, id);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(isErrno(error, 'EPERM') ? `permission denied for id (${id})` : `invalid id (${id})`);
        status = 1;
      }
    };
    for (const [kind, name] of [
      ['shm', 'shmem'],
      ['msg', 'queue'],
      ['sem', 'semaphore'],
    ] as const) {
      for (const id of options.values(`${name}-id`)) await remove(kind, Number(id));
      for (const key of options.values(`${name}-key`)) {
        const row = (await readIpc(ctx, kind)).find((one) => one.key === Number(key));
        if (row !== undefined) await remove(kind, row.id);
        else {
          await call.complain(`invalid key (${key})`);
          status = 1;
        }
      }
      const what = options.value('all')?.replace(/^=/, '');
      if (what === '' || what === kind) for (const { id } of await readIpc(ctx, kind)) await remove(kind, id);
    }
    return status;
  },
);
