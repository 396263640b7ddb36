/** @models procps-ng 4.0.4 src/free.c @fidelity partial: no --lohi, no --committed */
import { command, Exit } from '../common/command.ts';
import { memoryTotals } from '../common/processes.ts';
import { parseInterval } from '../small/basics.ts';

const UNITS: Record<string, number> = {
  bytes: 1,
  kilo: 1000,
  mega: 1e6,
  giga: 1e9,
  kibi: 1024,
  mebi: 1024 ** 2,
  gibi: 1024 ** 3,
};
const HUMAN = ['B', 'Ki', 'Mi', 'Gi', 'Ti'];

export const free = command(
  {
    name: 'free',
    usage: ['[options]'],
    version: 'procps-ng) 4.0.4',
    about: '\nShow free and used memory.',
    options: {
      'b,bytes': 'in bytes',
      kilo: 'in kilobytes',
      mega: 'in megabytes',
      giga: 'in gigabytes',
      'k,kibi': 'in kibibytes (the default)',
      'm,mebi': 'in mebibytes',
      'g,gibi': 'in gibibytes',
      'h,human': 'in the unit that suits',
      si: 'powers of 1000, not 1024',
      't,total': 'a line with RAM and swap together',
      's,seconds=N': 'again every N seconds',
      'c,count=N': 'N times, then stop',
      'w,wide': 'buffers and cache in columns of their own',
    },
  },
  async ({ ctx, options, out, complain }) => {
    const unit = UNITS[options.last('bytes', 'kilo', 'mega', 'giga', 'kibi', 'mebi', 'gibi') ?? 'kibi'] as number;
    const text = (kib: number): string => {
      if (!options.has('human')) return String(Math.floor((kib * 1024) / unit));
      const base = options.has('si') ? 1000 : 1024;
      let value = kib * 1024;
      let step = 0;
      while (value >= base && step < HUMAN.length - 1) {
        value /= base;
        step++;
      }
      const letter = options.has('si') ? (HUMAN[step] as string).replace('i', '') : (HUMAN[step] as string);
      return `${step === 0 ? String(value) : value < 10 ? value.toFixed(1) : String(Math.round(value))}${letter}`;
    };
    const seconds = options.value('seconds');
    const every = seconds === undefined ? 1 : parseInterval(seconds);
    if (every === null) {
      await complain(`seconds argument failed: '${seconds}'`);
      throw new Exit(1);
    }
    const times = options.has('count')
      ? Number(options.value('count'))
      : seconds === undefined
        ? 1
        : Number.POSITIVE_INFINITY;
    for (let i = 0; i < times; i++) {
      if (i > 0) {
        await out.write('\n');
        await out.flush();
        await ctx.sleep(Math.round(every * 1e9));
      }
      const m = await memoryTotals(ctx);
      const of = (key: string): number => m[key] ?? 0;
      const cache = of('Cached') + of('SReclaimable');
      const used = Math.max(0, of('MemTotal') - of('MemAvailable'));
      const cached = options.has('wide') ? [of('Buffers'), cache] : [of('Buffers') + cache];
      const row = (name: string, values: number[]): string =>
        `${name.padEnd(9)}${values.map((v) => text(v).padStart(11)).join(' ')}\n`;
      const titles = [
        'total',
        'used',
        'free',
        'shared',
        ...(options.has('wide') ? ['buffers', 'cache'] : ['buff/cache']),
        'available',
      ];
      await out.write(`         ${titles.map((t) => t.padStart(11)).join(' ')}\n`);
      await out.write(row('Mem:', [of('MemTotal'), used, of('MemFree'), of('Shmem'), ...cached, of('MemAvailable')]));
      const swapUsed = of('SwapTotal') - of('SwapFree');
      await out.write(row('Swap:', [of('SwapTotal'), swapUsed, of('SwapFree')]));
      if (options.has('total'))
        await out.write(
          row('Total:', [of('MemTotal') + of('SwapTotal'), used + swapUsed, of('MemFree') + of('SwapFree')]),
        );
    }
    return 0;
  },
);
