/**
 * Objects from files, folders and stdin: YAML of several documents, JSON, lists.
 * @models k8s.io/cli-runtime pkg/resource visitor.go builder.go
 * @fidelity partial: no URLs, no kustomizations
 */
import { marshalJson } from '../../go/json.ts';
import { parseYaml } from '../../go/yaml-in.ts';
import type { Context } from '../../linux/context.ts';
import { exists, readAll, readFile } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import { type Fields, list, text } from '../../protocols/kube/fields.ts';
import { type ErrorCollector, Failure, NotSimulated } from './failure.ts';

export type Manifest = { readonly source: string; readonly object: Fields };

const EXTENSIONS = ['.json', '.yaml', '.yml'];

/**
 * Hands every object to `visit`, file after file. What is wrong with a file ends that file and is told at the end: what
 * stood before it and in the other files has been visited.
 */
export async function visitManifests(
  ctx: Context,
  paths: readonly string[],
  recursive: boolean,
  errors: ErrorCollector,
  visit: (manifest: Manifest) => Promise<void>,
): Promise<void> {
  const visitAll = (source: string, content: string): Promise<void> =>
    errors.attempt(async () => {
      for (const manifest of parse(source, content)) await visit(manifest);
    });
  for (const path of paths) {
    if (path === '-') await visitAll('STDIN', utf8(await readAll(ctx, 0)));
    else if (/^https?:\/\//.test(path)) throw new NotSimulated(`${path}: not simulated: manifests from URLs`);
    else for (const file of await filesOf(ctx, path, recursive)) await visitAll(file, await readFile(ctx, file));
  }
}

async function filesOf(ctx: Context, path: string, recursive: boolean): Promise<string[]> {
  if (!(await exists(ctx, path))) throw new Failure(`the path "${path}" does not exist`);
  if ((await ctx.sys.stat(ctx, path)).type !== 'directory') return [path];
  const files: string[] = [];
  const entries = (await ctx.sys.readDirectory(ctx, path)).map(({ name }) => name).sort();
  for (const name of entries) {
    const inside = `${path.replace(/\/$/, '')}/${name}`;
    if ((await ctx.sys.stat(ctx, inside)).type === 'directory') {
      if (recursive) files.push(...(await filesOf(ctx, inside, true)));
    } else if (EXTENSIONS.some((extension) => name.endsWith(extension))) files.push(inside);
  }
  if (files.length === 0) {
    throw new Failure(`error reading [${path}]: recognized file extensions are [${EXTENSIONS.join(' ')}]`);
  }
  return files;
}

function* parse(source: string, content: string): Generator<Manifest> {
  for (const document of content.split(/^---(?:[ \t].*)?$/m)) {
    if (document.replace(/^\s*#.*$/gm, '').trim() === '') continue;
    const parsed = parseYaml(document);
    if (!parsed.ok) throw new Failure(`error parsing ${source}: error converting YAML to JSON: ${parsed.error}`);
    if (parsed.value === null) continue;
    const object = parsed.value as Fields;
    const isList = text(object, 'kind').endsWith('List') && Array.isArray(object['items']);
    if (isList) for (const item of list(object, 'items')) yield { source, object: item };
    else yield { source, object };
  }
}

/** What validation says before the server is asked; `--validate=false` leaves the decoder's words. */
export function checkHead({ source, object }: Manifest, validate: boolean): void {
  const missing = text(object, 'apiVersion') === '' ? 'apiVersion' : text(object, 'kind') === '' ? 'kind' : '';
  if (missing === '') return;
  if (validate) {
    const hint = 'if you choose to ignore these errors, turn validation off with --validate=false';
    throw new Failure(`error validating "${source}": error validating data: ${missing} not set; ${hint}`);
  }
  const json = marshalJson(object as never, { sortKeys: true });
  throw new Failure(`unable to decode "${source}": Object 'Kind' is missing in '${json}'`);
}
