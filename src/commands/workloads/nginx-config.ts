/** nginx.conf. @models nginx 1.27 src/core/ngx_conf_file.c @fidelity partial: the directives below; others are read and ignored */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { globRegex } from '../common/glob.ts';

export type Directive = { name: string; args: string[]; block: Directive[] | null; file: string; line: number };

export class ConfigError extends Error {}

export async function readConfig(ctx: Context, path: string): Promise<Directive[]> {
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new ConfigError(`open() "${path}" failed (${error.errno}: ${error.libc})`);
  }
  const tokens: { text: string; line: number; quoted: boolean }[] = [];
  let line = 1;
  for (const match of text.matchAll(/#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[{};]|\n|[^\s{};"'#]+(?:\{[^}]*\})?[^\s{};]*/g)) {
    const [whole, double, single] = match;
    if (whole === '\n') line++;
    else if (!whole.startsWith('#')) tokens.push({ text: double ?? single ?? whole, line, quoted: double !== undefined || single !== undefined });
  }
  let at = 0;
  const parse = async (nested: boolean): Promise<Directive[]> => {
    const out: Directive[] = [];
    let words: typeof tokens = [];
    for (;;) {
      const token = tokens[at++];
      if (token === undefined) {
        if (words.length > 0 || nested) throw new ConfigError(`unexpected end of file, expecting ${words.length > 0 ? '";" or "}"' : '"}"'} in ${path}:${line}`);
        return out;
      }
      if (!token.quoted && token.text === '}') {
        if (!nested || words.length > 0) throw new ConfigError(`unexpected "}" in ${path}:${token.line}`);
        return out;
      }
      if (token.quoted || !/^[{;]$/.test(token.text)) {
        words.push(token);
        continue;
      }
      const [first, ...rest] = words;
      if (first === undefined) throw new ConfigError(`unexpected "${token.text}" in ${path}:${token.line}`);
      words = [];
      if (token.text === ';' && first.text === 'include') {
        for (const file of await expandInclude(ctx, rest[0]?.text ?? '', path)) out.push(...(await readConfig(ctx, file)));
        continue;
      }
      out.push({ name: first.text, args: rest.map((w) => w.text), block: token.text === '{' ? await parse(true) : null, file: path, line: first.line });
    }
  };
  return parse(false);
}

async function expandInclude(ctx: Context, pattern: string, from: string): Promise<string[]> {
  const path = pattern.startsWith('/') ? pattern : `${from.slice(0, from.lastIndexOf('/'))}/${pattern}`;
  if (!/[*?[]/.test(path)) return [path];
  const directory = path.slice(0, path.lastIndexOf('/'));
  const regex = globRegex(path.slice(path.lastIndexOf('/') + 1));
  try {
    return (await ctx.sys.readDirectory(ctx, directory)).map((e) => e.name).filter((n) => regex.test(n)).sort().map((n) => `${directory}/${n}`);
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}

const MAIN = new Set('user worker_processes error_log pid events http stream load_module worker_rlimit_nofile daemon env include pcre_jit thread_pool timer_resolution worker_cpu_affinity worker_priority master_process lock_file mail google_perftools_profiles worker_shutdown_timeout'.split(' '));

/** Only what is certain: a directive of the outermost level that nginx does not know. */
export function checkMain(directives: readonly Directive[]): void {
  for (const d of directives) if (!MAIN.has(d.name)) throw new ConfigError(`unknown directive "${d.name}" in ${d.file}:${d.line}`);
}

export function find(directives: readonly Directive[] | null | undefined, name: string): Directive | undefined {
  return directives?.findLast((d) => d.name === name);
}
