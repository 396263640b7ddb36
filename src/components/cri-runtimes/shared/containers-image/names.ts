/**
 * What a client calls an image, and which full names that may stand for.
 * @models CRI-O 1.36 internal/storage/image.go CandidatesForPotentiallyShortImageName
 * @fidelity full
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { type ImageReference, InvalidReference, parseReference } from '../../../../protocols/oci/reference.ts';
import { failure } from '../errors.ts';
import type { Logger } from '../log.ts';
import { readRegistriesConf } from './registries-conf.ts';

const SHORT_ID_MIN = 3;

export function parseName(text: string): ImageReference {
  try {
    const parsed = parseReference(text);
    if (parsed.tag !== null && parsed.digest !== null) return { ...parsed, tag: null };
    return parsed.tag === null && parsed.digest === null ? { ...parsed, tag: 'latest' } : parsed;
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    const words = error.message.replace(/^invalid reference format: /, '').replace(/ \([^)]*\)/, '');
    throw failure(`cannot parse input: ${quote(text)}: ${words}`);
  }
}

/** `docker.io/library/busybox` */
export function repositoryOf({ domain, path }: ImageReference): string {
  return `${domain}/${path}`;
}

/** `docker.io/library/busybox:latest` */
export function fullName(reference: ImageReference): string {
  const { tag, digest } = reference;
  return `${repositoryOf(reference)}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

/** reference.FamiliarString: without what docker.io takes for granted. */
export function familiarName(reference: ImageReference): string {
  return fullName(reference).replace(/^docker\.io\/(?:library\/)?/, '');
}

function isShort(text: string): boolean {
  const first = text.split('/')[0] ?? '';
  return !text.includes('/') || !(/[.:]/.test(first) || first === 'localhost');
}

/** A name that could also be the beginning of an id. */
export function looksLikeId(text: string): boolean {
  const hex = text.replace(/^sha256:/, '');
  return hex.length >= SHORT_ID_MIN && /^[0-9a-f]+$/.test(hex);
}

export async function candidates(
  ctx: Context,
  log: Logger,
  text: string,
  shortNameMode: string,
): Promise<ImageReference[]> {
  if (!isShort(text)) return [parseName(text)];
  parseName(text);
  const conf = await readRegistriesConf(ctx);
  const [, name = text, rest = ''] = /^([^:@]+)(.*)$/.exec(text) ?? [];
  const alias = conf.aliases.get(name);
  if (alias !== undefined) {
    await log.info(ctx, `Resolved ${quote(name)} as an alias (${alias.file})`);
    return [parseName(`${alias.value}${rest}`)];
  }
  if (conf.searchRegistries.length === 0)
    throw failure(
      `short-name ${quote(text)} did not resolve to an alias and no unqualified-search registries are defined in ${quote(conf.searchOrigin)}`,
    );
  if (conf.searchRegistries.length > 1 && shortNameMode !== 'disabled')
    throw failure(`short name mode is enforcing, but image name ${text} returns ambiguous list`);
  await log.info(ctx, `Resolving ${quote(name)} using unqualified-search registries (${conf.searchOrigin})`);
  return conf.searchRegistries.map((registry) => parseName(`${registry}/${text}`));
}
