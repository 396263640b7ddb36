/** /etc/hosts of a pod. @models kubernetes 1.36 pkg/kubelet/kubelet_pods.go (managedHostsFileContent) */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile, writeFile } from '../../../linux/io.ts';
import type { Pod } from '../../../protocols/kube/types.ts';

export async function writeHostsFile(
  ctx: Context,
  path: string,
  pod: Pod,
  podIps: readonly string[],
  hostname: string,
): Promise<void> {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join('\t')}\n`);
  const tail = aliases.length === 0 ? '' : `\n# Entries added by HostAliases.\n${aliases.join('')}`;
  if (pod.spec.hostNetwork === true) {
    const host = await hostFile(ctx);
    await writeFile(ctx, path, `# Kubernetes-managed hosts file (host network).\n${host}${tail}`);
    return;
  }
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...podIps.map((ip) => `${ip}\t${hostname}`),
  ];
  await writeFile(ctx, path, `${lines.join('\n')}\n${tail}`);
}

async function hostFile(ctx: Context): Promise<string> {
  try {
    return await readFile(ctx, '/etc/hosts');
  } catch (error) {
    if (!isErrno(error)) throw error;
    return '';
  }
}
