/** vim, as vi, view and vim: its command line. @models vim 9.1 src/main.c @fidelity partial: see vi.ts */
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { isTerminal } from '../common/streams.ts';
import { exCommand } from './ex.ts';
import { EditorScreen } from './terminal.ts';
import { Vi } from './vi.ts';

const VERSION = 'VIM - Vi IMproved 9.1 (2024 Jan 02)\nIncluded patches: 1-1230\n';
const HELP = `VIM - Vi IMproved 9.1 (2024 Jan 02)

Usage: vim [arguments] [file ..]

Arguments:
   +<lnum>      start at this line, + at the last one
   +/<pattern>  start at the first match
   -R           do not change the file
   --version    show the version and stop
   --help       show this text and stop

In the editor: i insert, Esc back, :w write, :q quit, :q! quit without writing,
dd yy p u . / n :s, and the motions h j k l w b e 0 $ gg G.
`;

export const vim: Program = {
  name: 'vim',
  rssBytes: 12_000_000,
  async main(ctx, argv) {
    const name = (argv[0] ?? 'vim').replace(/^.*\//, '');
    const files: string[] = [];
    let start: string | null = null;
    let readOnly = name === 'view';
    for (const arg of argv.slice(1)) {
      if (arg === '--version') {
        await print(ctx, VERSION);
        return 0;
      }
      if (arg === '--help' || arg === '-h') {
        await print(ctx, HELP);
        return 0;
      }
      if (arg.startsWith('+')) start = arg.slice(1);
      else if (arg === '-R') readOnly = true;
      else if (arg.startsWith('-') && arg !== '-' && arg !== '--' && !/^-[nNuievy]$/.test(arg)) {
        await printError(
          ctx,
          `${VERSION.split('\n')[0]}\nUnknown option argument: "${arg}"\nMore info with: "vim -h"\n`,
        );
        return 1;
      } else if (arg !== '--' && !arg.startsWith('-')) files.push(arg);
    }
    if (!(await isTerminal(ctx, 1))) await printError(ctx, 'Vim: Warning: Output is not to a terminal\n');
    if (!(await isTerminal(ctx, 0))) await printError(ctx, 'Vim: Warning: Input is not from a terminal\n');
    const screen = await EditorScreen.open(ctx);
    const editor = new Vi(ctx, screen, null);
    const [file] = files;
    if (file !== undefined) await editor.open(file);
    if (files.length > 1) editor.message = `not simulated: more than one file; this is ${file}`;
    editor.readOnly ||= readOnly;
    if (start !== null) await exCommand(editor, start === '' ? '$' : start);
    const status = await editor.run();
    await screen.close();
    if (editor.exitCode === null) await printError(ctx, 'Vim: Error reading input, exiting...\nVim: Finished.\n');
    return status;
  },
};
