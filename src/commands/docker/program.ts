import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
export const dockerProgram: Program = {
  name: 'docker',
  layer: 'client',
  startCpuNs: LATENCY.dockerStartNs,
  rssBytes: 30 * 1024 * 1024,
  threads: 8,
  main: async () => 1,
};
