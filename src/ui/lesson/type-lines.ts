/** Types complete command lines one after another for somebody who reads or presents. */
import { cutaway } from '../scripting.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';

/** `sleep 60` is nothing to wait a minute for. */
const RATIO = 16;
const LOOK_MS = 100;

/**
 * Resolves to the whole output, standard error included. With `drawn` each line is drawn to its end before the next
 * is typed, unless hop mode is off.
 */
export async function typeLines(lines: readonly string[], { drawn }: { drawn: boolean }): Promise<string> {
  const { ratio } = ui.getState();
  session.skip();
  session.pace({ ratio: Math.max(RATIO, ratio) });
  let output = '';
  try {
    for (const line of lines) {
      const { stdout, stderr } = await cutaway.run(line);
      output += stdout + stderr;
      while (drawn && session.director.replaying) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    session.pace({ ratio });
  }
  return output;
}
