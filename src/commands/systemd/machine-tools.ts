/** hostnamectl, timedatectl, localectl, systemd-detect-virt, systemd-escape. @models systemd 257 src/hostname/hostnamectl.c, src/timedate/timedatectl.c, src/locale/localectl.c, src/detect-virt, src/escape @fidelity partial: read and written as files, without the daemons in between */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal, readFile, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { strftime } from '../common/dates.ts';

async function textOf(ctx: Context, path: string): Promise<string> {
  try {
    return (await readFile(ctx, path)).trim();
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}

const table = (rows: readonly (readonly [string, string])[], width: number): string =>
  rows.map(([key, value]) => `${key.padStart(width)}: ${value}\n`).join('');

/** A container's name or a hypervisor's, as the boot left it. */
async function virtualization(ctx: Context): Promise<{ kind: 'container' | 'vm' | 'none'; name: string }> {
  const environment = await textOf(ctx, '/proc/1/environ');
  const container = /(?:^|\0)container=([^\0]+)/.exec(environment)?.[1];
  if (container !== undefined) return { kind: 'container', name: container };
  try {
    for (const { text } of await ctx.sys.syslog(ctx))
      if (text === 'Hypervisor detected: KVM') return { kind: 'vm', name: 'kvm' };
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return { kind: 'none', name: 'none' };
}

async function booted(ctx: Context): Promise<boolean> {
  try {
    await ctx.sys.stat(ctx, '/run/systemd/private');
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(
      ctx,
      "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to system scope bus via local transport: Host is down\n",
    );
    return false;
  }
}

async function hostnamectlMain(ctx: Context, argv: string[]): Promise<number> {
  const words = argv.slice(1).filter((arg) => !arg.startsWith('-'));
  const [verb = 'status', value] = words;
  if (argv.includes('--help') || argv.includes('-h')) {
    await print(
      ctx,
      'hostnamectl [OPTIONS...] COMMAND ...\n\nAsk for or change the name of the system.\n\nCommands:\n  status             Show it, and what the system is\n  hostname [NAME]    Show or set the name\n',
    );
    return 0;
  }
  if (!(await booted(ctx))) return 1;
  const { nodename, release, machine } = await ctx.sys.uname(ctx);
  if (verb === 'set-hostname' || (verb === 'hostname' && value !== undefined)) {
    if (value === undefined) {
      await printError(ctx, 'Too few arguments.\n');
      return 1;
    }
    if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value) || value.length > 64) {
      await printError(ctx, `Could not set static hostname: Invalid static hostname '${value}'\n`);
      return 1;
    }
    try {
      await ctx.sys.sethostname(ctx, value);
      await writeFile(ctx, '/etc/hostname', `${value}\n`);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, 'Could not set static hostname: Access denied\n');
      return 1;
    }
    return 0;
  }
  if (verb === 'hostname') {
    await print(ctx, `${nodename}\n`);
    return 0;
  }
  if (verb !== 'status') {
    const known = ['icon-name', 'chassis', 'deployment', 'location'].includes(verb);
    await (known ? printRefusal : printError)(
      ctx,
      known ? `hostnamectl: not simulated: ${verb}\n` : `Unknown command verb '${verb}'.\n`,
    );
    return 1;
  }
  const os = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(await textOf(ctx, '/etc/os-release'))?.[1] ?? 'n/a';
  const virtual = await virtualization(ctx);
  const held = await textOf(ctx, '/etc/hostname');
  const rows: [string, string][] = [
    ['Static hostname', held === '' ? '(unset)' : held],
    ...(held !== nodename ? [['Transient hostname', nodename] as [string, string]] : []),
    ...(virtual.kind === 'none'
      ? [['Icon name', 'computer'] as [string, string]]
      : ([
          ['Icon name', `computer-${virtual.kind}`],
          ['Chassis', `${virtual.kind}${virtual.kind === 'vm' ? ' 🖴' : ' ☐'}`],
        ] as [string, string][])),
    ['Machine ID', await textOf(ctx, '/etc/machine-id')],
    ['Boot ID', (await textOf(ctx, '/proc/sys/kernel/random/boot_id')).replaceAll('-', '')],
    ...(virtual.kind === 'none' ? [] : [['Virtualization', virtual.name] as [string, string]]),
    ['Operating System', os],
    ['Kernel', `Linux ${release}`],
    ['Architecture', machine === 'x86_64' ? 'x86-64' : machine],
  ];
  await print(ctx, table(rows, Math.max(...rows.map(([key]) => key.length))));
  return 0;
}

async function timedatectlMain(ctx: Context, argv: string[]): Promise<number> {
  const words = argv.slice(1).filter((arg) => !arg.startsWith('-'));
  const [verb = 'status', value = ''] = words;
  if (!(await booted(ctx))) return 1;
  const zone = (await textOf(ctx, '/etc/timezone')) || 'Etc/UTC';
  if (verb === 'list-timezones') {
    await print(ctx, 'Etc/UTC\n');
    return 0;
  }
  if (verb === 'show') {
    await print(
      ctx,
      `Timezone=${zone}\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=yes\nTimeUSec=${strftime('%a %Y-%m-%d %H:%M:%S UTC', ctx.wallTime)}\nRTCTimeUSec=${strftime('%a %Y-%m-%d %H:%M:%S UTC', ctx.wallTime)}\n`,
    );
    return 0;
  }
  if (verb !== 'status') {
    const known = ['set-time', 'set-timezone', 'set-local-rtc', 'set-ntp', 'timesync-status', 'show-timesync'].includes(
      verb,
    );
    if (verb === 'set-timezone' && (value === 'UTC' || value === 'Etc/UTC')) return 0;
    await (known ? printRefusal : printError)(
      ctx,
      known ? `timedatectl: not simulated: ${verb}\n` : `Unknown command verb '${verb}'.\n`,
    );
    return 1;
  }
  const now = (format: string): string => strftime(format, ctx.wallTime);
  await print(
    ctx,
    table(
      [
        ['Local time', now('%a %Y-%m-%d %H:%M:%S UTC')],
        ['Universal time', now('%a %Y-%m-%d %H:%M:%S UTC')],
        ['RTC time', now('%a %Y-%m-%d %H:%M:%S')],
        ['Time zone', `${zone} (UTC, +0000)`],
        ['System clock synchronized', 'yes'],
        ['NTP service', 'n/a'],
        ['RTC in local TZ', 'no'],
      ],
      25,
    ),
  );
  return 0;
}

async function localectlMain(ctx: Context, argv: string[]): Promise<number> {
  const [verb = 'status'] = argv.slice(1).filter((arg) => !arg.startsWith('-'));
  if (!(await booted(ctx))) return 1;
  if (verb === 'list-locales') await print(ctx, 'C.UTF-8\n');
  else if (verb === 'status') {
    const lang = /^LANG=(.*)$/m.exec(await textOf(ctx, '/etc/locale.conf'))?.[1] ?? 'C.UTF-8';
    await print(ctx, `System Locale: LANG=${lang}\n    VC Keymap: (unset)\n   X11 Layout: (unset)\n`);
  } else {
    await printRefusal(ctx, `localectl: not simulated: ${verb}\n`);
    return 1;
  }
  return 0;
}

async function detectMain(ctx: Context, argv: string[]): Promise<number> {
  const { kind, name } = await virtualization(ctx);
  const only =
    argv.includes('-c') || argv.includes('--container')
      ? 'container'
      : argv.includes('-v') || argv.includes('--vm')
        ? 'vm'
        : null;
  const found = kind !== 'none' && (only === null || only === kind);
  if (!argv.includes('-q') && !argv.includes('--quiet')) await print(ctx, `${found ? name : 'none'}\n`);
  return found ? 0 : 1;
}

/** What is no letter, digit, `:`, `_` or `.` becomes \xNN, `/` a dash. */
function escaped(text: string, isPath: boolean): string {
  const plain = isPath
    ? text
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/')
    : text;
  if (isPath && plain === '') return '-';
  return [...new TextEncoder().encode(plain)]
    .map((byte, i) => {
      const letter = String.fromCharCode(byte);
      if (letter === '/') return '-';
      if (/[A-Za-z0-9:_]/.test(letter) || (letter === '.' && i > 0)) return letter;
      return `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function unescaped(text: string, isPath: boolean): string {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const hex = /^\\x([0-9a-f]{2})/.exec(text.slice(i))?.[1];
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      i += 3;
    } else bytes.push(text[i] === '-' ? 47 : text.charCodeAt(i));
  }
  const plain = new TextDecoder().decode(Uint8Array.from(bytes));
  return isPath ? `/${plain.replace(/^\//, '')}` : plain;
}

async function escapeMain(ctx: Context, argv: string[]): Promise<number> {
  let [isPath, undo, mangle] = [false, false, false];
  let suffix = '';
  let template = '';
  const words: string[] = [];
  for (const arg of argv.slice(1)) {
    if (arg === '-p' || arg === '--path') isPath = true;
    else if (arg === '-u' || arg === '--unescape') undo = true;
    else if (arg === '-m' || arg === '--mangle') mangle = true;
    else if (arg.startsWith('--suffix=')) suffix = `.${arg.slice(9)}`;
    else if (arg.startsWith('--template=')) template = arg.slice(11);
    else if (arg.startsWith('-')) {
      await printError(ctx, `systemd-escape: unrecognized option '${arg}'\n`);
      return 1;
    } else words.push(arg);
  }
  if (words.length === 0) {
    await printError(ctx, 'Not enough arguments.\n');
    return 1;
  }
  const done = words.map((word) => {
    if (undo) return unescaped(word, isPath);
    if (mangle)
      return word.startsWith('/') ? `${escaped(word, true)}.mount` : /\.[a-z]+$/.test(word) ? word : `${word}.service`;
    const text = escaped(word, isPath) + suffix;
    return template === '' ? text : template.replace('@', `@${text}`);
  });
  await print(ctx, `${done.join(' ')}\n`);
  return 0;
}

export const hostnamectl: Program = { name: 'hostnamectl', main: hostnamectlMain };
export const timedatectl: Program = { name: 'timedatectl', main: timedatectlMain };
export const localectl: Program = { name: 'localectl', main: localectlMain };
export const systemdDetectVirt: Program = { name: 'systemd-detect-virt', main: detectMain };
export const systemdEscape: Program = { name: 'systemd-escape', main: escapeMain };
