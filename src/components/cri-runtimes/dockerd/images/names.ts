/** Image names: how they are stored, and how people write them. @models docker/distribution reference @fidelity full */
import { type ImageReference, InvalidReference, parseReference } from '../../../../protocols/oci/reference.ts';
import { badRequest } from '../errors.ts';

/** With `:latest` where nothing is said. Throws ApiError. */
export function parseImageName(text: string): ImageReference {
  try {
    const parsed = parseReference(text);
    return parsed.tag === null && parsed.digest === null ? { ...parsed, tag: 'latest' } : parsed;
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    throw badRequest(
      error.message.startsWith('invalid reference format') || error.message.startsWith('invalid repository name')
        ? error.message
        : `invalid reference format`,
    );
  }
}

export function familiarRepository({ domain, path }: ImageReference): string {
  return `${domain}/${path}`.replace(/^docker\.io\/(?:library\/)?/, '');
}

/** `nginx:latest`, `nginx@sha256:…`: as the tables of repositories have it. */
export function familiarName(reference: ImageReference): string {
  const { tag, digest } = reference;
  return `${familiarRepository(reference)}${digest !== null ? `@${digest}` : `:${tag ?? 'latest'}`}`;
}
