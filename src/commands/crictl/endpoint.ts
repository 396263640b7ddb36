/**
 * `unix:///run/x.sock` to the socket's path.
 * @models kubernetes/cri-client pkg/util/util_unix.go parseEndpointWithFallbackProtocol
 * @fidelity partial: of the faults of a URL only an unknown scheme is told apart
 */
import { quote } from '../../go/quote.ts';
import { Failure } from './failure.ts';

export const DEFAULT_ENDPOINTS: readonly string[] = [
  'unix:///run/containerd/containerd.sock',
  'unix:///run/crio/crio.sock',
  'unix:///var/run/cri-dockerd.sock',
];

export function socketPath(endpoint: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(endpoint)?.[1]?.toLowerCase();
  // Without a scheme the endpoint is taken for a path.
  if (scheme === undefined) return urlPath(`unix://${endpoint}`);
  if (scheme === 'unix') return urlPath(endpoint);
  if (scheme === 'tcp') throw new Failure('only support unix socket endpoint');
  throw new Failure(`protocol ${quote(scheme)} not supported`);
}

function urlPath(url: string): string {
  const rest = url.slice(url.indexOf(':') + 1);
  if (!rest.startsWith('//')) return rest.startsWith('/') ? rest : '';
  const slash = rest.indexOf('/', 2);
  const path = slash < 0 ? '' : rest.slice(slash);
  return path.replace(/[?#].*$/, '');
}
