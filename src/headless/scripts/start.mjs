/** `npm start`: installs what is missing, builds, and serves the page on loopback. */
import { buildHeadless, buildPage } from './build.mjs';
import { ensureDependencies } from './install.mjs';
import { serveDirectory } from './static-server.mjs';

const DEFAULT_PORT = 4173;
const PORTS_TRIED_MAX = 50;

ensureDependencies();
console.log('Building');
const status = buildPage() || buildHeadless();
if (status !== 0) process.exit(status);

const wanted = process.env.PORT;
const first = wanted === undefined || wanted === '' ? DEFAULT_PORT : Number(wanted);
if (!Number.isInteger(first) || first < 0 || first > 65_535) {
  console.error(`PORT=${wanted} is not a port number.`);
  process.exit(2);
}
// A port that was asked for is used or fails; the default gives way to the next free one.
const { address } = await serveDirectory({ port: first, portsTried: wanted ? 1 : PORTS_TRIED_MAX });
console.log(`\nCutaway is at ${address}\nCtrl-C ends it.`);
