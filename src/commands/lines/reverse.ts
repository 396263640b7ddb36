/** tac, rev. @models coreutils 9.7 src/tac.c, util-linux 2.41 text-utils/rev.c @fidelity partial: tac without -r */
import { command } from '../common/command.ts';
import { eachLine, readOperand } from '../common/files.ts';
import { shortCommand } from '../common/short-command.ts';
import { decode } from '../common/text.ts';

export const tac = command(
  {
    name: 'tac',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Write each FILE with its last line first.',
    options: {
      'b,before': 'the separator belongs to what follows it',
      's,separator=STRING': 'separate by STRING instead of newline',
    },
  },
  async (call) => {
    let status = 0;
    const separator = call.options.value('separator') ?? '\n';
    for (const path of call.operands.length === 0 ? ['-'] : call.operands) {
      const bytes = await readOperand(call, path);
      if (bytes === null) {
        status = 1;
        continue;
      }
      const parts = decode(bytes).split(separator);
      if (call.options.has('before')) {
        const records = parts.map((part, i) => (i === 0 ? part : separator + part));
        await call.out.write(records.reverse().join(''));
        continue;
      }
      const last = parts.pop() as string;
      const records = parts.map((part) => part + separator);
      if (last !== '') records.push(last);
      await call.out.write(records.reverse().join(''));
    }
    return status;
  },
);

export const rev = shortCommand(
  {
    name: 'rev',
    usage: ['[options] [<file> ...]'],
    about: 'Turn each line round.',
    version: 'rev from util-linux 2.41',
    options: { '0,zero': 'lines end with NUL' },
  },
  async (call) => {
    const zero = call.options.has('zero');
    const ok = await eachLine(
      call,
      (line, terminated) => call.out.put([...line].reverse().join('') + (terminated ? (zero ? '\0' : '\n') : '')),
      { delimiter: zero ? 0 : 10 },
    );
    return ok ? 0 : 1;
  },
);
