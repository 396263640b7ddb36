/** @models diffutils 3.10 src/cmp.c */
import { command } from '../common/command.ts';
import { misuse, readOperand } from '../common/files.ts';
import { parseSize } from '../common/sizes.ts';

export const cmp = command(
  {
    name: 'cmp',
    usage: ['[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]'],
    about: 'Compare two files byte by byte.',
    version: 'GNU diffutils) 3.10',
    options: {
      'b,print-bytes': 'also the bytes that differ',
      'i,ignore-initial=SKIP': 'skip SKIP bytes of both, or SKIP1:SKIP2',
      'l,verbose': 'every byte that differs',
      'n,bytes=LIMIT': 'at most LIMIT bytes',
      's,quiet,silent': 'only an exit status',
    },
    trouble: 2,
  },
  async (call) => {
    const { options, operands, out } = call;
    const [left, right = '-', skip1, skip2] = operands;
    if (left === undefined) return misuse(call, "missing operand after 'cmp'", 2);
    const skips = (options.value('ignore-initial') ?? '0').split(':');
    const from = [Number(skip1 ?? skips[0]), Number(skip2 ?? skips[1] ?? skip1 ?? skips[0])] as const;
    const limit = options.has('bytes') ? (parseSize(options.value('bytes') ?? '') ?? 0) : Infinity;
    const [a, b] = [await readOperand(call, left), await readOperand(call, right)];
    if (a === null || b === null) return 2;
    const [x, y] = [a.subarray(from[0], from[0] + limit), b.subarray(from[1], from[1] + limit)];
    const quiet = options.has('quiet');
    const octal = (byte: number): string => byte.toString(8).padStart(3);
    let status = 0;
    let line = 1;
    for (let i = 0; i < Math.min(x.length, y.length); i++) {
      if (x[i] !== y[i]) {
        status = 1;
        if (quiet) return 1;
        const [m, n] = [x[i] as number, y[i] as number];
        if (!options.has('verbose')) {
          const bytes = options.has('print-bytes')
            ? ` is ${octal(m)} ${String.fromCharCode(m)} ${octal(n)} ${String.fromCharCode(n)}`
            : '';
          await out.write(`${left} ${right} differ: byte ${i + 1}, line ${line}${bytes}\n`);
          return 1;
        }
        await out.write(
          `${String(i + 1).padStart(String(Math.min(x.length, y.length)).length)} ${octal(m)} ${octal(n)}\n`,
        );
      }
      if (x[i] === 10) line++;
    }
    if (x.length !== y.length) {
      const shorter = x.length < y.length ? left : right;
      const length = Math.min(x.length, y.length);
      if (!quiet)
        await call.complain(
          length === 0
            ? `EOF on ${shorter} which is empty`
            : `EOF on ${shorter} after byte ${length}${options.has('verbose') ? '' : `, ${x[length - 1] === 10 ? `line ${line - 1}` : `in line ${line}`}`}`,
        );
      return 1;
    }
    return status;
  },
);
