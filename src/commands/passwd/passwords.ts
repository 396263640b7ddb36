/** passwd, chage, nologin. @models shadow 4.17 src/passwd.c, chage.c, nologin.c @fidelity partial: passwords are locked, unlocked, emptied and aged, not set: nothing here asks for one */
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { command } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { PASSWD, readTable, SHADOW, today, writeTable } from './database.ts';

const VERSION = 'shadow) 4.17.4';
const DAY_NS = 86_400_000_000_000n;

/** Name, password, last change, least, most, warning, inactive, expires. */
type Entry = string[];

const dateOf = (days: string, format = '%b %d, %Y'): string => strftime(format, BigInt(days) * DAY_NS);

export const passwd = command(
  {
    name: 'passwd',
    usage: ['[options] [LOGIN]'],
    about: 'Show or change what is kept of a password.',
    version: VERSION,
    trouble: 2,
    options: {
      'a,all': 'with -S: everybody',
      'd,delete': 'no password',
      'e,expire': 'must be changed at the next login',
      'l,lock': 'lock it',
      'u,unlock': 'unlock it',
      'S,status': 'show how it is',
      'q,quiet': '',
      'n,mindays=DAYS': '',
      'x,maxdays=DAYS': '',
      'w,warndays=DAYS': '',
      'i,inactive=DAYS': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const users = await readTable(ctx, PASSWD);
    const own = users.find((row) => Number(row[2]) === ctx.process.credentials.uid)?.[0] ?? 'root';
    const name = operands[0] ?? own;
    if (!users.some((row) => row[0] === name)) {
      await call.complain(`user '${name}' does not exist`);
      return 1;
    }
    if (ctx.process.credentials.euid !== 0) {
      await call.complain(
        name === own
          ? 'not simulated: asking for a password'
          : `You may not view or modify password information for ${name}.`,
      );
      return 1;
    }
    const rows: Entry[] = await readTable(ctx, SHADOW);
    const line = (row: Entry): string => {
      const password = row[1] ?? '';
      const state = password === '' ? 'NP' : /^[!*]/.test(password) ? 'L' : 'P';
      const age = (i: number): string => (row[i] === undefined || row[i] === '' ? '-1' : (row[i] as string));
      return `${row[0]} ${state} ${row[2] === '' ? '' : dateOf(row[2] ?? '0', '%Y-%m-%d')} ${age(3)} ${age(4)} ${age(5)} ${age(6)}\n`;
    };
    if (options.has('status')) {
      for (const row of rows) if (options.has('all') || row[0] === name) await out.write(line(row));
      return 0;
    }
    const changes = ['delete', 'expire', 'lock', 'unlock', 'mindays', 'maxdays', 'warndays', 'inactive'].filter((key) =>
      options.has(key),
    );
    if (changes.length === 0) {
      await call.complain('not simulated: asking for a password');
      return 1;
    }
    const changed = rows.map((row) => {
      if (row[0] !== name) return row;
      const entry = [...row];
      while (entry.length < 9) entry.push('');
      const password = entry[1] ?? '';
      if (options.has('delete')) entry[1] = '';
      if (options.has('expire')) entry[2] = '0';
      if (options.has('lock') && !password.startsWith('!')) entry[1] = `!${password}`;
      if (options.has('unlock')) entry[1] = password.replace(/^!/, '');
      for (const [i, key] of [
        [3, 'mindays'],
        [4, 'maxdays'],
        [5, 'warndays'],
        [6, 'inactive'],
      ] as const)
        if (options.has(key)) entry[i] = options.value(key) as string;
      return entry;
    });
    if (options.has('unlock') && changed.find((row) => row[0] === name)?.[1] === '') {
      await call.complain(
        `unlocking the password would result in a passwordless account.\nYou should set a password with usermod -p to unlock the password of this account.`,
      );
      return 3;
    }
    await writeTable(ctx, SHADOW, changed);
    if (!options.has('quiet')) await out.write(`${call.name}: password changed.\n`);
    return 0;
  },
);

export const chage = command(
  {
    name: 'chage',
    usage: ['[options] LOGIN'],
    about: 'Show or change how long a password lasts.',
    version: VERSION,
    trouble: 2,
    options: {
      'd,lastday=DAY': 'when it was changed',
      'E,expiredate=DATE': 'when the account ends',
      'I,inactive=DAYS': '',
      'l,list': 'show it',
      'm,mindays=DAYS': 'least age',
      'M,maxdays=DAYS': 'greatest age',
      'W,warndays=DAYS': 'when to warn',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const [name] = operands;
    if (name === undefined) {
      await printError(ctx, 'Usage: chage [options] LOGIN\n');
      return 2;
    }
    const rows = await readTable(ctx, SHADOW);
    const row = rows.find((r) => r[0] === name);
    if (row === undefined) {
      await call.complain(`user '${name}' does not exist in /etc/passwd`);
      return 1;
    }
    const keys: readonly (readonly [string, number])[] = [
      ['lastday', 2],
      ['mindays', 3],
      ['maxdays', 4],
      ['warndays', 5],
      ['inactive', 6],
      ['expiredate', 7],
    ];
    if (keys.some(([key]) => options.has(key))) {
      if (ctx.process.credentials.euid !== 0) {
        await call.complain('Permission denied.');
        return 1;
      }
      const entry = [...row];
      while (entry.length < 9) entry.push('');
      for (const [key, i] of keys) {
        const value = options.value(key);
        if (value === undefined) continue;
        entry[i] =
          value === '-1'
            ? ''
            : /^\d{4}-\d\d-\d\d$/.test(value)
              ? String(daysOf(value))
              : value === 'today'
                ? today(ctx)
                : value;
      }
      await writeTable(
        ctx,
        SHADOW,
        rows.map((r) => (r === row ? entry : r)),
      );
      return 0;
    }
    if (!options.has('list')) {
      await call.complain('not simulated: asking for the values; give them as options');
      return 1;
    }
    const [, , last = '', least = '', most = '', warning = '', inactive = '', expires = ''] = row;
    const never = most === '' || Number(most) >= 10_000 || last === '';
    const ends = never
      ? 'never'
      : last === '0'
        ? 'password must be changed'
        : dateOf(String(Number(last) + Number(most)));
    await out.write(
      `Last password change\t\t\t\t\t: ${last === '' ? 'never' : last === '0' ? 'password must be changed' : dateOf(last)}
Password expires\t\t\t\t\t: ${ends}
Password inactive\t\t\t\t\t: ${never || inactive === '' ? 'never' : dateOf(String(Number(last) + Number(most) + Number(inactive)))}
Account expires\t\t\t\t\t\t: ${expires === '' ? 'never' : dateOf(expires)}
Minimum number of days between password change\t\t: ${least === '' ? '-1' : least}
Maximum number of days between password change\t\t: ${most === '' ? '-1' : most}
Number of days of warning before password expires\t: ${warning === '' ? '-1' : warning}
`,
    );
    return 0;
  },
);

/** Days from 1970 to a date of the Gregorian calendar. */
function daysOf(date: string): number {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

export const nologin: Program = {
  name: 'nologin',
  async main(ctx) {
    await ctx.sys.write(ctx, 1, 'This account is currently not available.\n');
    return 1;
  },
};
