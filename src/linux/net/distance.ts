/** How far it is to somebody on the network, and what that costs. */
import { LATENCY } from '../../sim/latency.ts';
import type { LinkModel } from '../socket.ts';

/** On this machine, on the same segment, or beyond routers that are not modelled. */
export type Distance = 'local' | 'segment' | 'internet';

const DISTANCES: readonly Distance[] = ['local', 'segment', 'internet'];

export function farther(a: Distance, b: Distance): Distance {
  return DISTANCES.indexOf(a) > DISTANCES.indexOf(b) ? a : b;
}

export const ROUND_TRIP_NS: Readonly<Record<Distance, number>> = {
  local: LATENCY.loopbackNs,
  segment: LATENCY.segmentRoundTripNs,
  internet: LATENCY.internetRoundTripNs,
};

export const LINKS: Readonly<Record<Distance, LinkModel | null>> = {
  local: null,
  segment: { latencyNs: LATENCY.segmentRoundTripNs, bytesPerSecond: LATENCY.segmentBytesPerSecond },
  internet: { latencyNs: LATENCY.internetRoundTripNs, bytesPerSecond: LATENCY.registryBytesPerSecond },
};
