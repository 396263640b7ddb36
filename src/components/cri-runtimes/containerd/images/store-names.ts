/**
 * Which names an image gets when it arrives in the image store.
 * @models containerd 2.1 core/transfer/image/imagestore.go, core/images/archive/reference.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import type { ImageStore } from '../../../../protocols/containerd/types/transfer/generated.ts';
import type { Descriptor } from '../../../../protocols/oci/types.ts';
import { isKind } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import { IMAGE_NAME, REF_NAME } from './import.ts';

/** `isAnnotated`: the descriptor comes from an archive and says itself what it is called. */
export function importedNames(
  store: ImageStore,
  descriptor: Pick<Descriptor, 'digest' | 'annotations'>,
  isAnnotated: boolean,
  withOwnName = false,
): string[] {
  const { digest, annotations = {} } = descriptor;
  if (!isAnnotated) {
    const own = withOwnName && store.name !== '' ? [store.name] : [];
    const extra = store.extraReferences
      .filter((reference) => !reference.isPrefix)
      .map((reference) => (reference.addDigest ? `${reference.name}@${digest}` : reference.name));
    return [...own, ...extra];
  }
  const names: string[] = [];
  for (const reference of store.extraReferences) {
    if (!reference.isPrefix) continue;
    const translate = (ref: string): string => translated(ref, reference.name, !reference.allowOverwrite);
    const name = annotatedName(annotations, translate);
    if (name !== '') names.push(name);
    if (reference.addDigest && (name === '' || !reference.skipNamedDigest)) names.push(`${reference.name}@${digest}`);
  }
  return names;
}

function annotatedName(annotations: Readonly<Record<string, string>>, translate: (ref: string) => string): string {
  const full = annotations[IMAGE_NAME] ?? '';
  // A complete name counts only if it is left as it is.
  if (full !== '') return translate(full) === full ? full : '';
  const short = annotations[REF_NAME] ?? '';
  return short === '' ? '' : translate(short);
}

/** A tag alone gets the prefix in front; a complete name stays, or has to begin with it. */
function translated(ref: string, prefix: string, mustMatch: boolean): string {
  if (prefix === '') return '';
  if (!/[/:@]/.test(ref)) return `${prefix}:${ref}`;
  if (!mustMatch) return ref;
  const next = ref[prefix.length];
  return ref.startsWith(prefix) && (next === undefined || '/:@'.includes(next)) ? ref : '';
}

export async function storeNames(
  ctx: Context,
  parts: Parts,
  ns: string,
  names: readonly string[],
  { mediaType, digest, size }: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>,
  labels: Record<string, string>,
): Promise<void> {
  const target = { mediaType, digest, size };
  for (const name of names) {
    try {
      await parts.images.create(ctx, ns, name, target, { ...labels });
    } catch (error) {
      if (!isKind(error, 'AlreadyExists')) throw error;
      await parts.images.update(ctx, ns, name, { target, labels: { ...labels } });
    }
  }
}
