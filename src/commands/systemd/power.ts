/**
 * poweroff, reboot, halt and shutdown, which are systemctl by other names.
 * @models systemd 257 src/systemctl/systemctl-compat-halt.c, systemctl-compat-shutdown.c
 * @fidelity partial: at once or not at all; no wall message, no wtmp
 */
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { SystemdClient } from './client.ts';

const METHODS: Readonly<Record<string, 'Reboot' | 'PowerOff'>> = {
  poweroff: 'PowerOff',
  halt: 'PowerOff',
  reboot: 'Reboot',
};

function power(name: string): Program {
  return {
    name,
    async main(ctx, argv) {
      const args = argv.slice(1);
      let method = METHODS[name] ?? 'PowerOff';
      if (name === 'shutdown') {
        if (args.includes('-c')) return 0;
        if (args.includes('-r')) method = 'Reboot';
        const when = args.find((arg) => !arg.startsWith('-')) ?? '+1';
        if (when !== 'now' && when !== '+0') {
          await printError(ctx, `shutdown: not simulated: at another time than now: ${when}\n`);
          return 1;
        }
      }
      const client = await SystemdClient.connect(ctx);
      return (await client.call(ctx, method)).ok ? 0 : 1;
    },
  };
}

export const powerPrograms: Program[] = ['halt', 'poweroff', 'reboot', 'shutdown'].map(power);
