import { expect, test } from 'vitest';
import { print } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { journald } from '../../linux/systemd/journald.ts';
import { systemd } from '../../linux/systemd/manager.ts';
import { testKernel } from '../../testing/kernel.ts';
import { journalctl } from './journalctl.ts';
import { systemctl } from './systemctl.ts';

const hello: Program = {
  name: 'hello',
  main: async (ctx) => {
    await print(ctx, 'listening\n');
    await ctx.sleep(1e15);
    return 0;
  },
};
const broken: Program = { name: 'broken', main: async () => 3 };

async function node() {
  const rig = testKernel({
    programs: [systemctl, journalctl, systemd, journald, hello, broken],
    files: {
      '/usr/lib/systemd/system/systemd-journald.service':
        '[Unit]\nDescription=Journal Service\n\n[Service]\nExecStart=/usr/bin/systemd-journald\n',
      '/usr/lib/systemd/system/hello.service':
        '[Unit]\nDescription=Says hello\nDocumentation=man:hello(1) https://example.com\n\n[Service]\nExecStart=/usr/bin/hello --loud\n\n[Install]\nWantedBy=multi-user.target\n',
      '/etc/systemd/system/hello.service.d/limits.conf': '[Service]\nTasksMax=100\n',
      '/usr/lib/systemd/system/broken.service':
        '[Unit]\nDescription=Does not work\n\n[Service]\nExecStart=/usr/bin/broken\n',
      '/etc/machine-id': '7d1c0fae53a64a0f9a4f3c2b1e0d9c8b\n',
    },
  });
  await rig.act(async (ctx) => {
    await ctx.sys.fork(ctx, async (c) => c.sys.execve(c, '/usr/bin/systemd', ['/sbin/init'], c.process.env));
    await ctx.sleep(2e9);
  });
  const run = (line: string) => rig.exec(`/usr/bin/${line}`.split(' '));
  const wait = (ns: number) => rig.act(async (ctx) => ctx.sleep(ns));
  return { run, wait };
}

const silent = { stdout: '', stderr: '', exitCode: 0 };

test('start, status, stop', async () => {
  const { run, wait } = await node();
  expect(await run('systemctl start hello')).toEqual(silent);
  await wait(70e9);
  expect(await run('systemctl status hello')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "● hello.service - Says hello
         Loaded: loaded (/usr/lib/systemd/system/hello.service; disabled; preset: enabled)
        Drop-In: /etc/systemd/system/hello.service.d
                 └─limits.conf
         Active: active (running) since Mon 2026-11-23 17:00:02 UTC; 1min 10s ago
     Invocation: 4266b8210ae85b1ded011a16a5fd36f5
           Docs: man:hello(1)
                 https://example.com
       Main PID: 293 (hello)
          Tasks: 1 (limit: 100)
         Memory: 1.5M (peak: 1.5M)
            CPU: 650us
         CGroup: /system.slice/hello.service
                 └─293 /usr/bin/hello --loud

    Nov 23 17:00:02 node-1 systemd[1]: Started hello.service - Says hello.
    Nov 23 17:00:02 node-1 hello[293]: listening
    ",
    }
  `);
  expect(await run('systemctl is-active hello broken')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "active
    inactive
    ",
    }
  `);
  expect(await run('systemctl stop hello')).toEqual(silent);
  expect(await run('systemctl status hello.service')).toMatchInlineSnapshot(`
    {
      "exitCode": 3,
      "stderr": "",
      "stdout": "○ hello.service - Says hello
         Loaded: loaded (/usr/lib/systemd/system/hello.service; disabled; preset: enabled)
        Drop-In: /etc/systemd/system/hello.service.d
                 └─limits.conf
         Active: inactive (dead) since Mon 2026-11-23 17:01:12 UTC; 3ms ago
       Duration: 1min 10.01s
     Invocation: 4266b8210ae85b1ded011a16a5fd36f5
           Docs: man:hello(1)
                 https://example.com
        Process: 293 ExecStart=/usr/bin/hello --loud (code=killed, signal=TERM)
       Main PID: 293 (code=killed, signal=TERM)

    Nov 23 17:00:02 node-1 systemd[1]: Started hello.service - Says hello.
    Nov 23 17:00:02 node-1 hello[293]: listening
    Nov 23 17:01:12 node-1 systemd[1]: Stopping hello.service - Says hello...
    Nov 23 17:01:12 node-1 systemd[1]: hello.service: Deactivated successfully.
    Nov 23 17:01:12 node-1 systemd[1]: Stopped hello.service - Says hello.
    ",
    }
  `);
  expect(await run('systemctl start broken')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "",
    }
  `);
  await wait(1e9);
  expect(await run('systemctl status broken -n0')).toMatchInlineSnapshot(`
    {
      "exitCode": 3,
      "stderr": "",
      "stdout": "× broken.service - Does not work
         Loaded: loaded (/usr/lib/systemd/system/broken.service; static)
         Active: failed (Result: exit-code) since Mon 2026-11-23 17:01:12 UTC; 1s ago
       Duration: 650us
     Invocation: 8f699696d9a335f496b497cd8bee1a2d
        Process: 305 ExecStart=/usr/bin/broken (code=exited, status=3)
       Main PID: 305 (code=exited, status=3)
    ",
    }
  `);
  expect(await run('systemctl list-units')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "  UNIT                     LOAD   ACTIVE SUB     DESCRIPTION
      init.scope               loaded active running System and Service Manager
    ● broken.service           loaded failed failed  Does not work
      systemd-journald.service loaded active running Journal Service
      -.slice                  loaded active active  Root Slice
      system.slice             loaded active active  System Slice
      user-0.slice             loaded active active  User Slice of UID 0
      user.slice               loaded active active  User and Session Slice

    Legend: LOAD   → Reflects whether the unit definition was properly loaded.
            ACTIVE → The high-level unit activation state, i.e. generalization of SUB.
            SUB    → The low-level unit activation state, values depend on unit type.

    7 loaded units listed. Pass --all to see loaded but inactive units, too.
    To show all installed unit files use 'systemctl list-unit-files'.
    ",
    }
  `);
  expect((await run('systemctl --failed')).stdout).toMatchInlineSnapshot(`
    "  UNIT           LOAD   ACTIVE SUB    DESCRIPTION
    ● broken.service loaded failed failed Does not work

    Legend: LOAD   → Reflects whether the unit definition was properly loaded.
            ACTIVE → The high-level unit activation state, i.e. generalization of SUB.
            SUB    → The low-level unit activation state, values depend on unit type.

    1 loaded units listed.
    "
  `);
});

test('unknown units and verbs', async () => {
  const { run } = await node();
  expect(await run('systemctl status nosuch')).toMatchInlineSnapshot(`
    {
      "exitCode": 4,
      "stderr": "Unit nosuch.service could not be found.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl start nosuch')).toMatchInlineSnapshot(`
    {
      "exitCode": 5,
      "stderr": "Failed to start nosuch.service: Unit nosuch.service not found.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl stop nosuch')).toMatchInlineSnapshot(`
    {
      "exitCode": 5,
      "stderr": "Failed to stop nosuch.service: Unit nosuch.service not loaded.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl reload hello')).toMatchInlineSnapshot(`
    {
      "exitCode": 3,
      "stderr": "Failed to reload hello.service: Job type reload is not applicable for unit hello.service.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl is-active nosuch')).toMatchInlineSnapshot(`
    {
      "exitCode": 4,
      "stderr": "",
      "stdout": "inactive
    ",
    }
  `);
  expect(await run('systemctl frobnicate')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "Unknown command verb 'frobnicate'.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl start')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "Too few arguments.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl --zz')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "systemctl: unrecognized option '--zz'
    ",
      "stdout": "",
    }
  `);
});

test('enable, mask, cat, show', async () => {
  const { run } = await node();
  expect(await run('systemctl is-enabled hello broken nosuch')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "disabled
    static
    not-found
    ",
    }
  `);
  expect(await run('systemctl enable --now hello')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "Created symlink '/etc/systemd/system/multi-user.target.wants/hello.service' → '/usr/lib/systemd/system/hello.service'.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl disable hello')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "Removed '/etc/systemd/system/multi-user.target.wants/hello.service'.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl mask broken')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "Created symlink '/etc/systemd/system/broken.service' → '/dev/null'.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl start broken')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "Failed to start broken.service: Unit broken.service is masked.
    ",
      "stdout": "",
    }
  `);
  expect(await run('systemctl cat hello')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "# /usr/lib/systemd/system/hello.service
    [Unit]
    Description=Says hello
    Documentation=man:hello(1) https://example.com

    [Service]
    ExecStart=/usr/bin/hello --loud

    [Install]
    WantedBy=multi-user.target

    # /etc/systemd/system/hello.service.d/limits.conf
    [Service]
    TasksMax=100
    ",
    }
  `);
  expect(await run('systemctl show hello -p ActiveState,SubState,Description')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "Description=Says hello
    ActiveState=active
    SubState=running
    ",
    }
  `);
  expect(await run('systemctl show hello --value -p ActiveState')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "active
    ",
    }
  `);
  expect(await run('systemctl list-unit-files')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "UNIT FILE                STATE    PRESET
    broken.service           masked   enabled
    hello.service            disabled enabled
    systemd-journald.service static   -

    3 unit files listed.
    ",
    }
  `);
  await run('systemctl start hello');
  await run('systemctl mask --now hello');
  expect(await run('systemctl is-active hello')).toMatchObject({ stdout: 'inactive\n' });
});

test('the journal', async () => {
  const { run } = await node();
  await run('systemctl start hello');
  expect(await run('journalctl -u hello')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "Nov 23 17:00:02 node-1 systemd[1]: Started hello.service - Says hello.
    Nov 23 17:00:02 node-1 hello[293]: listening
    ",
    }
  `);
  expect((await run('journalctl -u hello -n 1 -o cat')).stdout).toMatchInlineSnapshot(`
    "listening
    "
  `);
  expect((await run('journalctl -n2 -r -o short-iso --no-hostname')).stdout).toMatchInlineSnapshot(`
    "2026-11-23T17:00:02+00:00 hello[293]: listening
    2026-11-23T17:00:02+00:00 systemd[1]: Started hello.service - Says hello.
    "
  `);
  expect((await run('journalctl -u hello -t hello -o json-pretty')).stdout).toMatchInlineSnapshot(`
    "{
    	"MESSAGE" : "listening",
    	"PRIORITY" : "6",
    	"SYSLOG_IDENTIFIER" : "hello",
    	"_PID" : "293",
    	"_SYSTEMD_UNIT" : "hello.service",
    	"__REALTIME_TIMESTAMP" : "1795453202004000",
    	"_BOOT_ID" : "ed4dc219fb1a4b26ad5563e942536cbb",
    	"_HOSTNAME" : "node-1",
    	"_MACHINE_ID" : "7d1c0fae53a64a0f9a4f3c2b1e0d9c8b"
    }
    "
  `);
  expect(await run('journalctl -u nosuch')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "-- No entries --
    ",
    }
  `);
  expect(await run('journalctl -o zz')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "Unknown output format 'zz'.
    ",
      "stdout": "",
    }
  `);
  expect((await run('journalctl --since=-1h -p err')).stdout).toMatchInlineSnapshot(`
    "-- No entries --
    "
  `);
});

test('without systemd', async () => {
  const rig = testKernel({ programs: [systemctl, journalctl] });
  expect(await rig.exec(['/usr/bin/systemctl'])).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "System has not been booted with systemd as init system (PID 1). Can't operate.
    Failed to connect to system scope bus via local transport: Host is down
    ",
      "stdout": "",
    }
  `);
  expect(await rig.exec(['/usr/bin/journalctl'])).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "-- No entries --
    ",
    }
  `);
});
