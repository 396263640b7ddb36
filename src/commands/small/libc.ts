/** getconf, locale, ldconfig. @models glibc 2.41 posix/getconf.c, locale/programs/locale.c @fidelity partial: the variables below; the C and C.utf8 locales */

import type { Context } from '../../linux/context.ts';
import { getenv, print, printError, printRefusal, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';

async function variables(ctx: Context): Promise<Record<string, string>> {
  const cpus = String((await readFile(ctx, '/proc/cpuinfo')).match(/^processor/gm)?.length ?? 1);
  const kb = Number(/^MemTotal:\s+(\d+)/m.exec(await readFile(ctx, '/proc/meminfo'))?.[1] ?? 0);
  const free = Number(/^MemFree:\s+(\d+)/m.exec(await readFile(ctx, '/proc/meminfo'))?.[1] ?? 0);
  return {
    ARG_MAX: '2097152',
    CHILD_MAX: '96365',
    CLK_TCK: '100',
    GNU_LIBC_VERSION: 'glibc 2.41',
    GNU_LIBPTHREAD_VERSION: 'NPTL 2.41',
    HOST_NAME_MAX: '64',
    INT_MAX: '2147483647',
    IOV_MAX: '1024',
    LINE_MAX: '2048',
    LOGIN_NAME_MAX: '256',
    LONG_BIT: '64',
    NAME_MAX: '255',
    NGROUPS_MAX: '65536',
    OPEN_MAX: String(ctx.sys.getrlimit(ctx, 'NOFILE').soft),
    PAGESIZE: '4096',
    PAGE_SIZE: '4096',
    PATH: '/bin:/usr/bin',
    PATH_MAX: '4096',
    PIPE_BUF: '4096',
    WORD_BIT: '32',
    _NPROCESSORS_CONF: cpus,
    _NPROCESSORS_ONLN: cpus,
    _PHYS_PAGES: String(Math.floor(kb / 4)),
    _AVPHYS_PAGES: String(Math.floor(free / 4)),
    _POSIX_VERSION: '200809',
  };
}

export const getconf: Program = {
  name: 'getconf',
  async main(ctx, argv) {
    const args = argv.slice(1);
    const known = await variables(ctx);
    if (args[0] === '-a') {
      for (const [name, value] of Object.entries(known)) await print(ctx, `${name.padEnd(34)} ${value}\n`);
      return 0;
    }
    const [name] = args[0] === '-v' ? args.slice(2) : args;
    if (name === undefined) {
      await printError(
        ctx,
        'Usage: getconf [-v specification] variable_name [pathname]\n       getconf -a [pathname]\n',
      );
      return 2;
    }
    const value = known[name] ?? known[name.replace(/^_?(SC_)?NPROCESSORS/, '_NPROCESSORS')];
    if (value === undefined) {
      await printError(ctx, `getconf: Unrecognized variable \`${name}'\n`);
      return 2;
    }
    await print(ctx, `${value}\n`);
    return 0;
  },
};

const CATEGORIES = [
  'CTYPE',
  'NUMERIC',
  'TIME',
  'COLLATE',
  'MONETARY',
  'MESSAGES',
  'PAPER',
  'NAME',
  'ADDRESS',
  'TELEPHONE',
  'MEASUREMENT',
  'IDENTIFICATION',
];

export const locale: Program = {
  name: 'locale',
  async main(ctx, argv) {
    const [first] = argv.slice(1);
    if (first === '-a') {
      await print(ctx, 'C\nC.utf8\nPOSIX\n');
      return 0;
    }
    const lang = getenv(ctx, 'LANG') ?? '';
    const all = getenv(ctx, 'LC_ALL') ?? '';
    if (first === 'charmap') {
      await print(ctx, `${/utf-?8/i.test(all || getenv(ctx, 'LC_CTYPE') || lang) ? 'UTF-8' : 'ANSI_X3.4-1968'}\n`);
      return 0;
    }
    if (first !== undefined) {
      await printRefusal(ctx, `locale: not simulated: ${first}\n`);
      return 1;
    }
    let out = `LANG=${lang}\nLANGUAGE=${getenv(ctx, 'LANGUAGE') ?? ''}\n`;
    for (const category of CATEGORIES) {
      const own = getenv(ctx, `LC_${category}`);
      out +=
        own !== undefined && all === ''
          ? `LC_${category}=${own}\n`
          : `LC_${category}="${all !== '' ? all : lang === '' ? 'POSIX' : lang}"\n`;
    }
    await print(ctx, `${out}LC_ALL=${all}\n`);
    return 0;
  },
};
