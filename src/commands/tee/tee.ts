/** @models coreutils 9.7 src/tee.c @fidelity partial: no --output-error modes */
import { command, reporting } from '../common/command.ts';
import { Input } from '../common/streams.ts';

export const tee = command(
  {
    name: 'tee',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Copy standard input to each FILE and to standard output.',
    options: {
      'a,append': 'add to the files instead of replacing them',
      'i,ignore-interrupts': 'go on when interrupted',
      p: '(accepted)',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (options.has('ignore-interrupts')) ctx.sys.sigaction(ctx, 'SIGINT', 'ignore');
    const files: { fd: number; path: string }[] = [];
    let status = 0;
    for (const path of operands) {
      const ok = await reporting(call, path, async () => {
        const fd = await ctx.sys.open(
          ctx,
          path,
          { write: true, create: true, ...(options.has('append') ? { append: true } : { truncate: true }) },
          0o666,
        );
        files.push({ fd, path });
      });
      if (!ok) status = 1;
    }
    const input = new Input(ctx, 0);
    for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk()) {
      await out.bytes(bytes);
      for (const file of [...files]) {
        const ok = await reporting(call, file.path, async () => void (await ctx.sys.write(ctx, file.fd, bytes)));
        if (ok) continue;
        status = 1;
        files.splice(files.indexOf(file), 1);
      }
    }
    return status;
  },
);
