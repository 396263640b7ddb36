/** @models util-linux 2.41 sys-utils/pivot_root.c @fidelity full */
import { isErrno } from '../../linux/errno.ts';
import { shortCommand } from '../common/short-command.ts';

export const pivotRoot = shortCommand(
  {
    name: 'pivot_root',
    version: 'util-linux) 2.41',
    usage: ['[options] new_root put_old'],
    about: '\nMake a mount the root of this mount namespace.',
    options: {},
  },
  async (call) => {
    const { ctx, operands } = call;
    const [fresh, old, ...more] = operands;
    if (fresh === undefined || old === undefined || more.length > 0) {
      await call.complain(fresh === undefined || old === undefined ? 'not enough arguments' : 'too many arguments');
      return 1;
    }
    try {
      await ctx.sys.pivotRoot(ctx, fresh, old);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`failed to change root from \`${fresh}' to \`${old}': ${error.libc}`);
      return 1;
    }
    return 0;
  },
);
