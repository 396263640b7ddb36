/** systemctl edit. @models systemd 257 src/systemctl/systemctl-edit.c, src/shared/edit-util.c @fidelity partial: --full, --force, --drop-in, --runtime, --stdin */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, printError, readAll, readFile, writeFile } from '../../linux/io.ts';
import { preferredEditor, runEditor } from '../common/editor.ts';
import { isTerminal } from '../common/streams.ts';

export type EditRequest = {
  unit: string;
  /** The unit file as it is, and what is dropped in to it already. */
  path: string;
  dropIns: readonly string[];
  full: boolean;
  runtime: boolean;
  /** Name of the drop-in, without a folder. */
  dropIn: string;
  stdin: boolean;
};

const START = '### Anything between here and the comment below will become the contents of the drop-in file';
const END = '### Edits below this comment will be discarded';

async function contents(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

/** @returns whether a file was written */
export async function editUnit(ctx: Context, request: EditRequest): Promise<boolean> {
  const { unit } = request;
  const root = request.runtime ? '/run/systemd/system' : '/etc/systemd/system';
  const folder = request.full ? root : `${root}/${unit}.d`;
  const target = request.full ? `${root}/${unit}` : `${folder}/${request.dropIn}`;
  const fail = async (text: string): Promise<false> => {
    await printError(ctx, `${text}\n`);
    return false;
  };
  if (request.stdin) {
    await mkdirAll(ctx, folder);
    await writeFile(ctx, target, await readAll(ctx, 0));
    await printError(ctx, `Successfully installed edited file '${target}'.\n`);
    return true;
  }
  if (!(await isTerminal(ctx, 0)) || !(await isTerminal(ctx, 1)))
    return fail('Cannot edit units interactively if not on a tty.');
  await mkdirAll(ctx, folder);
  const temporary = `${target.replace(/([^/]*)$/, '.#$1')}${ctx.random.hex(16)}`;
  const before = await contents(ctx, target);
  let draft: string;
  if (request.full) draft = before === '' ? await contents(ctx, request.path) : before;
  else {
    const shown: string[] = [];
    for (const path of [request.path, ...request.dropIns])
      if (path !== target && path !== '')
        shown.push(
          `\n\n### ${path}\n${(await contents(ctx, path))
            .replace(/\n$/, '')
            .split('\n')
            .map((line) => `# ${line}`.trimEnd())
            .join('\n')}`,
        );
    draft = `### Editing ${target}\n${START}\n\n${before === '' ? '\n' : before}\n\n${END}\n${shown.join('')}\n`;
  }
  await writeFile(ctx, temporary, draft);
  const preferred = preferredEditor(ctx, ['SYSTEMD_EDITOR', 'EDITOR', 'VISUAL']);
  const candidates = preferred === null ? [['editor'], ['nano'], ['vim'], ['vi']] : [preferred];
  let status: number | null = null;
  for (const editor of candidates) {
    status = await runEditor(ctx, editor, temporary);
    if (status !== null) break;
  }
  if (status !== 0) {
    await ctx.sys.unlink(ctx, temporary);
    await leave(ctx, folder);
    return fail(
      status === null
        ? 'Cannot edit files, no editor available. Please set either $SYSTEMD_EDITOR, $EDITOR or $VISUAL.'
        : `Editor failed with exit status ${status}.`,
    );
  }
  const saved = await readFile(ctx, temporary);
  await ctx.sys.unlink(ctx, temporary);
  const start = saved.indexOf(START);
  const end = saved.indexOf(END);
  const kept = request.full
    ? saved
    : saved.slice(start < 0 ? 0 : start + START.length, end < 0 ? undefined : end).replace(/^\s+|\s+$/g, '');
  if (kept.trim() === '' || (kept.endsWith('\n') ? kept : `${kept}\n`) === before) await leave(ctx, folder);
  if (kept.trim() === '') return fail(`${target}: after editing, new contents are empty, not writing file.`);
  const text = kept.endsWith('\n') ? kept : `${kept}\n`;
  if (text === before) return fail(`${target}: after editing, contents are unchanged, not writing file.`);
  await writeFile(ctx, target, text);
  await printError(ctx, `Successfully installed edited file '${target}'.\n`);
  return true;
}

/** The directory that was made for nothing goes again. */
async function leave(ctx: Context, folder: string): Promise<void> {
  try {
    await ctx.sys.rmdir(ctx, folder);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
