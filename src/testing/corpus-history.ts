/** The corpora of command lines, run on a node one after the other: what its history comes to. */
import corpus from '../shell/bash-corpus.json' with { type: 'json' };
import { boot } from './boot.ts';
import { FIRST_LINES } from './first-lines.ts';

/** Every `step`th line of both corpora; scripts of bash each in a shell of its own. */
export function corpusLines(step: number): string[] {
  const quoted = (script: string): string => `'${script.replaceAll("'", "'\\''")}'`;
  const scripts = corpus.map(({ script }) => `bash -c ${quoted(script)}`);
  return [...FIRST_LINES.map(([line]) => line), ...scripts].filter((_, i) => i % step === 0);
}

/** Nobody answers what asks for more, and what does not end is ended. */
const guarded = (line: string): string => `timeout -k 1 20 bash -c '${line.replaceAll("'", "'\\''")}' < /dev/null`;

/** The digest of the trace after all of them, and how many events that is of. */
export async function corpusHistory(
  seed: number,
  lines: readonly string[],
): Promise<{ digest: string; events: number }> {
  const node = await boot({ seed });
  for (const line of lines) await node.run(guarded(line));
  const { trace } = node.machine;
  return { digest: trace.digest(), events: trace.nextSeq };
}
