/** Pulling, told line by line. @models docker/cli 20.10 cli/command/image/pull.go, moby pkg/jsonmessage @fidelity partial: on a terminal, lines are not redrawn and bars not shown */
import { base64 } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { exists, getenv, readFile } from '../../linux/io.ts';
import type { DockerClient } from '../../protocols/docker/client.ts';
import type { PullMessage } from '../../protocols/docker/types.ts';
import { InvalidReference, parseReference } from '../../protocols/oci/reference.ts';
import { Failure } from './run.ts';

export function normalized(text: string): { full: string; tag: string; isDefaulted: boolean } {
  try {
    const { domain, path, tag, digest } = parseReference(text);
    const isDefaulted = tag === null && digest === null;
    const what = digest !== null ? `@${digest}` : `:${tag ?? 'latest'}`;
    return { full: `${domain}/${path}${what}`, tag: tag ?? 'latest', isDefaulted };
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    throw new Failure('invalid reference format');
  }
}

/** Only what a terminal would redraw over is left out of pipes. */
const TRANSIENT = new Set(['Downloading', 'Extracting']);

export async function pull(
  ctx: Context,
  client: DockerClient,
  name: string,
  to: number,
  quiet: boolean,
): Promise<void> {
  const { full } = normalized(name);
  const at = full.includes('@') ? full.indexOf('@') : full.lastIndexOf(':');
  const query = { fromImage: full.slice(0, at).replace(/^docker\.io\/(?:library\/)?/, ''), tag: full.slice(at + 1) };
  const auth = await credentials(ctx, full.slice(0, full.indexOf('/')));
  const headers = auth === '' ? [] : ([['X-Registry-Auth', auth]] as const);
  let rest = '';
  let fault: string | null = null;
  const decoder = new TextDecoder();
  await client.stream(ctx, 'POST', '/images/create', { query, headers }, async (c, data) => {
    const lines = (rest + decoder.decode(data, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = JSON.parse(line) as PullMessage;
      if (message.error !== undefined) fault = message.error;
      else if (!quiet && !TRANSIENT.has(message.status ?? ''))
        await c.sys.write(c, to, `${message.id === undefined ? '' : `${message.id}: `}${message.status}\n`);
    }
    return true;
  });
  if (fault !== null) throw new Failure(fault);
}

async function credentials(ctx: Context, domain: string): Promise<string> {
  const path = `${getenv(ctx, 'HOME') ?? '/root'}/.docker/config.json`;
  if (!(await exists(ctx, path))) return '';
  try {
    const { auths = {} } = JSON.parse(await readFile(ctx, path)) as {
      auths?: Record<string, { auth?: string; username?: string; password?: string }>;
    };
    const found = auths[domain] ?? (domain === 'docker.io' ? auths['https://index.docker.io/v1/'] : undefined);
    if (found === undefined) return '';
    let { username = '', password = '' } = found;
    if (found.auth !== undefined) {
      const text = new TextDecoder().decode(decode(found.auth));
      [username = '', password = ''] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
    }
    return base64(new TextEncoder().encode(JSON.stringify({ username, password, serveraddress: domain })));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return '';
  }
}

function decode(text: string): Uint8Array {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const out: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text.replace(/=+$/, '')) {
    value = (value << 6) | Math.max(0, letters.indexOf(letter));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push((value >> bits) & 255);
  }
  return Uint8Array.from(out);
}
