/** Recorded truth: what was typed at the real programs and what they answered. */
export type Step = { command: string; expected: string };

/** `$ command` (with its here document), then stdout, `--- stderr:` and stderr, `--- exit N` unless 0. */
export function parseTranscript(text: string): Step[] {
  const steps: Step[] = [];
  let inDocument = false;
  for (const line of text.trimEnd().split('\n')) {
    const last = steps.at(-1);
    if (inDocument && last !== undefined) {
      last.command += `\n${line}`;
      inDocument = line !== 'E';
    } else if (line.startsWith('$ ')) {
      steps.push({ command: line.slice(2), expected: '' });
      inDocument = line.includes("<<'E'");
    } else if (last !== undefined) last.expected += `${line}\n`;
  }
  return steps;
}

/** A result as a transcript has it. */
export function shown({ stdout, stderr, exitCode }: { stdout: string; stderr: string; exitCode: number }): string {
  const out = stdout === '' || stdout.endsWith('\n') ? stdout : `${stdout}<no newline at end>\n`;
  return `${out}${stderr === '' ? '' : `--- stderr:\n${stderr}`}${exitCode === 0 ? '' : `--- exit ${exitCode}\n`}`;
}
