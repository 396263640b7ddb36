/**
 * Images as the CRI sees them: by id, with all the names that lead to it.
 * @models containerd 2.1 internal/cri/store/image/image.go, internal/cri/server/images/service.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { digestError } from '../../../../protocols/oci/digest.ts';
import {
  formatReference,
  InvalidReference,
  parseDockerReference,
  parseReference,
} from '../../../../protocols/oci/reference.ts';
import type { ImageConfig } from '../../../../protocols/oci/types.ts';
import { failure, notFound, wrap } from '../../shared/errors.ts';
import { resolveImage } from '../images/image-content.ts';
import type { Parts } from '../parts.ts';
import { CRI_NAMESPACE, PINNED_LABEL } from './types.ts';

export type CriImage = {
  id: string;
  /** Replaced, never changed in place. */
  references: readonly string[];
  chainId: string;
  size: number;
  config: ImageConfig;
  pinnedRefs: Set<string>;
};

const SHORT_ID_MIN = 1;

export class ImageStore {
  private readonly parts: Parts;
  private readonly byId = new Map<string, CriImage>();
  private readonly idByRef = new Map<string, string>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Brings a name into line with containerd's record of it. */
  async update(ctx: Context, ref: string): Promise<void> {
    const record = this.parts.images.find(CRI_NAMESPACE, ref);
    if (record === undefined) {
      this.forget(ref);
      return;
    }
    const image = await resolveImage(ctx, this.parts.content, CRI_NAMESPACE, record.target).catch((error: unknown) => {
      throw wrap('get image info from containerd', error);
    });
    const id = image.configDigest;
    if (this.idByRef.get(ref) !== id) this.forget(ref);
    this.idByRef.set(ref, id);
    let known = this.byId.get(id);
    if (known === undefined) {
      known = {
        id,
        references: [],
        chainId: image.chainId,
        size: image.size,
        config: image.config,
        pinnedRefs: new Set(),
      };
      this.byId.set(id, known);
    }
    if (!known.references.includes(ref)) known.references = sortReferences([...known.references, ref]);
    if (record.labels[PINNED_LABEL] === 'pinned') known.pinnedRefs.add(ref);
    else known.pinnedRefs.delete(ref);
  }

  private forget(ref: string): void {
    const id = this.idByRef.get(ref);
    if (id === undefined) return;
    this.idByRef.delete(ref);
    const image = this.byId.get(id);
    if (image === undefined) return;
    image.references = image.references.filter((other) => other !== ref);
    image.pinnedRefs.delete(ref);
    if (image.references.length === 0) this.byId.delete(id);
  }

  /** By id, with or without `sha256:`, or the beginning of one. */
  get(id: string): CriImage {
    const exact = this.byId.get(id);
    if (exact !== undefined) return exact;
    const hex = id.startsWith('sha256:') ? id.slice('sha256:'.length) : id;
    const found =
      hex.length < SHORT_ID_MIN
        ? []
        : [...this.byId.values()].filter((image) => image.id.slice('sha256:'.length).startsWith(hex));
    if (found.length > 1) throw failure('ambiguous digest string');
    if (found[0] === undefined) throw notFound();
    return found[0];
  }

  /** By name or id. */
  resolve(refOrId: string): CriImage {
    let id = refOrId;
    if (digestError(refOrId) !== null) {
      try {
        id = this.idByRef.get(formatReference(parseDockerReference(refOrId))) ?? refOrId;
      } catch (error) {
        if (!(error instanceof InvalidReference)) throw error;
      }
    }
    return this.get(id);
  }

  list(): CriImage[] {
    return [...this.byId.values()];
  }
}

/** The order of docker.Sort: tag and digest, tag, digest, and ids at the end. */
function sortReferences(references: readonly string[]): string[] {
  const rank = (ref: string): number => {
    if (ref.startsWith('sha256:')) return 3;
    if (!ref.includes('@')) return 1;
    return /:[^/]*@/.test(ref) ? 0 : 2;
  };
  return [...references].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}

type Parsed = { tags: string[]; digests: string[] };

const parsedReferences = new WeakMap<readonly string[], Parsed>();

/** Of an image in the store. A kubelet asks for the status of every container at each change of its pod. */
export function parseImageReferences(references: readonly string[]): Readonly<Parsed> {
  let parsed = parsedReferences.get(references);
  if (parsed === undefined) parsedReferences.set(references, (parsed = parseEach(references)));
  return parsed;
}

function parseEach(references: readonly string[]): Parsed {
  const tags: string[] = [];
  const digests: string[] = [];
  for (const text of references) {
    if (text.startsWith('sha256:')) continue;
    try {
      const parsed = parseReference(text);
      if (parsed.digest !== null) digests.push(text);
      else if (parsed.tag !== null) tags.push(text);
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error;
    }
  }
  return { tags, digests };
}
