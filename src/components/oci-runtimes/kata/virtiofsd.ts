/**
 * virtiofsd: serves a directory of the host to one VM. The hypervisor connects to its vhost-user socket; requests then
 * come from the guest's kernel through shared memory (vfs/remote-fs.ts), which is why a dead virtiofsd hangs the guest.
 * @models virtiofsd 1.13 @fidelity partial: the vhost-user handshake is one message that passes the directory
 */
import { errno, isErrno } from '../../../linux/errno.ts';
import { printError } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { optionsOf } from './options.ts';

export const virtiofsdProgram: Program = {
  name: 'virtiofsd',
  layer: 'oci-runtime',
  startCpuNs: LATENCY.virtiofsdStartNs,
  rssBytes: 6_800 << 10,
  threads: 2,
  async main(ctx, argv) {
    const { sys } = ctx;
    const options = optionsOf(argv.slice(1));
    const socket = options.get('--socket-path')?.[0];
    const shared = options.get('--shared-dir')?.[0];
    if (socket === undefined || shared === undefined) {
      await printError(
        ctx,
        'error: the following required arguments were not provided:\n  --shared-dir <SHARED_DIR>\n  --socket-path <SOCKET_PATH>\n',
      );
      return 2;
    }
    try {
      const directory = await sys.open(ctx, shared, { read: true, directory: true });
      const listener = await sys.listen(ctx, { family: 'unix', path: socket }, { mode: 0o700 });
      const connection = await sys.accept(ctx, listener);
      await sys.close(ctx, listener);
      await sys.unlink(ctx, socket);
      await sys.sendDescriptors(ctx, connection, 'vhost-user', [directory]);
      // Until the hypervisor hangs up.
      while ((await sys.read(ctx, connection)).length > 0);
      return 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      const where = error === errno('ENOTDIR') || error === errno('ENOENT') ? shared : socket;
      await printError(ctx, `[ERROR virtiofsd] Error opening ${where}: ${error.libc} (os error ${error.errno})\n`);
      return 1;
    }
  },
};
