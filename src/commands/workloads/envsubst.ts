/** Fills environment variables into text. @models gettext 0.21 envsubst @fidelity full */
import { getenv } from '../../linux/io.ts';
import { command } from '../common/command.ts';
import { Input } from '../common/streams.ts';

const VARIABLE = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;

export const envsubst = command(
  {
    name: 'envsubst',
    usage: ['[OPTION] [SHELL-FORMAT]'],
    about:
      'Copy standard input, with $NAME and ${NAME} replaced by the values of environment variables.\nGiven SHELL-FORMAT, only the variables named in it are replaced.',
    version: 'GNU gettext-runtime) 0.21',
    options: { 'v,variables': 'print the names of the variables in SHELL-FORMAT' },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (operands.length > 1) {
      await call.complain('too many arguments');
      return 1;
    }
    const format = operands[0];
    const names = format === undefined ? null : new Set([...format.matchAll(VARIABLE)].map((m) => m[1] ?? m[2] ?? ''));
    if (options.has('variables')) {
      if (names === null) {
        await call.complain('missing arguments');
        return 1;
      }
      for (const name of names) await out.write(`${name}\n`);
      return 0;
    }
    const input = new Input(ctx, 0);
    for (;;) {
      const line = await input.line();
      if (line === null) return 0;
      const filled = line.replace(VARIABLE, (whole, braced: string | undefined, bare: string | undefined) => {
        const name = braced ?? bare ?? '';
        return names !== null && !names.has(name) ? whole : (getenv(ctx, name) ?? '');
      });
      await out.write(input.terminated ? `${filled}\n` : filled);
    }
  },
);
