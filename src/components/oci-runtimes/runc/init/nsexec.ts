/**
 * `runc init`: the process that becomes the container. A namespace cannot be entered from within, so it takes three:
 * the spawned one, a sibling that joins and makes namespaces, and its sibling that is inside all of them.
 * @models runc libcontainer/nsenter/nsexec.c @fidelity partial: the stages talk over two pipes
 */

import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { getenv, LineReader, writeFile } from '../../../../linux/io.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { mapLines } from '../../shared/idmap.ts';
import { JsonChannel } from '../../shared/json-channel.ts';
import { PROC_NAMES } from '../../shared/namespaces.ts';
import { initContainer } from './init.ts';
import { type Bootstrap, INIT_PIPE, INIT_TYPE, LOG_PIPE, type StagePids } from './messages.ts';

/** Go's runtime starts before main in every program, but nsexec runs ahead of it: 255 is libcontainer's own failure. */
const FAILED = 255;

export async function nsexec(ctx: Context): Promise<number> {
  const { sys } = ctx;
  const initFd = Number(getenv(ctx, INIT_PIPE) ?? '-1');
  sys.setComm(ctx, 'runc:[0:PARENT]');
  const pipe = new JsonChannel<Bootstrap | StagePids>(initFd);
  const bootstrap = (await pipe.receive(ctx)) as Bootstrap | null;
  if (bootstrap === null) return FAILED;
  if (bootstrap.oomScoreAdj !== null) sys.setOomScoreAdj(ctx, bootstrap.oomScoreAdj);
  const [readEnd, writeEnd] = await sys.pipe(ctx);
  const [ackRead, ackWrite] = await sys.pipe(ctx);
  const [goRead, goWrite] = await sys.pipe(ctx);
  const pipes = { readEnd, writeEnd, ackRead, ackWrite, goRead, goWrite };
  const stage1 = await sys.fork(ctx, (child) => bailing(() => stageOne(child, bootstrap, pipes)), {
    cloneParent: true,
    comm: 'runc:[1:CHILD]',
  });
  for (const fd of [writeEnd, ackRead, goRead]) await sys.close(ctx, fd);
  const answers = new LineReader(readEnd);
  let stage2 = await answers.next(ctx);
  if (stage2 === ASKS_FOR_MAPS) {
    // Only from outside can a whole range be mapped.
    await writeMap(ctx, `/proc/${stage1}/uid_map`, bootstrap.uidMap);
    await writeMap(ctx, `/proc/${stage1}/gid_map`, bootstrap.gidMap);
    await sys.write(ctx, ackWrite, '\n');
    stage2 = await answers.next(ctx);
  }
  if (stage2 === null) return 1;
  if (!(await pipe.tell(ctx, { stage1_pid: stage1, stage2_pid: Number(stage2) }))) return 1;
  return await bailing(async () => {
    await sys.write(ctx, goWrite, GO);
    return 0;
  });
}

/** A stage that cannot go on, or whose partner has gone, ends. */
async function bailing(stage: () => Promise<number>): Promise<number> {
  try {
    return await stage();
  } catch (error) {
    if (!isErrno(error)) throw error;
    return 1;
  }
}

const ASKS_FOR_MAPS = 'maps';
/** The last stage goes on once its pid is known: if nobody can say so, it ends as well. */
const GO = '\n';

type Pipes = {
  readEnd: number;
  writeEnd: number;
  ackRead: number;
  ackWrite: number;
  goRead: number;
  goWrite: number;
};

async function writeMap(ctx: Context, path: string, map: Bootstrap['uidMap']): Promise<void> {
  if (map.length === 0) return;
  await writeFile(ctx, path, mapLines(map));
}

/** Inside a user namespace one is nobody until one becomes its root. */
async function becomeRoot(ctx: Context): Promise<void> {
  try {
    await ctx.sys.setgid(ctx, 0);
    await ctx.sys.setuid(ctx, 0);
  } catch (error) {
    if (!isErrno(error)) throw error;
    const msg = `nsexec-1[${ctx.sys.getpid(ctx)}]: failed to become root in user namespace: ${error.libc}`;
    await ctx.sys.write(ctx, Number(getenv(ctx, LOG_PIPE) ?? '2'), `${JSON.stringify({ level: 'fatal', msg })}\n`);
    await ctx.sys.exit(ctx, 1);
  }
}

async function stageOne(ctx: Context, bootstrap: Bootstrap, pipes: Pipes): Promise<number> {
  const { sys } = ctx;
  const { writeEnd } = pipes;
  for (const fd of [pipes.readEnd, pipes.ackWrite, pipes.goWrite]) await sys.close(ctx, fd);
  // All paths are opened first: after joining a mount namespace they would mean something else.
  const joined: number[] = [];
  for (const { path } of bootstrap.join) joined.push(await sys.open(ctx, path, { read: true }));
  for (const [i, fd] of joined.entries()) {
    await sys.setns(ctx, fd);
    await sys.close(ctx, fd);
    if (bootstrap.join[i]?.type === 'NEWUSER') await becomeRoot(ctx);
  }
  if (bootstrap.unshare.includes('NEWUSER')) {
    await sys.unshare(ctx, ['user']);
    await sys.write(ctx, writeEnd, `${ASKS_FOR_MAPS}\n`);
    await sys.read(ctx, pipes.ackRead, 1);
    await becomeRoot(ctx);
  }
  await sys.close(ctx, pipes.ackRead);
  const made = bootstrap.unshare
    .filter((name) => name !== 'NEWCGROUP' && name !== 'NEWUSER')
    .map((name) => PROC_NAMES[name]);
  if (made.includes('net')) await ctx.cpu(LATENCY.runcNetNamespaceNs);
  if (made.length > 0) await sys.unshare(ctx, made);
  const stage2 = await sys.fork(ctx, (child) => bailing(() => stageTwo(child, bootstrap, pipes)), {
    cloneParent: true,
    comm: 'runc:[2:INIT]',
  });
  await sys.write(ctx, writeEnd, `${stage2}\n`);
  return 0;
}

async function stageTwo(ctx: Context, bootstrap: Bootstrap, pipes: Pipes): Promise<number> {
  const { sys } = ctx;
  await sys.close(ctx, pipes.writeEnd);
  if ((await sys.read(ctx, pipes.goRead, 1)).length === 0) return 1;
  await sys.close(ctx, pipes.goRead);
  await sys.setsid(ctx);
  // Only now: the parent has put us into the cgroup that is to be the root of the new view.
  if (bootstrap.unshare.includes('NEWCGROUP')) await sys.unshare(ctx, ['cgroup']);
  return initContainer(ctx, getenv(ctx, INIT_TYPE) === 'setns' ? 'setns' : 'standard');
}
