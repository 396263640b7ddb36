/** ctr shim: talks to a shim past the daemon. @models containerd 2.1 cmd/ctr/commands/shim @fidelity none: says so */
import { type Command, refuse } from '../run.ts';

const away = (name: string, usage: string): Command => ({
  name,
  usage,
  action: async () => refuse(`shim ${name}: not simulated: ask the daemon (ctr tasks) instead`),
});

export const shimCommand: Command = {
  name: 'shim',
  usage: 'Talk to a shim directly',
  flags: [{ name: 'id', kind: 'string', usage: 'ID of the container' }],
  subcommands: [
    away('delete', 'Delete a container with a shim'),
    away('exec', "Run a process in a shim's container"),
    away('start', 'Start a container with a shim'),
    away('state', "The state of a shim's container"),
  ],
};
