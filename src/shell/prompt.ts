/** PS1 and PS2. @models bash 5.2 parse.y decode_prompt_string @fidelity partial: \D formats only the common fields */
import { parse } from 'unbash';
import type { Context } from '../linux/context.ts';
import { expandHeredoc } from './expand.ts';
import type { Shell } from './shell.ts';
import { scalar } from './variables.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export type CivilTime = {
  year: number;
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
  second: number;
};

/** UTC calendar fields of ns since 1970 (days-from-civil, reversed). */
export function civilTime(wallNs: bigint): CivilTime {
  const seconds = Number(wallNs / 1_000_000_000n);
  const days = Math.floor(seconds / 86_400);
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const rest = seconds - days * 86_400;
  return {
    year: yoe + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: doy - Math.floor((153 * mp + 2) / 5) + 1,
    weekday: (((days + 4) % 7) + 7) % 7,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
  };
}

const two = (n: number): string => String(n).padStart(2, '0');

/** The common strftime conversions, for \D{…} and printf's %(…)T. */
export function strftime(format: string, t: CivilTime, epoch: bigint): string {
  return format.replace(/%([a-zA-Z%])/g, (all, c: string) => {
    switch (c) {
      case 'Y':
        return String(t.year);
      case 'm':
        return two(t.month);
      case 'd':
        return two(t.day);
      case 'H':
        return two(t.hour);
      case 'M':
        return two(t.minute);
      case 'S':
        return two(t.second);
      case 'F':
        return `${t.year}-${two(t.month)}-${two(t.day)}`;
      case 'T':
        return `${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;
      case 'a':
        return DAYS[t.weekday] ?? '';
      case 'b':
        return MONTHS[t.month - 1] ?? '';
      case 'e':
        return String(t.day).padStart(2);
      case 's':
        return String(epoch);
      case 'Z':
        return 'UTC';
      case 'z':
        return '+0000';
      case '%':
        return '%';
      default:
        return all;
    }
  });
}

export function shortDirectory(sh: Shell): string {
  const home = scalar(sh, 'HOME') ?? '';
  const { cwd } = sh;
  if (home !== '' && home !== '/' && (cwd === home || cwd.startsWith(`${home}/`))) return `~${cwd.slice(home.length)}`;
  return cwd;
}

export async function expandPrompt(ctx: Context, sh: Shell, text: string): Promise<string> {
  let out = '';
  const time = civilTime(ctx.wallTime);
  const host = (await ctx.sys.uname(ctx)).nodename;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c !== '\\') {
      out += c;
      continue;
    }
    const next = text[++i] ?? '\\';
    switch (next) {
      case 'u':
        out += scalar(sh, 'USER') ?? 'root';
        break;
      case 'h':
        out += host.split('.')[0] ?? '';
        break;
      case 'H':
        out += host;
        break;
      case 'w':
        out += shortDirectory(sh);
        break;
      case 'W': {
        const short = shortDirectory(sh);
        out += short === '/' || short === '~' ? short : short.slice(short.lastIndexOf('/') + 1);
        break;
      }
      case '$':
        out += scalar(sh, 'EUID') === '0' || scalar(sh, 'EUID') === undefined ? '#' : '\\$';
        break;
      case 's':
        out += (sh.name.split('/').pop() ?? sh.name).replace(/^-/, '');
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'a':
        out += '\x07';
        break;
      case 'e':
        out += '\x1b';
        break;
      case 't':
        out += strftime('%T', time, 0n);
        break;
      case 'A':
        out += strftime('%H:%M', time, 0n);
        break;
      case 'd':
        out += strftime('%a %b %d', time, 0n);
        break;
      case 'j':
        out += String(sh.jobs.length);
        break;
      case 'l':
        out += sh.ttyFd >= 0 ? 'pts' : 'tty';
        break;
      case 'v':
        out += '5.2';
        break;
      case 'V':
        out += '5.2.37';
        break;
      case '!':
      case '#':
        out += String(sh.historyBase + sh.history.length);
        break;
      case '[':
        out += '\x01';
        break;
      case ']':
        out += '\x02';
        break;
      case '\\':
        out += '\\\\';
        break;
      case 'D': {
        const close = text.indexOf('}', i);
        out += strftime(text.slice(i + 2, close), time, ctx.wallTime / 1_000_000_000n);
        i = close;
        break;
      }
      default: {
        const octal = /^[0-7]{3}/.exec(text.slice(i));
        if (octal !== null) {
          out += String.fromCharCode(Number.parseInt(octal[0], 8));
          i += 2;
        } else out += `\\${next}`;
      }
    }
  }
  if (!/[$`]/.test(out) || parse(`: "${out}"`).errors !== undefined) return out.replace(/\\([\\$`])/g, '$1');
  const status = sh.status;
  const expanded = await expandHeredoc(ctx, sh, out);
  sh.status = status;
  return expanded;
}
