/** Tools of administration at work on a node: what one changes, the others see. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

async function bare() {
  const node = await boot({ seed: 1, scenario: 'bare' });
  return async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('an account that is made can be used, locked and removed', async () => {
  const run = await bare();
  await run('groupadd -g 2000 crew');
  expect(await run('useradd -m -s /bin/bash -G crew ann && id ann')).toBe(
    'uid=1000(ann) gid=1000(ann) groups=1000(ann),2000(crew)\n',
  );
  expect(await run('su - ann -c "pwd; id -un; touch /etc/x"')).toBe(
    "/home/ann\nann\ntouch: cannot touch '/etc/x': Permission denied\n",
  );
  expect(await run('su - ann -c "/usr/sbin/useradd eve"')).toContain('Permission denied.');
  expect(await run('gpasswd -d ann crew; id -Gn ann')).toBe('Removing user ann from group crew\nann\n');
  await run('usermod -aG crew,adm -c "Ann A" ann');
  expect(await run('getent passwd ann; getent group crew')).toBe(
    'ann:x:1000:1000:Ann A:/home/ann:/bin/bash\ncrew:x:2000:ann\n',
  );
  expect(await run('passwd -S ann')).toMatch(/^ann L 2026-11-23 0 99999 7 -1\n$/);
  await run('usermod -s /usr/sbin/nologin ann');
  expect(await run('su ann')).toBe('This account is currently not available.\n');
  expect(await run('groupdel ann')).toBe("groupdel: cannot remove the primary group of user 'ann'\n");
  await run('userdel -r ann');
  expect(await run('ls /home; getent group ann; grep -c ann /etc/shadow')).toBe('0\n');
});

test('what logger says is in the journal', async () => {
  const run = await bare();
  await run('logger -t deploy -p user.err it failed; echo piped | systemd-cat -t job');
  expect(await run('journalctl -o cat -t deploy -p err; journalctl -o cat -t job')).toBe('it failed\npiped\n');
});

test('open files and ports have owners', async () => {
  const run = await bare();
  await run('sleep 1000 > /root/held & nc -l -p 7000 < /dev/null > /dev/null &');
  await run('sleep 0.1');
  const pid = (await run('pidof sleep')).trim();
  expect(await run('lsof -t /root/held')).toBe(`${pid}\n`);
  expect(await run('fuser /root/held')).toContain(pid);
  expect(await run('lsof -nP -i :7000')).toMatch(/^COMMAND .*\nnc +\d+ root +\d+u +IPv4 .*TCP \*:7000 \(LISTEN\)\n$/);
  await run('fuser -k /root/held; sleep 0.1');
  expect(await run('pidof sleep')).toBe('');
});

test('capabilities are read as names', async () => {
  const run = await bare();
  expect(await run('getpcaps 1')).toBe('1: =ep\n');
  expect(await run('capsh --decode=00000000a80425fb')).toBe(
    '0x00000000a80425fb=cap_chown,cap_dac_override,cap_fowner,cap_fsetid,cap_kill,cap_setgid,cap_setuid,cap_setpcap,cap_net_bind_service,cap_net_raw,cap_sys_chroot,cap_mknod,cap_audit_write,cap_setfcap\n',
  );
  await run('nerdctl run -d --name box --cap-drop ALL --cap-add NET_RAW busybox sleep 1000');
  expect(await run("getpcaps $(nerdctl inspect -f '{{.State.Pid}}' box)")).toMatch(/^\d+: cap_net_raw=ep\n$/);
});

test('a host has a name, a clock and modules', async () => {
  const run = await bare();
  await run('hostnamectl set-hostname worker-9');
  expect(await run('hostname; cat /etc/hostname; hostnamectl hostname')).toBe('worker-9\nworker-9\nworker-9\n');
  expect(await run('timedatectl')).toContain('Universal time: Mon 2026-11-23 17:00:0');
  expect(await run('lsmod | grep -c .; modprobe overlay && modprobe br_netfilter && echo loaded')).toBe('5\nloaded\n');
  expect(await run('systemd-detect-virt')).toBe('kvm\n');
});
