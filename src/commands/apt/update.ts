/** apt update. @models apt 3.0 apt-pkg/update.cc, acquire-item.cc, apt-private/private-update.cc @fidelity partial: whole indices, not checked against digests or signatures; no translations; addresses one after the other */
import type { Context } from '../../linux/context.ts';
import { exists, mkdirAll, print, printError, readFileRope, writeFile } from '../../linux/io.ts';
import { acquire, sizeText } from './acquire.ts';
import { installedPackages, offeredPackages } from './database.ts';
import { distsOf, indicesOf, listName, readSources, type Source } from './sources.ts';
import { compareVersions } from './version.ts';

const LISTS = '/var/lib/apt/lists';
const TRIES = 3;
const RETRY_NS = 1_000_000_000;

export async function update(ctx: Context, program: 'apt' | 'apt-get', done: string): Promise<number> {
  if (ctx.process.credentials.euid !== 0) {
    await print(ctx, `Reading package lists...${done}\n`);
    await printError(
      ctx,
      `E: Could not open lock file ${LISTS}/lock - open (13: Permission denied)\nE: Unable to lock directory ${LISTS}/\n`,
    );
    return 100;
  }
  const { sources, problems } = await readSources(ctx);
  if (problems.length > 0) {
    for (const problem of problems) await printError(ctx, `E: ${problem}\n`);
    await printError(ctx, 'E: The list of sources could not be read.\n');
    return 100;
  }
  await mkdirAll(ctx, LISTS);
  const started = ctx.now;
  const warnings: string[] = [];
  const errors: string[] = [];
  let number = 0;
  let fetched = 0;
  for (const source of sources) {
    number++;
    const outcome = await release(ctx, source, number);
    if (typeof outcome !== 'number') {
      if (outcome.missing)
        errors.push(`The repository '${source.uri} ${source.suite} Release' does not have a Release file.`);
      else warnings.push(`Failed to fetch ${source.uri}/${distsOf(source)}InRelease  ${outcome.problem}`);
      continue;
    }
    fetched += outcome;
    for (const { component, path } of indicesOf(source)) {
      const what = component === '' ? ' Packages' : `${source.suite}/${component} amd64 Packages`;
      const name = `${LISTS}/${listName(source.uri, path)}`;
      if (outcome === 0 && (await exists(ctx, name))) continue;
      number++;
      const got = await acquire(ctx, `${source.uri}/${path}`);
      if ('problem' in got) {
        warnings.push(`Failed to fetch ${source.uri}/${path}  ${got.problem}`);
        await print(ctx, `Err:${number} ${source.uri} ${what}\n  ${got.problem}\n`);
        continue;
      }
      fetched += got.body.length;
      await writeFile(ctx, name, got.body);
      await print(ctx, `Get:${number} ${source.uri} ${what} [${sizeText(got.body.length)}]\n`);
    }
  }
  const seconds = Math.max(1, Math.round((ctx.now - started) / 1e9));
  if (fetched > 0) await print(ctx, `Fetched ${sizeText(fetched)} in ${seconds}s (${sizeText(fetched / seconds)}/s)\n`);
  await print(ctx, `Reading package lists...${done}\n`);
  for (const warning of warnings) await printError(ctx, `W: ${warning}\n`);
  if (warnings.length > 0)
    await printError(
      ctx,
      'W: Some index files failed to download. They have been ignored, or old ones used instead.\n',
    );
  for (const error of errors) await printError(ctx, `E: ${error}\n`);
  if (program === 'apt' && errors.length === 0) {
    await print(ctx, `Building dependency tree...${done}\nReading state information...${done}\n`);
    const newer = await upgradable(ctx);
    await print(
      ctx,
      newer.length === 0
        ? 'All packages are up to date.\n'
        : `${newer.length} package${newer.length === 1 ? '' : 's'} can be upgraded. Run 'apt list --upgradable' to see ${newer.length === 1 ? 'it' : 'them'}.\n`,
    );
  }
  return errors.length > 0 ? 100 : 0;
}

/** Names of packages of which the lists have a newer version. */
export async function upgradable(ctx: Context): Promise<string[]> {
  const offers = await offeredPackages(ctx);
  return ((await installedPackages(ctx)) ?? [])
    .filter(
      ({ name, version, status }) =>
        status.endsWith(' installed') &&
        offers.some((o) => o.package.name === name && compareVersions(o.package.version, version) > 0),
    )
    .map(({ name }) => name);
}

/** Bytes fetched; 0 if there is nothing new. */
async function release(
  ctx: Context,
  source: Source,
  number: number,
): Promise<number | { problem: string; missing: boolean }> {
  const { uri } = source;
  // Of a directory only its name is told.
  const suite = source.suite === '/' ? '' : source.suite;
  const path = `${distsOf(source)}InRelease`;
  const name = `${LISTS}/${listName(uri, path)}`;
  for (let attempt = 0; ; attempt++) {
    const got = await acquire(ctx, `${uri}/${path}`);
    if ('body' in got) {
      const known = (await exists(ctx, name)) ? (await readFileRope(ctx, name)).toString() : null;
      if (known === got.body.toString()) {
        await print(ctx, `Hit:${number} ${uri} ${suite} InRelease\n`);
        return 0;
      }
      await writeFile(ctx, name, got.body);
      await print(ctx, `Get:${number} ${uri} ${suite} InRelease [${sizeText(got.body.length)}]\n`);
      return got.body.length;
    }
    if (got.passing && attempt < TRIES) {
      await print(ctx, `Ign:${number} ${uri} ${suite} InRelease\n`);
      await ctx.sleep(RETRY_NS << attempt);
      continue;
    }
    if (got.problem.startsWith('404')) {
      await print(
        ctx,
        `Ign:${number} ${uri} ${suite} InRelease\nErr:${number + 1} ${uri} ${suite} Release\n  ${got.problem}\n`,
      );
      return { problem: got.problem, missing: true };
    }
    await print(ctx, `Err:${number} ${uri} ${suite} InRelease\n  ${got.problem}\n`);
    return { problem: got.problem, missing: false };
  }
}
