/**
 * System V IPC as far as it can be seen from outside: which segments, semaphores and queues a namespace has.
 * @models Linux 6.12 ipc/{shm,sem,msg,util}.c @fidelity partial: nothing is attached, waited for or sent; limits are not checked
 */
import { errno } from './errno.ts';
import type { Process } from './process.ts';
import { capable, shown, type UserNamespace } from './user-namespace.ts';

export type IpcKind = 'shm' | 'sem' | 'msg';

type IpcObject = {
  id: number;
  key: number;
  mode: number;
  /** Bytes of a segment, semaphores of an array. */
  size: number;
  uid: number;
  gid: number;
  creatorPid: number;
  /** Seconds since 1970. */
  ctime: number;
};

const NOTHING: ReadonlyMap<number, IpcObject> = new Map();

export class IpcNamespace {
  readonly type = 'ipc';
  readonly id: number;
  owner: UserNamespace | null = null;
  /** Replaced, never changed in place: hardly any namespace has some. */
  private readonly objects: Record<IpcKind, ReadonlyMap<number, IpcObject>> = {
    shm: NOTHING,
    sem: NOTHING,
    msg: NOTHING,
  };
  private readonly next: Record<IpcKind, number> = { shm: 0, sem: 0, msg: 0 };

  constructor(id: number) {
    this.id = id;
  }

  /** IPC_CREAT | IPC_EXCL; key 0 is IPC_PRIVATE. */
  create(kind: IpcKind, by: Process, key: number, size: number, mode: number): number {
    for (const other of this.objects[kind].values()) if (key !== 0 && other.key === key) throw errno('EEXIST');
    if (kind !== 'msg' && size <= 0) throw errno('EINVAL');
    const id = this.next[kind]++;
    const { euid, egid } = by.credentials;
    const creatorPid = by.pidIn(by.namespaces.pid);
    const ctime = Number(by.kernel.wallTime() / 1_000_000_000n);
    const made = { id, key, mode, size, uid: euid, gid: egid, creatorPid, ctime };
    this.objects[kind] = new Map(this.objects[kind]).set(id, made);
    return id;
  }

  remove(kind: IpcKind, by: Process, id: number): void {
    const object = this.objects[kind].get(id);
    if (object === undefined) throw errno('EINVAL');
    if (by.credentials.euid !== object.uid && !capable(by, 'SYS_ADMIN', this.owner)) throw errno('EPERM');
    this.objects[kind] = new Map([...this.objects[kind]].filter(([other]) => other !== id));
  }

  /** /proc/sysvipc/KIND, as somebody in this user namespace reads it. */
  text(kind: IpcKind, reader: UserNamespace): string {
    const cell = (value: number | string, width: number): string => String(value).padStart(width);
    let out = HEADINGS[kind];
    for (const { id, key, mode, size, uid, gid, creatorPid, ctime } of this.objects[kind].values()) {
      const owner = [shown(reader, 'uid', uid), shown(reader, 'gid', gid)].map((n) => cell(n, 5)).join(' ');
      const head = `${cell(key | 0, 10)} ${cell(id, 10)}  ${cell(mode.toString(8), 4)}`;
      const times = (...all: number[]): string => all.map((n) => cell(n, 10)).join(' ');
      if (kind === 'shm')
        out += `${head} ${cell(size, 21)} ${cell(creatorPid, 5)} ${cell(0, 5)}  ${cell(0, 5)} ${owner} ${owner} ${times(0, 0, ctime)} ${cell(0, 21)} ${cell(0, 21)}\n`;
      else if (kind === 'sem') out += `${head} ${cell(size, 10)} ${owner} ${owner} ${times(0, ctime)}\n`;
      else
        out += `${head}  ${cell(0, 10)} ${cell(0, 10)} ${cell(0, 5)} ${cell(0, 5)} ${owner} ${owner} ${times(0, 0, ctime)}\n`;
    }
    return out;
  }
}

const HEADINGS: Readonly<Record<IpcKind, string>> = {
  shm: '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n',
  sem: '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n',
  msg: '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n',
};
