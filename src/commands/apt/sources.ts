/** Where packages come from: one-line lists and deb822 files. @models apt 3.0 sources.list(5) @fidelity partial: http and https; no pinning, options or source packages */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';

export type Source = { readonly uri: string; readonly suite: string; readonly components: readonly string[] };

/** Each with the place where it stands, for what is wrong with it. */
export async function readSources(ctx: Context): Promise<{ sources: Source[]; problems: string[] }> {
  const sources: Source[] = [];
  const problems: string[] = [];
  const paths = ['/etc/apt/sources.list'];
  const folder = '/etc/apt/sources.list.d';
  try {
    for (const { name } of await ctx.sys.readDirectory(ctx, folder))
      if (/\.(list|sources)$/.test(name)) paths.push(`${folder}/${name}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  for (const path of paths) {
    let text: string;
    try {
      text = await readFile(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
      continue;
    }
    if (path.endsWith('.sources')) sources.push(...deb822(text));
    else oneLines(text, path, sources, problems);
  }
  return { sources, problems };
}

function oneLines(text: string, path: string, sources: Source[], problems: string[]): void {
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim();
    if (words === '') continue;
    const [, kind, , uri = '', suite = '', components = ''] =
      /^(\S+)\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(words) ?? [];
    if (kind === 'deb-src') continue;
    if (kind !== 'deb') {
      problems.push(
        kind === undefined
          ? `Malformed entry ${i + 1} in list file ${path} (Suite)`
          : `Type '${kind}' is not known on line ${i + 1} in source list ${path}`,
      );
      continue;
    }
    sources.push({ uri: uri.replace(/\/$/, ''), suite, components: components.split(/\s+/).filter((c) => c !== '') });
  }
}

function deb822(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string): string[] =>
      (new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(stanza)?.[1] ?? '').split(/\s+/).filter((w) => w !== '');
    if (!field('Types').includes('deb') || field('Enabled')[0]?.toLowerCase() === 'no') return [];
    return field('URIs').flatMap((uri) =>
      field('Suites').map((suite) => ({ uri: uri.replace(/\/$/, ''), suite, components: field('Components') })),
    );
  });
}

/** Where a suite's files are: a suite that ends in a slash is itself the directory. */
export const distsOf = ({ suite }: Source): string =>
  suite.endsWith('/') ? suite.replace(/^\/+/, '') : `dists/${suite}/`;

/** The indices of a source, with the component that each is of; a directory has one and no components. */
export const indicesOf = (source: Source): { component: string; path: string }[] =>
  source.suite.endsWith('/')
    ? [{ component: '', path: `${distsOf(source)}Packages` }]
    : source.components.map((component) => ({
        component,
        path: `${distsOf(source)}${component}/binary-amd64/Packages`,
      }));

/** The name of a list's file: its address without the scheme, slashes as underscores. */
export const listName = (uri: string, path: string): string =>
  `${uri.replace(/^\w+:\/\//, '')}/${path}`.replaceAll('_', '%5f').replaceAll('/', '_');
