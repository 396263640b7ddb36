/** /opt/cni/bin/loopback: brings lo up. @models containernetworking/plugins 1.9 plugins/main/loopback @fidelity partial: IPv4 address only */
import type { CniResult } from '../../../protocols/cni/types.ts';
import { inNamespace, openNamespace } from '../skel/netns.ts';
import { CniFault, cniProgram, wrapFault } from '../skel/skel.ts';

export const LOOPBACK_PATH = '/opt/cni/bin/loopback';
export const LOOPBACK_FILE_BYTES = 4_068_552;

export const loopbackProgram = cniProgram({
  name: 'loopback',
  async add(ctx, call) {
    const fd = await openNamespace(ctx, call.netns);
    let addresses: string[];
    try {
      addresses = await inNamespace(ctx, fd, async (inner) => {
        await inner.sys.netlink(inner, { op: 'link.set', name: 'lo', up: true });
        const lo = (await inner.sys.netLinks(inner)).find((link) => link.name === 'lo');
        return (lo?.addresses ?? []).map((a) => `${a.address}/${a.prefix}`);
      });
    } catch (error) {
      throw wrapFault('failed to bring lo up', error);
    }
    if (call.stdin.prevResult !== undefined) return call.stdin.prevResult;
    const result: CniResult = {
      cniVersion: call.stdin.cniVersion,
      interfaces: [{ name: 'lo', mac: '00:00:00:00:00:00', sandbox: call.netns }],
      ips: addresses.map((address) => ({ address, interface: 0 })),
    };
    return result;
  },
  async del(ctx, call) {
    if (call.netns === '') return;
    try {
      const fd = await openNamespace(ctx, call.netns);
      await inNamespace(ctx, fd, async (inner) => inner.sys.netlink(inner, { op: 'link.set', name: 'lo', up: false }));
    } catch (error) {
      // A namespace that is gone has no lo to take down.
      if (!(error instanceof CniFault)) throw error;
    }
  },
  async check(ctx, call) {
    const fd = await openNamespace(ctx, call.netns);
    const up = await inNamespace(ctx, fd, async (inner) =>
      (await inner.sys.netLinks(inner)).some((link) => link.name === 'lo' && link.up),
    );
    if (!up) throw new CniFault('loopback interface is down');
  },
});
