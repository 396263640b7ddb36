/** service: the old way to steer services, which asks systemctl. @models init-system-helpers 1.68 script/service @fidelity partial: there is no /etc/init.d here */
import { isErrno } from '../../linux/errno.ts';
import { print, printError, runCommand } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { utf8 } from '../../linux/rope.ts';
import { execvp } from '../common/exec.ts';

const USAGE = 'Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n';
const SYSTEMCTL = '/usr/bin/systemctl';
/** These go to systemctl as they are. */
const VERBS = ['start', 'stop', 'restart', 'status', 'reload', 'force-reload', 'try-restart'];

export const service: Program = {
  name: 'service',
  async main(ctx, argv) {
    const [name, verb, ...rest] = argv.slice(1);
    if (name === undefined || name === '-h' || name === '--help') {
      await (name === undefined ? printError : print)(ctx, USAGE);
      return name === undefined ? 1 : 0;
    }
    if (name === '--version') {
      await print(ctx, 'service ver. 1.68\n');
      return 0;
    }
    // It lists what is in /etc/init.d.
    if (name === '--status-all') return 0;
    const unit = name.replace(/\.service$/, '');
    const { stdout } = await runCommand(ctx, [SYSTEMCTL, 'show', '-p', 'LoadState', '--value', `${unit}.service`], {
      env: ctx.process.env,
    });
    if (utf8(stdout).trim() === 'not-found' && verb !== 'status') {
      await printError(ctx, `${name}: unrecognized service\n`);
      return 1;
    }
    if (verb === undefined) {
      await printError(ctx, USAGE);
      return 1;
    }
    const action = verb === '--full-restart' ? 'restart' : verb === 'force-reload' ? 'reload-or-restart' : verb;
    if (!VERBS.includes(verb) && action === verb) {
      await printError(ctx, `Usage: service ${name} {${VERBS.join('|')}}\n`);
      return 3;
    }
    const error = await execvp(ctx, [SYSTEMCTL, action, ...rest, `${unit}.service`]);
    if (!isErrno(error)) throw error;
    await printError(ctx, `service: ${SYSTEMCTL}: ${error.libc}\n`);
    return 1;
  },
};
