/** ctr pprof. @models containerd 2.1 cmd/ctr/commands/pprof @fidelity partial: the simulated daemon has no Go runtime to profile */

import type { CliFlag } from '../../../go/cli-types.ts';
import { isErrno } from '../../../linux/errno.ts';
import { type Command, fail, refuse } from '../run.ts';

const DEBUG: CliFlag = { name: 'debug', kind: 'uint', value: 0, usage: "pprof's debug argument" };

function profile(name: string, path: string, usage: string, flags: readonly CliFlag[] = []): Command {
  return {
    name,
    usage,
    flags: [...flags, DEBUG],
    action: async (ctx, run) => {
      const socket = run.cli.string('debug-socket');
      try {
        await ctx.sys.close(ctx, await ctx.sys.connect(ctx, { family: 'unix', path: socket }));
      } catch (error) {
        if (!isErrno(error)) throw error;
        fail(`Get "http://./debug/pprof/${path}?debug=0": dial unix ${socket}: connect: ${error.go}`);
      }
      refuse(`pprof ${name}: not simulated: profiles of the Go runtime`);
    },
  };
}

const SECONDS = (value: number): CliFlag => ({
  name: 'seconds',
  aliases: ['s'],
  kind: 'duration',
  value,
  usage: 'How long to collect',
});

export const pprofCommand: Command = {
  name: 'pprof',
  usage: "Profiles of containerd's Go runtime",
  flags: [
    {
      name: 'debug-socket',
      aliases: ['d'],
      kind: 'string',
      value: '/run/containerd/debug.sock',
      usage: "containerd's debug socket",
    },
  ],
  subcommands: [
    profile('block', 'block', 'Where goroutines block'),
    profile('goroutines', 'goroutine', 'Stacks of all goroutines'),
    profile('heap', 'heap', 'The heap'),
    profile('profile', 'profile', 'CPU', [SECONDS(30_000_000_000)]),
    profile('threadcreate', 'threadcreate', 'What made threads'),
    profile('trace', 'trace', 'Execution trace', [SECONDS(5_000_000_000)]),
  ],
};
