import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('a pool of thin devices on two files, a snapshot that keeps what was, and what the tools say of it', async () => {
  const node = await boot({ seed: 1 });
  const say = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  const free = 'df --output=used / | tail -1';
  const before = await say(free);
  await node.run(
    'truncate -s 100G data; truncate -s 10G meta; D=$(losetup -f --show data); M=$(losetup -f --show meta)',
  );
  expect(
    await say('losetup | cut -d" " -f1; blockdev --getsize64 $D; losetup /dev/loop9 data; losetup -d /dev/loop0x'),
  ).toBe(
    'NAME\n/dev/loop0\n/dev/loop1\n107374182400\nlosetup: data: failed to set up loop device: No such file or directory\nlosetup: /dev/loop0x: detach failed: No such file or directory\n',
  );
  await node.run('dmsetup create pool --table "0 209715200 thin-pool $M $D 128 32768"');
  await node.run(
    'dmsetup message pool 0 "create_thin 0"; dmsetup create t0 --table "0 20971520 thin /dev/mapper/pool 0"',
  );
  expect(await say('dmsetup status; dmsetup table')).toBe(
    'pool: 0 209715200 thin-pool 0 10/2621440 0/1638400 - rw discard_passdown queue_if_no_space - 1024 \nt0: 0 20971520 thin 0 -\npool: 0 209715200 thin-pool 7:1 7:0 128 32768 0\nt0: 0 20971520 thin 253:0 0\n',
  );
  expect(await say('mount /dev/mapper/t0 /mnt')).toMatch(/^mount: \/mnt: wrong fs type, bad option, bad superblock/);
  expect(await node.run('mkfs.ext4 -E nodiscard -U 2f1c6a0e-0000-4000-8000-000000000001 /dev/mapper/t0')).toMatchObject(
    {
      stdout: `Creating filesystem with 2621440 4k blocks and 655360 inodes
Filesystem UUID: 2f1c6a0e-0000-4000-8000-000000000001
Superblock backups stored on blocks: 
\t32768, 98304, 163840, 229376, 294912, 819200, 884736, 1605632

Allocating group tables: done                            
Writing inode tables: done                            
Creating journal (16384 blocks): done
Writing superblocks and filesystem accounting information: done

`,
      stderr: 'mke2fs 1.47.2 (1-Jan-2025)\n',
    },
  );
  await node.run('mount /dev/mapper/t0 /mnt; echo first > /mnt/file; ln /mnt/file /mnt/same; chmod 600 /mnt/file');
  await node.run('dmsetup suspend t0; dmsetup message pool 0 "create_snap 1 0"; dmsetup resume t0');
  await node.run('dmsetup create t1 --table "0 20971520 thin /dev/mapper/pool 1"; mkdir s; mount /dev/mapper/t1 s');
  await node.run('echo second >> s/same');
  expect(await say('cat /mnt/file; cat s/file; stat -c "%a %h" s/file; df -h s | tail -1')).toBe(
    'first\nfirst\nsecond\n600 2\n/dev/mapper/t1  9.8G   12K  9.8G   1% /root/s\n',
  );
  expect(await say('lsblk; blkid /dev/dm-1')).toBe(
    `NAME   MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS
vda      254:0  0  40G  0 disk 
└─vda1   254:1  0  40G  0 part /
loop0      7:0  0 100G  0 loop 
└─pool   253:0  0 100G  0 dm   
  ├─t0   253:1  0  10G  0 dm   /mnt
  └─t1   253:2  0  10G  0 dm   /root/s
loop1      7:1  0  10G  0 loop 
└─pool   253:0  0 100G  0 dm   
  ├─t0   253:1  0  10G  0 dm   /mnt
  └─t1   253:2  0  10G  0 dm   /root/s
/dev/dm-1: UUID="2f1c6a0e-0000-4000-8000-000000000001" BLOCK_SIZE="4096" TYPE="ext4"
`,
  );
  // The journal is there once, and so is what both have; a device that is in use stays.
  expect(await say('dmsetup status pool; dmsetup remove t0; dmsetup message pool 0 "delete 0"')).toBe(
    `0 209715200 thin-pool 0 15/2621440 1025/1638400 - rw discard_passdown queue_if_no_space - 1024 
device-mapper: remove ioctl on t0  failed: Device or resource busy
Command failed.
device-mapper: message ioctl on pool  failed: Device or resource busy
Command failed.
`,
  );
  await node.run('umount /mnt s; dmsetup remove t0 t1; dmsetup message pool 0 "delete 0"; dmsetup remove pool');
  // All of it lies in the files.
  await node.run('losetup -D; cp data d2; losetup /dev/loop0 d2; losetup /dev/loop1 meta');
  await node.run('dmsetup create pool --table "0 209715200 thin-pool /dev/loop1 /dev/loop0 128 32768"');
  await node.run('dmsetup create t1 --table "0 20971520 thin /dev/mapper/pool 1"; mount /dev/mapper/t1 s');
  expect(await say('cat s/same; umount s; blkdiscard /dev/mapper/t1; dmsetup status t1; dmsetup ls')).toBe(
    'first\nsecond\n0 20971520 thin 0 -\npool\t(253:0)\nt1\t(253:1)\n',
  );
  expect(await say(free)).toBe(before);
});

test('a filesystem in a file: mounted through a loop device that goes with the last mount, and copied with the file', async () => {
  const node = await boot({ seed: 1 });
  const say = async (line: string): Promise<string> => (await node.run(line)).stdout;
  await node.run('truncate -s 600M img; mkfs.ext4 -q img; mount img /mnt; echo kept > /mnt/a');
  expect(await say('mount | grep mnt; losetup -a | cut -d: -f1')).toBe(
    '/dev/loop0 on /mnt type ext4 (rw,relatime)\n/dev/loop0\n',
  );
  await node.run('umount /mnt; cp img copy; mount -o loop,ro copy /mnt');
  expect(await say('cat /mnt/a; touch /mnt/b || echo no; umount /mnt; losetup')).toBe('kept\nno\n');
});
