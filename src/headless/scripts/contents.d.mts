import type { Contents } from '../../lesson-engine/contents.ts';

export function collectContents(): Contents;
