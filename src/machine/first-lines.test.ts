/**
 * What people type first at a strange prompt. Each line ends, none is told that it is not simulated, and what fails on a
 * real node fails here with the same status.
 */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';
import { FIRST_LINES } from '../testing/first-lines.ts';
import type { ScenarioName } from './scenarios/index.ts';

/** Where a node has other programs than those of containerd, only what the line says is looked at. */
const OTHERWISE: ReadonlySet<ScenarioName> = new Set(['crio', 'docker']);

test.each<ScenarioName>(['bare', 'containerd', 'crio', 'docker'])(
  'the first lines on %s',
  { timeout: 120_000 },
  async (scenario) => {
    const node = await boot({ scenario });
    const wrong: string[] = [];
    expect(FIRST_LINES.length).toBeGreaterThanOrEqual(60);
    for (const [line, exitCode] of FIRST_LINES) {
      // Nobody types more to a program that asks for more.
      const result = await node.run(`( ${line} ) </dev/null`);
      const text = result.stdout + result.stderr;
      if (/not simulated/.test(text)) wrong.push(`${line}: ${text}`);
      if (OTHERWISE.has(scenario)) continue;
      if (exitCode !== null && result.exitCode !== exitCode)
        wrong.push(`${line}: ${result.exitCode}, not ${exitCode}: ${text}`);
      if (exitCode === 127 && !/command not found/.test(text)) wrong.push(`${line}: ${text}`);
    }
    expect(wrong).toEqual([]);
  },
);
