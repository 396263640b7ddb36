/** nginx.conf as text becomes a tree of directives. @models nginx 1.27 src/core/ngx_conf_file.c */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
import { globRegex } from '../../common/glob.ts';

export type Directive = { name: string; args: string[]; block: Directive[] | null; file: string; line: number };

/** `[emerg]` at start-up: the text after the level. */
export class ConfigError extends Error {}

const PREFIX = '/etc/nginx';

type Token = { text: string; line: number; quoted: boolean };

function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let i = 0; i < text.length; ) {
    const c = text[i] as string;
    if (c === '\n') line++;
    if (/\s/.test(c)) i++;
    else if (c === '#') while (i < text.length && text[i] !== '\n') i++;
    else if (c === ';' || c === '{' || c === '}') {
      tokens.push({ text: c, line, quoted: false });
      i++;
    } else if (c === '"' || c === "'") {
      let word = '';
      const start = line;
      for (i++; text[i] !== c; i++) {
        if (i >= text.length) throw new ConfigError(`unexpected end of file, expecting ";" or "}" in ${file}:${line}`);
        if (text[i] === '\\' && (text[i + 1] === c || text[i + 1] === '\\')) i++;
        if (text[i] === '\n') line++;
        word += text[i];
      }
      i++;
      tokens.push({ text: word, line: start, quoted: true });
    } else {
      let word = '';
      while (i < text.length && !/[\s;]/.test(text[i] as string) && !(text[i] === '{' && !word.endsWith('$'))) {
        if (text[i] === '\\' && i + 1 < text.length) word += text[i++];
        word += text[i++];
        // ${name} is one word.
        if (word.endsWith('${')) while (i < text.length && text[i - 1] !== '}') word += text[i++];
      }
      tokens.push({ text: word, line, quoted: false });
    }
  }
  tokens.push({ text: '', line, quoted: false });
  return tokens;
}

const RAW_BLOCKS = new Set(['types', 'map', 'geo', 'split_clients']);

function parse(tokens: Token[], file: string): Directive[] {
  let at = 0;
  const block = (nested: boolean, raw: boolean): Directive[] => {
    const directives: Directive[] = [];
    for (;;) {
      const words: string[] = [];
      const first = tokens[at] as Token;
      if (!first.quoted && first.text === '' && at === tokens.length - 1) {
        if (nested) throw new ConfigError(`unexpected end of file, expecting "}" in ${file}:${first.line}`);
        return directives;
      }
      if (!first.quoted && first.text === '}') {
        if (!nested) throw new ConfigError(`unexpected "}" in ${file}:${first.line}`);
        at++;
        return directives;
      }
      for (;;) {
        const token = tokens[at++] as Token;
        if (token.quoted) words.push(token.text);
        else if (token.text === ';' || token.text === '{') {
          const [name, ...args] = words;
          if (name === undefined) throw new ConfigError(`unexpected "${token.text}" in ${file}:${token.line}`);
          const directive: Directive = { name, args, block: null, file, line: token.line };
          if (token.text === '{') directive.block = block(true, RAW_BLOCKS.has(name));
          if (!raw) check(directive);
          directives.push(directive);
          break;
        } else if (token.text === '}') throw new ConfigError(`unexpected "}" in ${file}:${token.line}`);
        else if (at === tokens.length)
          throw new ConfigError(`unexpected end of file, expecting ";" or "}" in ${file}:${token.line}`);
        else words.push(token.text);
      }
    }
  };
  return block(false, false);
}

const BLOCKS = new Set([
  'events',
  'http',
  'server',
  'location',
  'types',
  'map',
  'upstream',
  'if',
  'limit_except',
  'geo',
  'split_clients',
  'stream',
]);
/** Directives that are understood or harmless to leave without effect here. */
const KNOWN = new Set(
  (
    'user worker_processes error_log pid daemon master_process events http server location types include default_type log_format access_log sendfile tcp_nopush tcp_nodelay keepalive_timeout ' +
    'keepalive_requests gzip gzip_types gzip_min_length gzip_vary gzip_proxied gzip_comp_level worker_connections multi_accept use listen server_name root alias index error_page return try_files ' +
    'add_header autoindex expires charset server_tokens client_max_body_size client_body_timeout client_header_timeout send_timeout types_hash_max_size server_names_hash_bucket_size ' +
    'server_names_hash_max_size worker_rlimit_nofile load_module env upstream map if set rewrite deny allow proxy_pass proxy_set_header proxy_http_version proxy_read_timeout proxy_connect_timeout ' +
    'proxy_send_timeout proxy_buffering proxy_redirect resolver stub_status internal etag limit_except default_server log_not_found open_file_cache reset_timedout_connection ' +
    'large_client_header_buffers client_body_buffer_size client_header_buffer_size output_buffers postpone_output merge_slashes absolute_redirect port_in_redirect server_name_in_redirect ' +
    'satisfy auth_basic auth_basic_user_file ssi sub_filter sub_filter_once worker_cpu_affinity worker_shutdown_timeout accept_mutex thread_pool aio directio lock_file timer_resolution pcre_jit ' +
    'map_hash_bucket_size map_hash_max_size variables_hash_max_size keepalive real_ip_header set_real_ip_from stream geo split_clients hash least_conn ip_hash zone mirror'
  ).split(' '),
);

function check(directive: Directive): void {
  const where = `in ${directive.file}:${directive.line}`;
  if (!KNOWN.has(directive.name)) throw new ConfigError(`unknown directive "${directive.name}" ${where}`);
  if (BLOCKS.has(directive.name) && directive.block === null && directive.name !== 'server')
    throw new ConfigError(`directive "${directive.name}" has no opening "{" ${where}`);
  if (!BLOCKS.has(directive.name) && directive.block !== null)
    throw new ConfigError(`directive "${directive.name}" is not terminated by ";" ${where}`);
}

export async function readConfig(ctx: Context, path: string): Promise<Directive[]> {
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error)) throw new ConfigError(`open() "${path}" failed (${error.errno}: ${error.libc})`);
    throw error;
  }
  return expand(ctx, parse(tokenize(text, path), path));
}

/** `-g` directives. */
export function parseGlobal(text: string): Directive[] {
  return parse(tokenize(text, 'command line'), 'command line');
}

/** Replaces include by what it includes. */
async function expand(ctx: Context, directives: readonly Directive[]): Promise<Directive[]> {
  const out: Directive[] = [];
  for (const directive of directives) {
    if (directive.name === 'include') {
      for (const path of await included(ctx, directive)) out.push(...(await readConfig(ctx, path)));
    } else
      out.push(
        directive.block === null || RAW_BLOCKS.has(directive.name)
          ? directive
          : { ...directive, block: await expand(ctx, directive.block) },
      );
  }
  return out;
}

async function included(ctx: Context, directive: Directive): Promise<string[]> {
  const pattern = absolute(directive.args[0] ?? '');
  if (!/[*?[]/.test(pattern)) return [pattern];
  const slash = pattern.lastIndexOf('/');
  const folder = pattern.slice(0, slash);
  const regex = globRegex(pattern.slice(slash + 1));
  try {
    const names = (await ctx.sys.readDirectory(ctx, folder))
      .map((e) => e.name)
      .filter((n) => !n.startsWith('.') && regex.test(n));
    return names.sort().map((n) => `${folder}/${n}`);
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}

export function absolute(path: string): string {
  return path.startsWith('/') ? path : `${PREFIX}/${path}`;
}
