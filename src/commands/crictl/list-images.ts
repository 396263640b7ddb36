/**
 * Images by filters, for images and inspecti.
 * @models kubernetes-sigs/cri-tools cmd/crictl/image.go ListImages filterImagesList
 * @fidelity full
 */
import { compareStrings } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { type Image, ListImagesRequest, ListImagesResponse } from '../../protocols/cri/generated.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { Failure, wrapping } from './failure.ts';
import { listImages } from './image-calls.ts';
import { debug } from './logger.ts';
import { compilePattern } from './patterns.ts';
import type { CriService } from './service.ts';

/** By first tag. `name` goes to the runtime, which may ignore it; `conditions` are crictl's own. */
export async function queryImages(
  ctx: Context,
  service: CriService,
  name: string,
  conditions: readonly string[],
): Promise<Image[]> {
  const filter = { image: { image: name } };
  const { logger } = service;
  const request = ListImagesRequest.create({ filter });
  await debug(ctx, logger, () => `ListImagesRequest: ${toProtoText(ListImagesRequest, request)}`);
  const images = await listImages(ctx, service, filter);
  await debug(ctx, logger, () => {
    return `ListImagesResponse: ${toProtoText(ListImagesResponse, ListImagesResponse.create({ images }))}`;
  });
  images.sort(byReference);
  if (conditions.length === 0 || images.length === 0) return images;
  return await wrapping('filter images', async () => filterImages(images, conditions));
}

function byReference(a: Image, b: Image): number {
  const [tagA, tagB] = [a.repoTags[0], b.repoTags[0]];
  if (tagA !== undefined && tagB !== undefined) return compareStrings(tagA, tagB);
  const [digestA, digestB] = [a.repoDigests[0], b.repoDigests[0]];
  if (digestA !== undefined && digestB !== undefined) return compareStrings(digestA, digestB);
  return compareStrings(a.id, b.id);
}

export function filterImages(images: readonly Image[], conditions: readonly string[]): Image[] {
  let filtered = [...images];
  for (const condition of conditions) {
    const value = condition.slice(condition.indexOf('=') + 1);
    if (condition.startsWith('before=')) filtered = untilImage(value, filtered.reverse()).reverse();
    else if (condition.startsWith('since=')) filtered = untilImage(value, filtered);
    else if (condition.startsWith('dangling=')) {
      filtered = filtered.filter(({ repoTags }) => {
        return value === 'true' ? repoTags.length === 0 : value === 'false' && repoTags.length > 0;
      });
    } else if (condition.startsWith('reference=')) {
      const pattern = compilePattern(value);
      filtered = filtered.filter((image) => {
        const { name } = repoDigestOf(image);
        return pattern.test(name) || name === value;
      });
    } else throw new Failure(`unknown filter flag: ${condition}`);
  }
  return filtered;
}

/** The images in front of the one that `value` names by tag, by digest or by ID. */
function untilImage(value: string, images: readonly Image[]): Image[] {
  const before: Image[] = [];
  for (const image of images) {
    if (!value.includes('@')) {
      const [name = '', tag = ''] = repoTagPairs(image)[0] ?? [];
      if (value.includes(':') ? `${name}:${tag}` === value : image.id.startsWith(value)) break;
      before.push(image);
    } else if (value.includes(':') && image.repoDigests.length > 0) {
      if (image.repoDigests[0]?.startsWith(value) === true) break;
      before.push(image);
    }
  }
  return before;
}

export function repoDigestOf(image: Image): { name: string; digest: string } {
  const first = image.repoDigests[0];
  if (first === undefined) return { name: '<none>', digest: '<none>' };
  const [name, digest, ...rest] = first.split('@');
  if (name === undefined || digest === undefined || rest.length > 0) {
    return { name: 'errorName', digest: 'errorRepoDigest' };
  }
  return { name, digest };
}

export function repoTagPairs(image: Image): (readonly [name: string, tag: string])[] {
  const { name: digestName } = repoDigestOf(image);
  if (image.repoTags.length === 0) return [[digestName, '<none>']];
  return image.repoTags.map((repoTag) => {
    const colon = repoTag.lastIndexOf(':');
    if (colon < 0) return ['errorRepoTag', 'errorRepoTag'];
    const name = repoTag.slice(0, colon);
    return [name === '<none>' ? digestName : name, repoTag.slice(colon + 1)];
  });
}
