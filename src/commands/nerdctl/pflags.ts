/** Short ways to write down flags. */
import type { Pflag } from '../../go/cobra-types.ts';

const shortOf = (short: string | undefined): { short?: string } => (short === undefined ? {} : { short });

export const bool = (name: string, usage: string, short?: string): Pflag => ({
  name,
  kind: 'bool',
  usage,
  ...shortOf(short),
});
export const text = (name: string, usage: string, value = '', short?: string): Pflag => ({
  name,
  kind: 'string',
  value,
  usage,
  ...shortOf(short),
});
export const slice = (name: string, usage: string, value: readonly string[] = [], short?: string): Pflag => ({
  name,
  kind: 'stringSlice',
  value,
  usage,
  ...shortOf(short),
});
export const array = (name: string, usage: string, short?: string): Pflag => ({
  name,
  kind: 'stringArray',
  usage,
  ...shortOf(short),
});
export const int = (name: string, usage: string, value = 0, short?: string): Pflag => ({
  name,
  kind: 'int',
  value,
  usage,
  ...shortOf(short),
});
