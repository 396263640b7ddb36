/** What a team keeps in its private registry: an image of its own making that happens to be nginx. */
import { PRIVATE_REGISTRY } from '../sites.ts';
import type { ImageDefinition } from './layer.ts';
import { nginx } from './nginx.ts';

const tagged = (tag: string): ImageDefinition[] => nginx.filter(({ tags }) => tags.includes(tag));

export const privateImages: readonly ImageDefinition[] = [
  ...tagged('1.27-alpine').map((image) => ({ ...image, tags: ['1.1', 'latest'] })),
  ...tagged('1.25').map((image) => ({ ...image, tags: ['1.0'] })),
].map((image) => ({ ...image, registry: PRIVATE_REGISTRY, repository: 'team/web' }));
