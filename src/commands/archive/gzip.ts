/** gzip, gunzip, zcat. @models gzip 1.13 @fidelity partial: the level only changes nothing; content that the model generated is stored, not deflated */
import { isErrno } from '../../linux/errno.ts';
import { readAllRope, readFileRope, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { Rope } from '../../linux/rope.ts';
import { gzip as deflate, GzipError, gunzip as inflate, isGzip } from '../../protocols/oci/gzip.ts';
import { LATENCY } from '../../sim/latency.ts';
import { command, type Invocation } from '../common/command.ts';
import { isTerminal } from '../common/streams.ts';
import { confirmText } from '../xargs/ask.ts';

/** What is not packed once more. */
const KNOWN_SUFFIX = /\.gz$|\.z$|\.taz$|\.tgz$|-gz$|-z$|_z$/;

const OPTIONS = {
  'c,stdout': 'write to standard output, keep files',
  'd,decompress': 'decompress',
  'f,force': 'overwrite, and compress links',
  'k,keep': 'keep the files that were read',
  'l,list': 'list what compressed files hold',
  'n,no-name': 'no name and time',
  'N,name': 'with name and time',
  'q,quiet': 'no warnings',
  'r,recursive': 'what is in directories',
  'S,suffix=SUF': 'use SUF instead of .gz',
  't,test': 'only test',
  'v,verbose': 'say what was done',
  '1,fast': 'fast',
  '9,best': 'small',
  2: '',
  3: '',
  4: '',
  5: '',
  6: '',
  7: '',
  8: '',
};

type Job = { call: Invocation; decompress: boolean; toStdout: boolean };

async function one(job: Job, path: string): Promise<number> {
  const { call } = job;
  const { ctx, options, out } = call;
  const suffix = options.value('suffix') ?? '.gz';
  const warn = async (text: string, status: number): Promise<number> => {
    if (status === 1 || !options.has('quiet')) await call.complain(text);
    return status;
  };
  if (path === '-') {
    if (!job.decompress && !options.has('force') && (await isTerminal(ctx, 1)))
      return warn(
        'compressed data not written to a terminal. Use -f to force compression.\nFor help, type: gzip -h',
        1,
      );
    const input = await readAllRope(ctx, 0);
    return convert(job, 'stdin', input, async (result) => out.bytes(result));
  }
  let source = path;
  let content: Rope;
  let mode = 0o644;
  try {
    let stat: Awaited<ReturnType<typeof ctx.sys.stat>>;
    try {
      stat = await ctx.sys.stat(ctx, source);
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || !job.decompress || source.endsWith(suffix)) throw error;
      source = `${path}${suffix}`;
      stat = await ctx.sys.stat(ctx, source);
    }
    if (stat.type === 'directory') {
      if (!options.has('recursive')) return warn(`${path} is a directory -- ignored`, 2);
      let status = 0;
      for (const entry of await ctx.sys.readDirectory(ctx, path))
        if (entry.name !== '.' && entry.name !== '..')
          status = Math.max(status, await one(job, `${path}/${entry.name}`));
      return status;
    }
    mode = stat.mode;
    content = await readFileRope(ctx, source);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return warn(`${source}: ${error.libc}`, 1);
  }
  if (options.has('list')) {
    const plain = inflate(content);
    const ratio = plain.length === 0 ? 0 : (1 - (content.length - 18) / plain.length) * 100;
    await out.write(
      `${String(content.length).padStart(19)} ${String(plain.length).padStart(19)} ${`${ratio.toFixed(1)}%`.padStart(5)} ${source.replace(/\.gz$/, '')}\n`,
    );
    return 0;
  }
  if (job.toStdout) return convert(job, source, content, async (result) => out.bytes(result));
  const packed = job.decompress ? undefined : source.endsWith(suffix) ? suffix : KNOWN_SUFFIX.exec(source)?.[0];
  if (packed !== undefined) return warn(`${source} already has ${packed} suffix -- unchanged`, 2);
  if (job.decompress && !options.has('test') && !/\.(gz|tgz|z|Z)$/.test(source) && !source.endsWith(suffix))
    return warn(`${source}: unknown suffix -- ignored`, 2);
  const target = job.decompress
    ? source.endsWith('.tgz')
      ? source.replace(/\.tgz$/, '.tar')
      : source.replace(/\.[^.]*$/, '')
    : source + suffix;
  return convert(job, source, content, async (result) => {
    if (options.has('test')) return;
    if (!options.has('force')) {
      try {
        await ctx.sys.stat(ctx, target);
        if (
          !(await isTerminal(ctx, 0)) ||
          !(await confirmText(ctx, `gzip: ${target} already exists; do you wish to overwrite (y or n)? `))
        ) {
          await call.complain(`${target} already exists;\tnot overwritten`);
          return;
        }
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    await writeFile(ctx, target, result, { mode });
    if (!options.has('keep')) await ctx.sys.unlink(ctx, source);
    if (options.has('verbose')) {
      const [small, large] = job.decompress ? [content.length, result.length] : [result.length, content.length];
      const ratio = large === 0 ? 0 : (1 - (small - 18) / large) * 100;
      await out.flush();
      await ctx.sys.write(
        ctx,
        2,
        `${source}:\t${ratio.toFixed(1).padStart(5)}% -- ${options.has('keep') ? 'created' : 'replaced with'} ${target}\n`,
      );
    }
  });
}

async function convert(job: Job, name: string, content: Rope, put: (result: Rope) => Promise<void>): Promise<number> {
  const { ctx } = job.call;
  if (!job.decompress) {
    await ctx.cpu(content.length * LATENCY.gzipByteNs);
    await put(deflate(content));
    return 0;
  }
  if (!isGzip(content)) {
    // `zcat -f` and `gzip -cdf` pass on what is not compressed.
    if (job.toStdout && job.call.options.has('force')) {
      await put(content);
      return 0;
    }
    const what = content.length === 0 ? 'unexpected end of file' : 'not in gzip format';
    await ctx.sys.write(ctx, 2, `\n${job.call.name}: ${name}: ${what}\n`);
    return 1;
  }
  try {
    const plain = inflate(content);
    await ctx.cpu(plain.length * LATENCY.gunzipByteNs);
    await put(plain);
    return 0;
  } catch (error) {
    if (!(error instanceof GzipError)) throw error;
    const cut = /EOF/.test(error.message);
    await job.call.ctx.sys.write(
      job.call.ctx,
      2,
      `\n${job.call.name}: ${name}: ${cut ? 'unexpected end of file' : 'invalid compressed data--format violated'}\n`,
    );
    return 1;
  }
}

function program(name: string, decompress: boolean, toStdout: boolean): Program {
  return command(
    {
      name,
      usage: ['[OPTION]... [FILE]...'],
      about: 'Compress or decompress files, by default in place.',
      version: 'gzip) 1.13',
      options: OPTIONS,
    },
    async (call) => {
      call.name = 'gzip';
      const job = {
        call,
        decompress:
          decompress || call.options.has('decompress') || call.options.has('test') || call.options.has('list'),
        toStdout: toStdout || call.options.has('stdout'),
      };
      if (call.options.has('list'))
        await call.out.write('         compressed        uncompressed  ratio uncompressed_name\n');
      let status = 0;
      for (const path of call.operands.length === 0 ? ['-'] : call.operands)
        status = Math.max(status, await one(job, path));
      return status;
    },
  );
}

export const gzip = program('gzip', false, false);
export const gunzip = program('gunzip', true, false);
export const zcat = program('zcat', true, true);
