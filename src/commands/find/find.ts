/**
 * @models GNU findutils 4.10 find
 * @fidelity partial: no -fprint family, -ls, -regex variants beyond emacs-like ones, -newerXY; -exec + batches at 128 KiB
 */
import type { Context } from '../../linux/context.ts';
import { Errno, isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { strftime } from '../common/dates.ts';
import { spawnp, waitFor } from '../common/exec.ts';
import { globRegex } from '../common/glob.ts';
import { modeString, parseMode } from '../common/modes.ts';
import { quote } from '../common/quoting.ts';
import { posixRegex } from '../common/regex.ts';
import { Output } from '../common/streams.ts';
import { nameTables, readGroups, readUsers } from '../common/users.ts';
import { interpretEscapes } from '../echo/escapes.ts';
import { confirmText } from '../xargs/ask.ts';

type Item = { path: string; start: string; depth: number; stat: Stat };
type Test = (item: Item) => Promise<boolean>;

class Usage extends Error {}

const TYPES: Record<string, Stat['type']> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  p: 'fifo',
  s: 'socket',
  c: 'char',
  b: 'block',
};
const UNITS: Record<string, number> = { c: 1, w: 2, b: 512, k: 1024, M: 1 << 20, G: 1 << 30 };
const BATCH_BYTES = 131_072;

export const find: Program = {
  name: 'find',
  rssBytes: 2_900_000,
  main: async (ctx, argv) => {
    const name = argv[0] ?? 'find';
    const finder = new Finder(ctx, name, argv.slice(1));
    try {
      return await finder.run();
    } catch (error) {
      if (!(error instanceof Usage)) throw error;
      await printError(ctx, `${name}: ${error.message}\n`);
      return 1;
    }
  },
};

class Finder {
  private readonly ctx: Context;
  private readonly name: string;
  private readonly args: string[];
  private at = 0;
  private readonly out: Output;
  private status = 0;
  private maxDepth = Infinity;
  private minDepth = 0;
  private depthFirst = false;
  private sameDevice = false;
  private follow: 'never' | 'given' | 'always' = 'never';
  private pruned = false;
  private quit = false;
  private hasAction = false;
  private readonly batches: { argv: string[]; paths: string[] }[] = [];
  private readonly now: bigint;
  private tables: Awaited<ReturnType<typeof nameTables>> | null = null;

  constructor(ctx: Context, name: string, args: string[]) {
    this.ctx = ctx;
    this.name = name;
    this.args = args;
    this.out = new Output(ctx);
    this.now = ctx.wallTime;
  }

  async run(): Promise<number> {
    const { args } = this;
    while (args[0] !== undefined && /^-[HLP]$/.test(args[0]))
      this.follow = { P: 'never', H: 'given', L: 'always' }[(args.shift() as string)[1] as 'P' | 'H' | 'L'] as 'never';
    const starts: string[] = [];
    while (args[this.at] !== undefined && !/^-.|^[(!,)]$/.test(args[this.at] as string))
      starts.push(args[this.at++] as string);
    if (args[this.at] === '--help') {
      await this.out.write(
        `Usage: ${this.name} [-H] [-L] [-P] [-Olevel] [-D debugopts] [path...] [expression]\n\nThe default path is the current directory, the default expression -print.\nTests: -name -iname -path -type -size -mtime -mmin -newer -perm -user -group -uid -gid -empty -regex -links -inum -executable -readable -writable\nActions: -print -print0 -printf -exec -execdir -ok -delete -prune -quit\nOptions: -maxdepth -mindepth -depth -xdev\nOperators: ( ) ! -not -a -and -o -or ,\n`,
      );
      await this.out.flush();
      return 0;
    }
    const expression = this.at < args.length ? await this.comma() : async () => true;
    if (this.at < args.length) {
      const extra = args[this.at] as string;
      throw new Usage(
        extra === ')' ? "invalid expression; you have too many ')'" : `paths must precede expression: \`${extra}'`,
      );
    }
    for (const start of starts.length === 0 ? ['.'] : starts) {
      try {
        const stat =
          this.follow === 'never'
            ? await this.ctx.sys.lstat(this.ctx, start)
            : await this.ctx.sys.stat(this.ctx, start);
        await this.visit({ path: start, start, depth: 0, stat }, expression);
      } catch (error) {
        await this.failed(start, error);
      }
      if (this.quit) break;
    }
    for (const batch of this.batches) await this.flushBatch(batch);
    await this.out.flush();
    return this.status;
  }

  private async failed(path: string, error: unknown): Promise<void> {
    if (!isErrno(error)) throw error;
    this.status = 1;
    await this.complain(`${quote(this.ctx, path)}: ${error.libc}`);
  }

  private async complain(text: string): Promise<void> {
    await this.out.flush();
    await printError(this.ctx, `${this.name}: ${text}\n`);
  }

  private async visit(item: Item, expression: Test): Promise<void> {
    const evaluate = async (): Promise<void> => {
      if (item.depth < this.minDepth) return;
      if ((await expression(item)) && !this.hasAction) await this.out.write(`${item.path}\n`);
    };
    this.pruned = false;
    if (!this.depthFirst) await evaluate();
    const descend =
      item.stat.type === 'directory' && item.depth < this.maxDepth && !this.quit && (!this.pruned || this.depthFirst);
    if (descend) {
      try {
        for (const entry of await this.ctx.sys.readDirectory(this.ctx, item.path)) {
          const path = item.path.endsWith('/') ? item.path + entry.name : `${item.path}/${entry.name}`;
          try {
            const stat =
              this.follow === 'always'
                ? await this.ctx.sys.stat(this.ctx, path)
                : await this.ctx.sys.lstat(this.ctx, path);
            if (this.sameDevice && stat.dev !== item.stat.dev) continue;
            await this.visit({ path, start: item.start, depth: item.depth + 1, stat }, expression);
          } catch (error) {
            // Processes come and go in /proc while find walks it.
            await this.failed(path, error);
          }
          if (this.quit) return;
        }
      } catch (error) {
        await this.failed(item.path, error);
      }
    }
    if (this.depthFirst && !this.quit) await evaluate();
  }

  // --- Expression ------------------------------------------------------------------------------------------------

  private async comma(): Promise<Test> {
    let left = await this.or();
    while (this.args[this.at] === ',') {
      this.at++;
      const [a, b] = [left, await this.or()];
      left = async (i) => {
        await a(i);
        return b(i);
      };
    }
    return left;
  }

  private async or(): Promise<Test> {
    let left = await this.and();
    while (this.args[this.at] === '-o' || this.args[this.at] === '-or') {
      this.at++;
      const [a, b] = [left, await this.and()];
      left = async (i) => (await a(i)) || b(i);
    }
    return left;
  }

  private async and(): Promise<Test> {
    let left = await this.not();
    for (;;) {
      const next = this.args[this.at];
      if (next === undefined || next === ')' || next === '-o' || next === '-or' || next === ',') return left;
      if (next === '-a' || next === '-and') this.at++;
      const [a, b] = [left, await this.not()];
      left = async (i) => (await a(i)) && b(i);
    }
  }

  private async not(): Promise<Test> {
    const token = this.args[this.at];
    if (token === '!' || token === '-not') {
      this.at++;
      const inner = await this.not();
      return async (i) => !(await inner(i));
    }
    if (token === '(') {
      this.at++;
      if (this.args[this.at] === ')') throw new Usage('invalid expression; empty parentheses are not allowed.');
      const inner = await this.comma();
      if (this.args[this.at] !== ')')
        throw new Usage("invalid expression; I was expecting to find a ')' somewhere but did not see one.");
      this.at++;
      return inner;
    }
    return this.primary();
  }

  private argument(option: string): string {
    const value = this.args[this.at++];
    if (value === undefined) throw new Usage(`missing argument to \`${option}'`);
    return value;
  }

  /** `+3`, `-3`, `3`. */
  private number(option: string, text: string): (value: number) => boolean {
    const match = /^([+-]?)(\d+(?:\.\d+)?)$/.exec(text);
    if (match === null) throw new Usage(`invalid argument \`${text}' to \`${option}'`);
    const n = Number(match[2]);
    return match[1] === '+' ? (v) => v > n : match[1] === '-' ? (v) => v < n : (v) => v === n;
  }

  private async primary(): Promise<Test> {
    const option = this.args[this.at++];
    if (option === undefined) throw new Usage('expected an expression after the last operator');
    const base = (path: string): string => {
      const trimmed = path.replace(/\/+$/, '');
      return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
    };
    const { ctx } = this;
    switch (option) {
      case '-name':
      case '-iname': {
        const regex = globRegex(this.argument(option), { ignoreCase: option === '-iname' });
        return async (i) => regex.test(base(i.path));
      }
      case '-path':
      case '-wholename':
      case '-ipath': {
        const regex = globRegex(this.argument(option), { ignoreCase: option === '-ipath' });
        return async (i) => regex.test(i.path);
      }
      case '-regex':
      case '-iregex': {
        const regex = posixRegex(`^(${this.argument(option)})$`.replace(/^\^\(/, '^\\(').replace(/\)\$$/, '\\)$'), {
          extended: false,
          ignoreCase: option === '-iregex',
        });
        return async (i) => regex.test(i.path);
      }
      case '-lname': {
        const regex = globRegex(this.argument(option));
        return async (i) => i.stat.type === 'symlink' && regex.test(await ctx.sys.readlink(ctx, i.path));
      }
      case '-type':
      case '-xtype': {
        const types = this.argument(option)
          .split(',')
          .map((letter) => {
            const type = TYPES[letter];
            if (type === undefined)
              throw new Usage(
                letter.length > 1
                  ? "Must separate multiple arguments to -type using: ','"
                  : `Unknown argument to -type: ${letter}`,
              );
            return type;
          });
        return async (i) =>
          types.includes(
            option === '-type'
              ? i.stat.type
              : await ctx.sys.stat(ctx, i.path).then(
                  (s) => s.type,
                  () => i.stat.type,
                ),
          );
      }
      case '-size': {
        const text = this.argument(option);
        const unit = UNITS[text.at(-1) as string];
        const test = this.number(option, unit === undefined ? text : text.slice(0, -1));
        return async (i) => test(Math.ceil(i.stat.size / (unit ?? 512)));
      }
      case '-empty':
        return async (i) =>
          i.stat.type === 'file'
            ? i.stat.size === 0
            : i.stat.type === 'directory' && (await ctx.sys.readDirectory(ctx, i.path)).length === 0;
      case '-mtime':
      case '-atime':
      case '-ctime':
      case '-mmin':
      case '-amin':
      case '-cmin': {
        const test = this.number(option, this.argument(option));
        const key = ({ m: 'mtime', a: 'atime', c: 'ctime' } as const)[option[1] as 'm' | 'a' | 'c'];
        const unit = option.endsWith('min') ? 60e9 : 86_400e9;
        return async (i) => test(Math.floor(Number(this.now - i.stat[key]) / unit));
      }
      case '-newer': {
        const path = this.argument(option);
        const reference = await ctx.sys.stat(ctx, path).catch((error: unknown) => {
          if (error instanceof Errno) throw new Usage(`${quote(ctx, path)}: ${error.libc}`);
          throw error;
        });
        return async (i) => i.stat.mtime > reference.mtime;
      }
      case '-perm': {
        const text = this.argument(option);
        const kind = /^[-/]/.exec(text)?.[0] ?? '';
        const change = parseMode(text.slice(kind.length));
        if (change === null) throw new Usage(`invalid mode ${quote(ctx, text)}`);
        const mode = change(0, false, 0);
        return async (i) =>
          kind === '-'
            ? (i.stat.mode & mode) === mode
            : kind === '/'
              ? mode === 0 || (i.stat.mode & mode) !== 0
              : (i.stat.mode & 0o7777) === mode;
      }
      case '-user':
      case '-uid': {
        const text = this.argument(option);
        const uid =
          (await readUsers(ctx)).find((u) => u.name === text)?.uid ?? (/^\d+$/.test(text) ? Number(text) : null);
        if (uid === null) throw new Usage(`${quote(ctx, text)} is not the name of a known user`);
        return async (i) => i.stat.uid === uid;
      }
      case '-group':
      case '-gid': {
        const text = this.argument(option);
        const gid =
          (await readGroups(ctx)).find((g) => g.name === text)?.gid ?? (/^\d+$/.test(text) ? Number(text) : null);
        if (gid === null) throw new Usage(`${quote(ctx, text)} is not the name of an existing group`);
        return async (i) => i.stat.gid === gid;
      }
      case '-links': {
        const test = this.number(option, this.argument(option));
        return async (i) => test(i.stat.nlink);
      }
      case '-inum': {
        const test = this.number(option, this.argument(option));
        return async (i) => test(i.stat.ino);
      }
      case '-samefile': {
        const reference = await ctx.sys.stat(ctx, this.argument(option));
        return async (i) => i.stat.ino === reference.ino && i.stat.dev === reference.dev;
      }
      case '-readable':
      case '-writable':
      case '-executable': {
        const mode = { '-readable': 4, '-writable': 2, '-executable': 1 }[option];
        return async (i) =>
          ctx.sys.access(ctx, i.path, mode).then(
            () => true,
            () => false,
          );
      }
      case '-true':
        return async () => true;
      case '-false':
        return async () => false;
      case '-maxdepth':
      case '-mindepth': {
        const text = this.argument(option);
        if (!/^\d+$/.test(text))
          throw new Usage(`Expected a positive decimal integer argument to ${option}, but got ${quote(ctx, text)}`);
        if (option === '-maxdepth') this.maxDepth = Number(text);
        else this.minDepth = Number(text);
        return async () => true;
      }
      case '-depth':
      case '-d':
        this.depthFirst = true;
        return async () => true;
      case '-xdev':
      case '-mount':
        this.sameDevice = true;
        return async () => true;
      case '-follow':
        this.follow = 'always';
        return async () => true;
      case '-noleaf':
      case '-ignore_readdir_race':
      case '-warn':
      case '-nowarn':
        return async () => true;
      case '-print':
      case '-print0': {
        this.hasAction = true;
        const end = option === '-print' ? '\n' : '\0';
        return async (i) => {
          await this.out.write(i.path + end);
          return true;
        };
      }
      case '-printf': {
        this.hasAction = true;
        const format = this.argument(option);
        return async (i) => {
          await this.out.write(await this.format(format, i));
          return true;
        };
      }
      case '-ls':
        this.hasAction = true;
        return async (i) => {
          await this.out.write(await this.format('%9i %6k %M %3n %-8u %-8g %8s %Tb %Td %TH:%TM %p\n', i));
          return true;
        };
      case '-prune':
        return async () => {
          this.pruned = true;
          return true;
        };
      case '-quit':
        this.hasAction = true;
        return async () => {
          this.quit = true;
          return true;
        };
      case '-delete':
        this.hasAction = true;
        this.depthFirst = true;
        return async (i) => {
          if (i.path === '.') return true;
          try {
            if (i.stat.type === 'directory') await ctx.sys.rmdir(ctx, i.path);
            else await ctx.sys.unlink(ctx, i.path);
            return true;
          } catch (error) {
            if (!isErrno(error)) throw error;
            this.status = 1;
            await this.complain(`cannot delete ${quote(ctx, i.path)}: ${error.libc}`);
            return false;
          }
        };
      case '-exec':
      case '-execdir':
      case '-ok':
        return this.exec(option);
      default:
        throw new Usage(`unknown predicate \`${option}'`);
    }
  }

  private exec(option: string): Test {
    this.hasAction = true;
    const argv: string[] = [];
    for (;;) {
      const word = this.args[this.at++];
      if (word === undefined) throw new Usage(`missing argument to \`${option}'`);
      if (word === ';') break;
      if (word === '+' && argv.at(-1) === '{}') {
        argv.pop();
        const batch = { argv, paths: [] as string[] };
        this.batches.push(batch);
        return async (i) => {
          batch.paths.push(i.path);
          if (batch.paths.reduce((sum, p) => sum + p.length + 1, 0) > BATCH_BYTES) await this.flushBatch(batch);
          return true;
        };
      }
      argv.push(word);
    }
    if (argv.length === 0) throw new Usage(`missing argument to \`${option}'`);
    return async (i) => {
      const slash = i.path.lastIndexOf('/');
      const inDirectory = option === '-execdir';
      const shown = inDirectory ? `./${i.path.slice(slash + 1)}` : i.path;
      const words = argv.map((w) => w.replaceAll('{}', shown));
      if (option === '-ok' && !(await confirmText(this.ctx, `< ${words[0]} ... ${i.path} > ? `))) return false;
      return this.spawn(words, inDirectory && slash > 0 ? i.path.slice(0, slash) : undefined);
    };
  }

  private async spawn(argv: string[], cwd?: string): Promise<boolean> {
    await this.out.flush();
    const pid = await spawnp(this.ctx, argv, cwd === undefined ? {} : { cwd });
    if (typeof pid !== 'number') {
      await this.complain(`${quote(this.ctx, argv[0] as string)}: ${pid.libc}`);
      return false;
    }
    const status = await waitFor(this.ctx, pid);
    return status.signal === null && status.exitCode === 0;
  }

  private async flushBatch(batch: { argv: string[]; paths: string[] }): Promise<void> {
    if (batch.paths.length === 0) return;
    if (!(await this.spawn([...batch.argv, ...batch.paths.splice(0)]))) this.status = 1;
  }

  private async format(format: string, i: Item): Promise<string> {
    this.tables ??= await nameTables(this.ctx);
    const { tables } = this;
    const { stat } = i;
    const slash = i.path.lastIndexOf('/');
    const link = stat.type === 'symlink' ? await this.ctx.sys.readlink(this.ctx, i.path) : '';
    const letter = { file: 'f', directory: 'd', symlink: 'l', fifo: 'p', socket: 's', char: 'c', block: 'b' }[
      stat.type
    ];
    const values: Record<string, string> = {
      p: i.path,
      f: i.path.slice(slash + 1) || i.path,
      h: slash < 0 ? '.' : i.path.slice(0, slash),
      P: i.path.slice(i.start.length).replace(/^\//, ''),
      H: i.start,
      s: String(stat.size),
      k: String(Math.ceil(stat.blocks / 2)),
      b: String(stat.blocks),
      m: (stat.mode & 0o7777).toString(8),
      M: modeString(stat),
      u: tables.user(stat.uid),
      U: String(stat.uid),
      g: tables.group(stat.gid),
      G: String(stat.gid),
      y: letter,
      Y: letter,
      l: link,
      d: String(i.depth),
      i: String(stat.ino),
      n: String(stat.nlink),
      D: String(stat.dev),
      t: strftime('%a %b %e %H:%M:%S.%N0 %Y', stat.mtime),
      a: strftime('%a %b %e %H:%M:%S.%N0 %Y', stat.atime),
      c: strftime('%a %b %e %H:%M:%S.%N0 %Y', stat.ctime),
      '%': '%',
    };
    const expanded = format.replace(
      /%([-+ 0#]*)(\d*)(?:([TAC])([a-zA-Z@+])|([a-zA-Z%]))/g,
      (
        whole,
        flags: string,
        width: string,
        time: string | undefined,
        field: string | undefined,
        key: string | undefined,
      ) => {
        let text: string;
        if (time !== undefined && field !== undefined) {
          const ns = time === 'T' ? stat.mtime : time === 'A' ? stat.atime : stat.ctime;
          text =
            field === '@'
              ? `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}0`
              : field === '+'
                ? strftime('%Y-%m-%d+%H:%M:%S.%N0', ns)
                : field === 'S'
                  ? `${strftime('%S.%N', ns)}0`
                  : strftime(`%${field}`, ns);
        } else text = values[key ?? ''] ?? whole;
        return flags.includes('-') ? text.padEnd(Number(width || 0)) : text.padStart(Number(width || 0));
      },
    );
    return interpretEscapes(expanded, false).text;
  }
}
