import { expect, test } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { causalTrees } from '../projections/causal-tree.ts';
import { jsonTrace } from '../projections/trace-formats/json.ts';
import { otlpTrace } from '../projections/trace-formats/otlp.ts';
import { perfettoTrace } from '../projections/trace-formats/perfetto.ts';
import { textTrace } from '../projections/trace-formats/text.ts';
import { ScriptSession } from './session.ts';

async function run(script: string): Promise<{ outcomes: unknown[]; notices: string[]; machine: Machine }> {
  const machine = await Machine.boot({ scenario: 'bare', seed: 1 });
  const notices: string[] = [];
  const session = new ScriptSession(machine, { notice: (text) => void notices.push(text) });
  return { outcomes: await session.run(script), notices, machine };
}

test('one outcome for each complete command line; a failing one does not end the session', async () => {
  const { outcomes } = await run('cat <<E\na $((1+1))\nE\nnosuch; echo x >&2\n# a comment\n(exit 3)\n');
  expect(outcomes).toEqual([
    expect.objectContaining({ command: 'cat <<E\na $((1+1))\nE', stdout: 'a 2\n', stderr: '', exitCode: 0 }),
    expect.objectContaining({ stdout: '', stderr: '-bash: nosuch: command not found\nx\n', exitCode: 0 }),
    expect.objectContaining({ command: '(exit 3)', exitCode: 3 }),
  ]);
});

test('what a command reads is typed to it; the last one sees the end of input', async () => {
  const { outcomes } = await run('read x\nhello\necho "$x"\ncat');
  expect(outcomes.map((o) => (o as { command: string; stdout: string }).stdout)).toEqual(['', 'hello\n', '']);
});

test('exit ends the session with its code', async () => {
  const { outcomes } = await run('exit 7\necho no');
  expect(outcomes).toEqual([expect.objectContaining({ command: 'exit 7', exitCode: 7 })]);
});

test('a command that waits for ever is interrupted after the limit, and the next one runs', async () => {
  const { outcomes, notices } = await run('sleep infinity\necho next');
  expect(notices).toEqual(['interrupted after 3600 s of virtual time: sleep infinity']);
  expect(outcomes).toEqual([
    expect.objectContaining({ command: 'sleep infinity', exitCode: 130 }),
    expect.objectContaining({ command: 'echo next', stdout: 'next\n' }),
  ]);
});

test('one that ignores the interrupt in a process group of its own is killed', async () => {
  const { outcomes } = await run('timeout 9999999 sh -c \'trap "" INT TERM; while :; do sleep 100; done\'\necho next');
  expect(outcomes.at(-1)).toEqual(expect.objectContaining({ command: 'echo next', stdout: 'next\n' }));
});

test('the causal tree of a line, in every format', async () => {
  const { machine } = await run('ls / | wc -l');
  const trees = causalTrees(machine.trace.events, machine.kernel.options.bootWallTime);
  expect(trees.length).toBe(1);
  expect(trees[0]?.root.children.map((node) => node.name)).toEqual(['ls --color=auto /', 'wc -l']);
  expect(textTrace(trees)).toMatch(/ client {8}├─ ls --color=auto \/ \[\d+\]\n.* client {8}└─ wc -l \[\d+\]\n$/);
  expect(JSON.parse(jsonTrace(trees))).toEqual([expect.objectContaining({ command: 'ls / | wc -l', exitCode: 0 })]);
  const { traceEvents } = JSON.parse(perfettoTrace(trees)) as { traceEvents: { ph: string }[] };
  expect(traceEvents.filter((e) => e.ph === 'b').length).toBe(traceEvents.filter((e) => e.ph === 'e').length);
  const otlp = JSON.parse(otlpTrace(trees)) as {
    resourceSpans: { scopeSpans: { spans: { parentSpanId?: string }[] }[] }[];
  };
  const spans = otlp.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans));
  expect(spans.filter((span) => span.parentSpanId === undefined).length).toBe(1);
});
