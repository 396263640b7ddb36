/** @models coreutils 9.7 src/install.c @fidelity partial: -d -m -o -g -D -t -v -T */
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, readFileRope, writeFile } from '../../linux/io.ts';
import { command } from '../common/command.ts';
import { misuse } from '../common/files.ts';
import { parseMode } from '../common/modes.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { readGroups, readUsers } from '../common/users.ts';

export const install = command(
  {
    name: 'install',
    usage: [
      '[OPTION]... [-T] SOURCE DEST',
      '[OPTION]... SOURCE... DIRECTORY',
      '[OPTION]... -t DIRECTORY SOURCE...',
      '[OPTION]... -d DIRECTORY...',
    ],
    about: 'Copy files and set their attributes.',
    options: {
      c: '',
      'C,compare': '',
      'd,directory': 'make directories',
      D: 'make the directories above DEST',
      'g,group=GROUP': 'group',
      'm,mode=MODE': 'mode instead of rwxr-xr-x',
      'o,owner=OWNER': 'owner',
      'p,preserve-timestamps': 'keep the times',
      's,strip': '',
      't,target-directory=DIRECTORY': 'copy into DIRECTORY',
      'T,no-target-directory': 'DEST is a file',
      'v,verbose': 'say what was done',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const text = options.value('mode') ?? '755';
    const mode = parseMode(text);
    if (mode === null) return misuse(call, `invalid mode ${quote(ctx, text)}`);
    const owner = options.value('owner');
    const group = options.value('group');
    const uid =
      owner === undefined ? null : ((await readUsers(ctx)).find((u) => u.name === owner)?.uid ?? Number(owner));
    const gid =
      group === undefined ? null : ((await readGroups(ctx)).find((g) => g.name === group)?.gid ?? Number(group));
    const finish = async (path: string, directory: boolean): Promise<void> => {
      await ctx.sys.chmod(ctx, path, mode(0, directory, 0));
      if (uid === null && gid === null) return;
      const stat = await ctx.sys.stat(ctx, path);
      await ctx.sys.chown(ctx, path, uid ?? stat.uid, gid ?? stat.gid);
    };
    if (operands.length === 0) return misuse(call, 'missing file operand');
    let status = 0;
    if (options.has('directory')) {
      for (const path of operands) {
        await mkdirAll(ctx, path);
        await finish(path, true);
        if (options.has('verbose')) await out.write(`install: creating directory ${quoteAlways(path)}\n`);
      }
      return status;
    }
    const into = options.value('target-directory');
    const sources = into === undefined ? operands.slice(0, -1) : operands;
    const target = into ?? (operands.at(-1) as string);
    if (sources.length === 0)
      return misuse(call, `missing destination file operand after ${quote(ctx, operands[0] ?? '')}`);
    let isDirectory = into !== undefined;
    try {
      isDirectory ||= !options.has('no-target-directory') && (await ctx.sys.stat(ctx, target)).type === 'directory';
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    for (const source of sources) {
      const path = isDirectory ? `${target.replace(/\/$/, '')}/${source.replace(/^.*\//, '')}` : target;
      let at = source;
      try {
        const content = await readFileRope(ctx, source);
        at = path;
        if (options.has('D')) await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')) || '/');
        await ctx.sys.unlink(ctx, path).catch((error: unknown) => {
          if (!isErrno(error)) throw error;
        });
        await writeFile(ctx, path, content);
        await finish(path, false);
        if (options.has('verbose')) await out.write(`${quoteAlways(source)} -> ${quoteAlways(path)}\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(
          at === source
            ? `cannot stat ${quoteAlways(source)}: ${error.libc}`
            : `cannot create regular file ${quoteAlways(path)}: ${error.libc}`,
        );
        status = 1;
      }
    }
    return status;
  },
);
