/**
 * Packages onto the disk and off it again. @models dpkg 1.22 src/main/unpack.c, configure.c, remove.c
 * @fidelity partial: no triggers, diversions or conflicts between files; a changed configuration file is kept without asking
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, mkdirAll, printError, readFile, readFileRope, runCommand, writeFile } from '../../linux/io.ts';
import type { Rope } from '../../linux/rope.ts';
import { readTar } from '../../protocols/oci/tar.ts';
import { fieldOf, filesOf, writeStatus } from './database.ts';

const INFO = '/var/lib/dpkg/info';
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'];
const AR_MAGIC = '!<arch>\n';
const AR_HEADER_BYTES = 60;

export class DebError extends Error {}

export type Deb = { control: string; conffiles: string[]; scripts: Map<string, Rope>; data: Rope };

export function readDeb(rope: Rope, path: string): Deb {
  const text = (start: number, end: number): string => new TextDecoder().decode(rope.slice(start, end).bytes());
  if (text(0, AR_MAGIC.length) !== AR_MAGIC) throw new DebError(`'${path}' is not a Debian format archive`);
  const members = new Map<string, Rope>();
  for (let at = AR_MAGIC.length; at + AR_HEADER_BYTES <= rope.length; ) {
    const head = text(at, at + AR_HEADER_BYTES);
    const size = Number(head.slice(48, 58).trim());
    members.set(
      head.slice(0, 16).trim().replace(/\/$/, ''),
      rope.slice(at + AR_HEADER_BYTES, at + AR_HEADER_BYTES + size),
    );
    at += AR_HEADER_BYTES + size + (size % 2);
  }
  const [control, data] = [members.get('control.tar'), members.get('data.tar')];
  if (control === undefined || data === undefined) throw new DebError(`'${path}' has members that are not simulated`);
  const deb: Deb = { control: '', conffiles: [], scripts: new Map(), data };
  for (const { name, content } of readTar(control)) {
    const short = name.replace(/^\.\//, '');
    if (short === 'control') deb.control = content.toString();
    else if (short === 'conffiles')
      deb.conffiles = content
        .toString()
        .split('\n')
        .filter((line) => line !== '');
    else if (SCRIPTS.includes(short)) deb.scripts.set(short, content);
  }
  return deb;
}

/** `install ok unpacked`, `deinstall ok config-files`… goes behind the first line. */
function paragraph(control: string, status: string, conffiles: readonly string[]): string {
  const [first = '', ...rest] = control.trim().split('\n');
  const extra = conffiles.length === 0 ? '' : `Conffiles:\n${conffiles.map((path) => ` ${path}\n`).join('')}`;
  return `${first}\nStatus: ${status}\n${rest
    .filter((line) => !/^Status:/.test(line))
    .join('\n')
    .replace(/^Description:/m, `${extra}Description:`)}`;
}

/** Takes the files out of the archive: what a program still runs from is replaced, not written over. */
export async function unpack(ctx: Context, deb: Deb): Promise<void> {
  const name = fieldOf(deb.control, 'Package');
  const listed: string[] = ['/.'];
  for (const entry of readTar(deb.data)) {
    const path = `/${entry.name.replace(/^\.?\/?/, '').replace(/\/$/, '')}`;
    if (path === '/') continue;
    listed.push(path);
    if (entry.type === 'directory') {
      await mkdirAll(ctx, path);
      continue;
    }
    if (deb.conffiles.includes(path) && (await exists(ctx, path))) continue;
    await mkdirAll(ctx, path.replace(/\/[^/]*$/, '') || '/');
    await writeFile(ctx, `${path}.dpkg-new`, entry.content, { mode: entry.mode });
    await ctx.sys.chmod(ctx, `${path}.dpkg-new`, entry.mode);
    await ctx.sys.rename(ctx, `${path}.dpkg-new`, path);
  }
  await mkdirAll(ctx, INFO);
  await writeFile(ctx, `${INFO}/${name}.list`, listed.map((line) => `${line}\n`).join(''));
  for (const [script, content] of deb.scripts)
    await writeFile(ctx, `${INFO}/${name}.${script}`, content, { mode: 0o755 });
  if (deb.conffiles.length > 0)
    await writeFile(ctx, `${INFO}/${name}.conffiles`, deb.conffiles.map((c) => `${c}\n`).join(''));
  await writeStatus(ctx, name, paragraph(deb.control, 'install ok unpacked', deb.conffiles));
}

async function runScript(ctx: Context, name: string, script: string, word: string): Promise<number> {
  const path = `${INFO}/${name}.${script}`;
  if (!(await exists(ctx, path))) return 0;
  const { stdout, stderr, status } = await runCommand(ctx, [path, word], { env: ctx.process.env });
  await ctx.sys.write(ctx, 1, stdout);
  await printError(ctx, stderr);
  if (status.exitCode !== 0)
    await printError(
      ctx,
      `dpkg: error processing package ${name} (--configure):\n installed ${name} package ${script === 'postinst' ? 'post-installation' : 'pre-removal'} script subprocess returned error exit status ${status.exitCode}\n`,
    );
  return status.exitCode;
}

export async function configure(ctx: Context, deb: Deb): Promise<boolean> {
  const name = fieldOf(deb.control, 'Package');
  const code = await runScript(ctx, name, 'postinst', 'configure');
  await writeStatus(
    ctx,
    name,
    paragraph(deb.control, code === 0 ? 'install ok installed' : 'install ok half-configured', deb.conffiles),
  );
  return code === 0;
}

/** Configuration files stay unless `purge`. */
export async function remove(ctx: Context, name: string, text: string, purge: boolean): Promise<boolean> {
  if ((await runScript(ctx, name, 'prerm', 'remove')) !== 0) return false;
  const conffiles = (await exists(ctx, `${INFO}/${name}.conffiles`))
    ? (await readFile(ctx, `${INFO}/${name}.conffiles`)).split('\n').filter((line) => line !== '')
    : [...(/^Conffiles:\n((?: .*\n?)*)/m.exec(text)?.[1] ?? '').matchAll(/^ (\S+)/gm)].map((m) => m[1] as string);
  const paths = (await filesOf(ctx, name)) ?? [];
  for (const path of [...paths].sort().reverse()) {
    if (path === '/.' || (conffiles.includes(path) && !purge)) continue;
    try {
      const stat = await ctx.sys.lstat(ctx, path);
      if (stat.type === 'directory') await ctx.sys.rmdir(ctx, path);
      else await ctx.sys.unlink(ctx, path);
    } catch (error) {
      // Others may have something in that directory.
      if (!isErrno(error)) throw error;
    }
  }
  await runScript(ctx, name, 'postrm', purge ? 'purge' : 'remove');
  const kept = purge ? [] : conffiles;
  for (const file of ['list', 'conffiles', ...SCRIPTS]) {
    if (!purge && (file === 'conffiles' || file === 'postrm') && kept.length > 0) continue;
    try {
      await ctx.sys.unlink(ctx, `${INFO}/${name}.${file}`);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
  await writeStatus(
    ctx,
    name,
    kept.length === 0
      ? null
      : paragraph(text.replace(/^Conffiles:\n(?: .*\n)*/m, ''), 'deinstall ok config-files', kept),
  );
  if (kept.length > 0)
    await writeFile(ctx, `${INFO}/${name}.list`, ['/.', ...kept].map((line) => `${line}\n`).join(''));
  return true;
}

export async function readDebFile(ctx: Context, path: string): Promise<Deb> {
  return readDeb(await readFileRope(ctx, path), path);
}
