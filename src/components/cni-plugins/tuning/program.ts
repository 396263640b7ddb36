/**
 * /opt/cni/bin/tuning: sysctls, addresses and flags of an interface that another plugin has made.
 * @models containernetworking/plugins 1.9 plugins/meta/tuning
 * @fidelity partial: sysctl, mac and mtu; no promisc, allmulti or txQLen, and DEL does not restore what was before
 */
import { isErrno } from '../../../linux/errno.ts';
import { writeFile } from '../../../linux/io.ts';
import { inNamespace, openNamespace } from '../skel/netns.ts';
import { CniFault, cniProgram } from '../skel/skel.ts';

export const tuningProgram = cniProgram({
  name: 'tuning',
  async add(ctx, call) {
    const { prevResult } = call.stdin;
    if (prevResult === undefined) throw new CniFault('required prevResult missing');
    const sysctl = (call.stdin['sysctl'] ?? {}) as Record<string, string>;
    const mac = String(call.stdin['mac'] ?? call.args.match(/(?:^|;)MAC=([^;]+)/)?.[1] ?? '');
    const mtu = Number(call.stdin['mtu'] ?? 0);
    if (Object.keys(sysctl).length === 0 && mac === '' && mtu === 0) return prevResult;
    const netns = await openNamespace(ctx, call.netns);
    await inNamespace(ctx, netns, async (inner) => {
      for (const [key, value] of Object.entries(sysctl)) {
        try {
          await writeFile(inner, `/proc/sys/${key.replaceAll('.', '/')}`, value);
        } catch (error) {
          if (!isErrno(error)) throw error;
          throw new CniFault(`open /proc/sys/${key.replaceAll('.', '/')}: ${error.go}`);
        }
      }
      if (mac !== '' || mtu !== 0)
        await inner.sys.netlink(inner, {
          op: 'link.set',
          name: call.ifName,
          ...(mac === '' ? {} : { mac }),
          ...(mtu === 0 ? {} : { mtu }),
        });
      return null;
    });
    await ctx.sys.close(ctx, netns);
    if (mac === '') return prevResult;
    const interfaces = prevResult.interfaces?.map((link) =>
      link.name === call.ifName && link.sandbox !== undefined ? { ...link, mac } : link,
    );
    return { ...prevResult, ...(interfaces === undefined ? {} : { interfaces }) };
  },
  async del() {},
  async check(_ctx, call) {
    if (call.stdin.prevResult === undefined) throw new CniFault('required prevResult missing');
  },
});
