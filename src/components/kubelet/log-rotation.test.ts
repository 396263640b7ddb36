/** Containers' logs on the node's disk: cut off, packed, made again, gone with their container. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test.each(['containerd', 'crio'] as const)('%s: what a container writes is rotated', async (scenario) => {
  const node = await boot({ scenario });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  await out(
    "printf 'containerLogMaxSize: 10Ki\\ncontainerLogMaxFiles: 4\\n' >> /var/lib/kubelet/config.yaml; systemctl restart kubelet; sleep 2",
  );
  await out(
    `kubectl run l --image=busybox -- sh -c 'i=0; while true; do i=$((i+1)); printf "line %d of many %900s\\n" $i; [ $((i%5)) = 0 ] && sleep 1; done'`,
  );
  await out("kubectl run crash --image=busybox -- sh -c 'exit 3'; sleep 15; cd /var/log/pods/default_l_*/l");
  const names = async (): Promise<string> => (await out('ls')).replace(/\d{8}-\d{6}/g, 'TIME');
  expect(await names()).toBe('0.log\n0.log.TIME\n');
  await out('sleep 10; FIRST=$(head -1 0.log.*)');
  // The newest stays as it is: who reads it is still at it, and so may the container be.
  expect(await names()).toBe('0.log\n0.log.TIME.gz\n0.log.TIME\n');
  await out('sleep 20');
  expect(await names()).toBe('0.log\n0.log.TIME.gz\n0.log.TIME.gz\n0.log.TIME\n');
  expect(await out('zcat $(ls *.gz | head -1) | head -1 | cut -d" " -f2-4; stat -c %a *.gz | uniq')).toBe(
    'stdout F line\n640\n',
  );
  // No line is lost in between.
  expect(
    await out(
      '(zcat *.gz; cat 0.log.*[0-9] 0.log) | cut -d" " -f5 > n; [ $(head -1 n) -gt 1 ] && seq $(head -1 n) $(tail -1 n) | cmp - n && rm n',
    ),
  ).toBe('');
  // kubectl sees the last file only.
  expect(await out('[ "$(kubectl logs l | head -1)" = "$(head -1 0.log | cut -d\' \' -f4-)" ] && echo same')).toBe(
    'same\n',
  );
  expect(await out('kubectl logs --tail=1 l')).toMatch(/^line \d+ of many {901}\n$/);
  await out('rm 0.log');
  expect(await out('kubectl logs l')).toBe(
    `failed to try resolving symlinks in path "${(await out('pwd')).trim()}/0.log": lstat ${(await out('pwd')).trim()}/0.log: no such file or directory`,
  );
  await out('sleep 11');
  expect(await out('kubectl logs --tail=1 l')).toMatch(/^line \d+ of many {901}\n$/);
  // One dead container is kept, and its log; its link, too.
  await out('sleep 30');
  expect(
    await out(
      'ls /var/log/pods/default_crash_*/crash | wc -l; ls /var/log/containers/crash_* | wc -l; crictl ps -aq --name crash | wc -l',
    ),
  ).toBe('1\n1\n1\n');
});
