import { ALL_CAPABILITIES } from '../../../linux/capabilities.ts';

/** The capabilities of the kernel, without CAP_: what a configuration may name. */
export const KNOWN_CAPABILITIES: ReadonlySet<string> = new Set(ALL_CAPABILITIES);
