/**
 * How V8 is set up before anything else runs. A young generation large enough that traces are not copied again and
 * again: a third of the time of a busy run. And patience before a function is optimised: most run a few hundred times
 * and end, so that the optimiser's threads took a quarter of the CPU of a run and made it no shorter. V8 12 (Node.js 22)
 * counts calls, those before it counted bytes. What is optimised takes in less of what it calls than usual, which makes
 * that cheaper by two fifths.
 */
const PATIENCE =
  Number.parseInt(process.versions.v8, 10) < 12
    ? '--interrupt-budget=1000000'
    : '--invocation-count-for-turbofan=20000';

const LITTLE_INLINED = '--max-inlined-bytecode-size-cumulative=150';

export const V8_FLAGS = ['--max-semi-space-size=64', '--semi-space-growth-factor=4', PATIENCE, LITTLE_INLINED];
