/** A setuid program that says who it has become. @models kubernetes test/images/nonewprivs nnp.c @fidelity full */

import { print } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { ownIds } from '../../linux/user-namespace.ts';

export const nonewprivs: Program = {
  name: 'nnp',
  startCpuNs: 100_000,
  rssBytes: 700_416,
  main: async (ctx) => {
    await print(ctx, `Effective uid: ${ownIds(ctx.process).euid}\n`);
    return 0;
  },
};
