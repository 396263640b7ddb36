/** @models coreutils 9.7 src/date.c @fidelity partial: UTC; the clock cannot be set */
import { isErrno } from '../../linux/errno.ts';
import { command, Exit } from '../common/command.ts';
import { parseDate, strftime } from '../common/dates.ts';
import { quote } from '../common/quoting.ts';
import { openInput } from '../common/streams.ts';

const ISO: Record<string, string> = {
  '': '%Y-%m-%d',
  date: '%Y-%m-%d',
  hours: '%Y-%m-%dT%H%:z',
  minutes: '%Y-%m-%dT%H:%M%:z',
  seconds: '%Y-%m-%dT%H:%M:%S%:z',
  ns: '%Y-%m-%dT%H:%M:%S,%N%:z',
};
const RFC3339: Record<string, string> = {
  date: '%Y-%m-%d',
  seconds: '%Y-%m-%d %H:%M:%S%:z',
  ns: '%Y-%m-%d %H:%M:%S.%N%:z',
};

export const date = command(
  {
    name: 'date',
    usage: ['[OPTION]... [+FORMAT]', '[-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]'],
    about: 'Print the date and time in the given FORMAT.',
    options: {
      'd,date=STRING': 'print the time that STRING says instead of now',
      debug: '',
      'f,file=DATEFILE': 'the same for each line of DATEFILE',
      'I,iso-8601[=FMT]': 'ISO 8601: date, hours, minutes, seconds or ns',
      resolution: '',
      'R,rfc-email': 'as in mail headers',
      'rfc-3339=FMT': 'RFC 3339: date, seconds or ns',
      'r,reference=FILE': 'print when FILE was last changed',
      's,set=STRING': 'set the time',
      'u,utc': 'UTC',
      universal: '',
    },
    notes:
      'FORMAT takes the usual sequences: %Y %m %d %H %M %S, %F and %T for whole dates and times, %s seconds since 1970, %N nanoseconds.',
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const fail = async (text: string): Promise<never> => {
      await call.complain(text);
      throw new Exit(1);
    };
    const [format, extra] = operands;
    if (extra !== undefined)
      await fail(`extra operand ${quote(ctx, extra)}\nTry '${call.name} --help' for more information.`);
    if (options.has('set') || (format !== undefined && !format.startsWith('+'))) {
      if (format !== undefined && !/^\d{8}(\d{2}){0,2}(\.\d\d)?$/.test(format))
        await fail(`invalid date ${quote(ctx, format)}`);
      const wanted = options.value('set') ?? timestampText(format ?? '', ctx.wallTime);
      const at = parseDate(wanted, ctx.wallTime);
      if (at === null) return fail(`invalid date ${quote(ctx, wanted)}`);
      let refused = false;
      try {
        await ctx.sys.settimeofday(ctx, at);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`cannot set date: ${error.libc}`);
        refused = true;
      }
      await out.write(`${strftime('%a %b %e %H:%M:%S %Z %Y', at)}\n`);
      return refused ? 1 : 0;
    }
    let shown = '%a %b %e %H:%M:%S %Z %Y';
    if (options.has('rfc-email')) shown = '%a, %d %b %Y %H:%M:%S %z';
    if (options.has('iso-8601'))
      shown =
        ISO[options.value('iso-8601') ?? ''] ??
        (await fail(
          `invalid argument ${quote(ctx, options.value('iso-8601') as string)} for ${quote(ctx, '--iso-8601')}`,
        ));
    if (options.has('rfc-3339'))
      shown =
        RFC3339[options.value('rfc-3339') ?? ''] ??
        (await fail(
          `invalid argument ${quote(ctx, options.value('rfc-3339') as string)} for ${quote(ctx, '--rfc-3339')}`,
        ));
    if (format !== undefined) shown = format.slice(1);
    const one = async (text: string): Promise<boolean> => {
      const at = parseDate(text === '' ? 'today 00:00' : text, ctx.wallTime);
      if (at === null) {
        await call.complain(`invalid date ${quote(ctx, text)}`);
        return false;
      }
      await out.write(`${strftime(shown, at)}\n`);
      return true;
    };
    const file = options.value('file');
    if (file !== undefined) {
      const input = await openInput(ctx, file);
      let ok = true;
      for (let line = await input.line(); line !== null; line = await input.line()) if (!(await one(line))) ok = false;
      return ok ? 0 : 1;
    }
    const text = options.value('date');
    if (text !== undefined) return (await one(text)) ? 0 : 1;
    const reference = options.value('reference');
    let at = ctx.wallTime;
    if (reference !== undefined) {
      try {
        at = (await ctx.sys.stat(ctx, reference)).mtime;
      } catch (error) {
        if (!isErrno(error)) throw error;
        await fail(`${reference}: ${error.libc}`);
      }
    }
    await out.write(`${strftime(shown, at)}\n`);
    return 0;
  },
);

/** `MMDDhhmm[[CC]YY][.ss]` as another date. */
function timestampText(text: string, now: bigint): string {
  const [, month = '', day = '', hour = '', minute = '', century = '', year = '', seconds = '00'] =
    /^(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)?(\d\d))?(?:\.(\d\d))?$/.exec(text) ?? [];
  const today = strftime('%Y', now);
  const full = year === '' ? today : `${century === '' ? today.slice(0, 2) : century}${year}`;
  return `${full}-${month}-${day} ${hour}:${minute}:${seconds}`;
}
