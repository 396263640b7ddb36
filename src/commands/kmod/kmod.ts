/** lsmod, modprobe, modinfo, rmmod. @models kmod 34 tools @fidelity partial: the modules that this kernel has are there from its boot on; none can be loaded or taken out */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';

/** What Debian's kernel has beside those that are there: asking for one of these would be right on a real node. */
const OTHERS =
  'ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh nf_conntrack nf_nat nf_tables ip_tables iptable_nat iptable_filter xt_conntrack xt_MASQUERADE dummy vxlan ipip geneve wireguard nbd loop fuse nfs xfs btrfs zram 8021q bonding macvlan ipvlan tcp_bbr sch_netem binfmt_misc'.split(
    ' ',
  );

type Module = { name: string; size: string; uses: string; by: string };

async function loaded(ctx: Context): Promise<Module[]> {
  const text = await readFile(ctx, '/proc/modules');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', size = '', uses = '', by = '-'] = line.split(' ');
      return { name, size, uses, by: by === '-' ? '' : by.replace(/,$/, '') };
    });
}

const canonical = (name: string): string => name.replaceAll('-', '_');

async function present(ctx: Context, name: string): Promise<boolean> {
  try {
    await ctx.sys.stat(ctx, `/sys/module/${canonical(name)}`);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

export const lsmod: Program = {
  name: 'lsmod',
  async main(ctx) {
    await print(ctx, 'Module                  Size  Used by\n');
    for (const { name, size, uses, by } of await loaded(ctx))
      await print(ctx, `${name.padEnd(19)} ${size.padStart(8)}  ${uses}${by === '' ? '' : ` ${by}`}\n`);
    return 0;
  },
};

export const modprobe: Program = {
  name: 'modprobe',
  async main(ctx, argv) {
    const options = argv.slice(1).filter((arg) => arg.startsWith('-'));
    const names = argv.slice(1).filter((arg) => !arg.startsWith('-'));
    const many = options.some((o) => o === '-a' || o === '--all');
    const quiet = options.some((o) => o === '-q' || o === '--quiet');
    const remove = options.some((o) => o === '-r' || o === '--remove');
    if (options.includes('-V') || options.includes('--version')) {
      await print(ctx, 'kmod version 34\n');
      return 0;
    }
    if (names.length === 0) {
      await printError(ctx, 'modprobe: ERROR: missing parameters. See -h.\n');
      return 1;
    }
    const { release } = await ctx.sys.uname(ctx);
    let status = 0;
    // What follows the first name are its parameters.
    for (const name of many ? names : names.slice(0, 1)) {
      if (remove) {
        if (await present(ctx, name)) {
          await printError(ctx, `modprobe: FATAL: Module ${canonical(name)} is in use.\n`);
          status = 1;
        }
        continue;
      }
      if (await present(ctx, name)) continue;
      status = 1;
      if (OTHERS.includes(canonical(name))) await printRefusal(ctx, `modprobe: not simulated: the module ${name}\n`);
      else if (!quiet)
        await printError(
          ctx,
          `modprobe: ${many ? 'WARNING' : 'FATAL'}: Module ${name} not found in directory /lib/modules/${release}\n`,
        );
    }
    return status;
  },
};

export const rmmod: Program = {
  name: 'rmmod',
  async main(ctx, argv) {
    const names = argv.slice(1).filter((arg) => !arg.startsWith('-'));
    if (names.length === 0) {
      await printError(ctx, 'rmmod: ERROR: missing module name.\n');
      return 1;
    }
    for (const name of names)
      await printError(
        ctx,
        (await present(ctx, name))
          ? `rmmod: ERROR: Module ${canonical(name)} is in use\n`
          : `rmmod: ERROR: Module ${name} is not currently loaded\n`,
      );
    return 1;
  },
};

export const modinfo: Program = {
  name: 'modinfo',
  async main(ctx, argv) {
    const names = argv.slice(1).filter((arg) => !arg.startsWith('-'));
    if (names.length === 0) {
      await printError(ctx, 'modinfo: ERROR: missing module or filename.\n');
      return 1;
    }
    const { release } = await ctx.sys.uname(ctx);
    let status = 0;
    for (const name of names) {
      if (!(await present(ctx, name))) {
        await printError(ctx, `modinfo: ERROR: Module ${name} not found.\n`);
        status = 1;
        continue;
      }
      await print(
        ctx,
        `name:           ${canonical(name)}\nvermagic:       ${release} SMP preempt mod_unload modversions \nintree:         Y\n`,
      );
    }
    return status;
  },
};
