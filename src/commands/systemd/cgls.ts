/** systemd-cgls. @models systemd 257 src/cgls @fidelity partial: no extended attributes or cgroup ids */
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { SystemdClient } from '../../protocols/systemd/client.ts';
import { type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { isTerminal, Output } from '../common/streams.ts';
import { unitName } from './call.ts';
import { controlGroupTree } from './control-group-tree.ts';

const OPTIONS: OptionTable = {
  'h,help': 'show this text',
  version: 'show the version',
  'no-pager': 'do not use a pager',
  'a,all': 'empty groups too',
  'u,unit[=UNIT]': 'the groups of these units',
  'l,full': 'do not shorten lines',
  'k,k': '',
};

export const systemdCgls: Program = {
  name: 'systemd-cgls',
  rssBytes: 6_000_000,
  startCpuNs: 3_000_000,
  async main(ctx, argv) {
    const out = new Output(ctx);
    try {
      const { options, operands } = parseOptions(OPTIONS, argv.slice(1));
      if (options.has('help')) {
        await out.write(
          `systemd-cgls [OPTIONS...] [CGROUP...]\n\nShow control groups and what runs in them.\n\nOptions:\n${optionHelp(OPTIONS)}`,
        );
        await out.flush();
        return 0;
      }
      const colour = await isTerminal(ctx, 1);
      const narrow = colour && !options.has('full');
      const width = narrow ? (await ctx.sys.getWindowSize(ctx, 1)).columns : Number.POSITIVE_INFINITY;
      const tree = { indent: '', width, colour, all: options.has('all') };
      let code = 0;
      const units = options.has('unit') ? [...options.values('unit').filter((u) => u !== ''), ...operands] : [];
      for (const name of units) {
        const client = await SystemdClient.connect(ctx);
        const { unit } = await client.call(ctx, 'GetUnit', { unit: unitName(name) });
        await client.close(ctx);
        if (unit === undefined) {
          await printError(ctx, `Failed to query unit control group path: Unit ${unitName(name)} not found.\n`);
          code = 1;
          continue;
        }
        await out.write(`Unit ${unit.name} (${unit.cgroup}):\n${await controlGroupTree(ctx, unit.cgroup, tree)}`);
      }
      if (!options.has('unit')) {
        for (const path of operands.length === 0 ? ['/'] : operands) {
          const clean = `/${path.replace(/^\/sys\/fs\/cgroup/, '').replace(/^\/+|\/+$/g, '')}`;
          const root = clean === '/' ? '-.slice\n' : '';
          try {
            await out.write(`CGroup ${clean}:\n${root}${await controlGroupTree(ctx, clean, tree)}`);
          } catch (error) {
            if (!isErrno(error)) throw error;
            await printError(ctx, `Failed to list cgroup tree: ${error.libc}\n`);
            code = 1;
          }
        }
      }
      await out.flush();
      return code;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await printError(ctx, `${this.name}: ${error.message}\n`);
      return 1;
    }
  },
};
