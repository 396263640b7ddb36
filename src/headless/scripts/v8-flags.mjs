/**
 * How V8 is set up before anything else runs. A young generation large enough that traces are not copied again and
 * again: a third of the time of a busy run. And patience before a function is optimised: most run a few hundred times
 * and end, so that the optimiser's threads took a quarter of the CPU of a run and made it no shorter.
 */
export const V8_FLAGS = ['--max-semi-space-size=64', '--semi-space-growth-factor=4', '--interrupt-budget=1000000'];
