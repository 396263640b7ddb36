/** @models coreutils 9.7 src/echo.c */
import type { Program } from '../../linux/program.ts';
import { Output } from '../common/streams.ts';
import { interpretEscapes } from './escapes.ts';

export const echo: Program = {
  name: 'echo',
  async main(ctx, argv) {
    const args = argv.slice(1);
    let newline = true;
    let escapes = false;
    while (args[0] !== undefined && /^-[neE]+$/.test(args[0])) {
      for (const letter of (args.shift() as string).slice(1)) {
        if (letter === 'n') newline = false;
        else escapes = letter === 'e';
      }
    }
    const out = new Output(ctx);
    const text = args.join(' ');
    const { text: shown, stop } = escapes ? interpretEscapes(text, true) : { text, stop: false };
    out.put(shown);
    if (newline && !stop) out.put('\n');
    await out.flush();
    return 0;
  },
};
