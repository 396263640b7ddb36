/**
 * registries.conf: which registries a short name may mean, aliases, mirrors, what is insecure and what is blocked.
 * @models containers/image 5.38 pkg/sysregistriesv2, pkg/shortnames
 * @fidelity partial: no wildcards, remapped mirrors by digest only or credential helpers
 */
import { parse, TomlError } from 'smol-toml';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile } from '../../../../linux/io.ts';
import { failure } from '../errors.ts';

export const REGISTRIES_CONF = '/etc/containers/registries.conf';
const DROP_INS = '/etc/containers/registries.conf.d';

type Mirror = { location: string; insecure?: boolean };
type Registry = { prefix?: string; location?: string; insecure?: boolean; blocked?: boolean; mirror?: Mirror[] };

type ConfFile = {
  'unqualified-search-registries'?: string[];
  'short-name-mode'?: string;
  registry?: Registry[];
  aliases?: Record<string, string>;
};

export type RegistriesConf = {
  searchRegistries: string[];
  /** The file that names them. */
  searchOrigin: string;
  aliases: Map<string, { value: string; file: string }>;
  registries: Registry[];
};

export async function readRegistriesConf(ctx: Context): Promise<RegistriesConf> {
  const conf: RegistriesConf = {
    searchRegistries: [],
    searchOrigin: REGISTRIES_CONF,
    aliases: new Map(),
    registries: [],
  };
  const files = [REGISTRIES_CONF];
  try {
    const entries = await ctx.sys.readDirectory(ctx, DROP_INS);
    files.push(
      ...entries
        .map((entry) => `${DROP_INS}/${entry.name}`)
        .filter((path) => path.endsWith('.conf'))
        .sort(),
    );
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(ctx, file);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      continue;
    }
    let parsed: ConfFile;
    try {
      parsed = parse(text) as ConfFile;
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      throw failure(
        `loading registries configuration ${quote(file)}: toml: line ${error.line}: ${error.message.split('\n')[0]}`,
      );
    }
    if (parsed['unqualified-search-registries'] !== undefined) {
      conf.searchRegistries = parsed['unqualified-search-registries'];
      conf.searchOrigin = file;
    }
    for (const [name, value] of Object.entries(parsed.aliases ?? {})) conf.aliases.set(name, { value, file });
    conf.registries.push(...(parsed.registry ?? []));
  }
  return conf;
}

export type PullSource = { location: string; insecure: boolean; isMirror: boolean };

/** Where to look for `docker.io/library/busybox`, in the order to try. */
export function pullSources(conf: RegistriesConf, name: string): PullSource[] {
  const matching = conf.registries
    .filter(({ prefix, location }) => {
      const start = prefix ?? location ?? '';
      return start !== '' && (name === start || name.startsWith(`${start}/`));
    })
    .sort((a, b) => (b.prefix ?? b.location ?? '').length - (a.prefix ?? a.location ?? '').length)[0];
  if (matching === undefined) return [{ location: name, insecure: false, isMirror: false }];
  const start = matching.prefix ?? matching.location ?? '';
  if (matching.blocked === true)
    throw failure(`registry ${matching.location ?? start} is blocked in ${REGISTRIES_CONF} or ${DROP_INS}`);
  const rewritten = (location: string): string => `${location}${name.slice(start.length)}`;
  return [
    ...(matching.mirror ?? []).map((mirror) => ({
      location: rewritten(mirror.location),
      insecure: mirror.insecure === true,
      isMirror: true,
    })),
    { location: rewritten(matching.location ?? start), insecure: matching.insecure === true, isMirror: false },
  ];
}
