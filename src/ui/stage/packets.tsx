/** Calls on their way. A packet can be opened while it travels and after it has arrived. */
import { useEffect, useRef } from 'react';
import { isStanding, NUMERALS, type Stratum, shortMethod, stratumOfCall } from '../../projections/layers.ts';
import type { NodeView } from '../../projections/node-view.ts';
import type { Shown } from '../director.ts';
import { useMedia } from '../hooks.ts';
import { session } from '../session.ts';
import { select } from '../store.ts';
import { along, endsOf, route } from './routes.ts';
import type { Point, Scene } from './scene-types.ts';

const TRAVEL_MS = 480;
const IN_FLIGHT_MAX = 12;
const HALF_HEIGHT = 10;

export function HopPacket({ scene, shown, view }: { scene: Scene; shown: Shown; view: NodeView }) {
  const hop = shown.hop;
  if (hop === null) return null;
  const { from, to } = endsOf(scene, hop, view);
  const end = to ?? from ?? scene.byId.get('floor') ?? null;
  if (end === null) return null;
  const start = from ?? end;
  const points = route(start, end);
  return (
    <Packet
      key={hop.seq}
      points={points}
      stratum={hop.stratum}
      text={hop.label}
      failed={hop.failed}
      call={hop.call}
      pid={hop.from}
      limits={scene.width}
    />
  );
}

export function InFlightPackets({ scene, view }: { scene: Scene; view: NodeView }) {
  const calls = [...view.calls.values()].filter((call) => !isStanding(call, view.time)).slice(-IN_FLIGHT_MAX);
  return (
    <>
      {calls.map((call) => {
        const stratum = stratumOfCall(call.protocol, call.method, call.address);
        const { from, to } = endsOf(scene, { ...call, stratum, kind: 'request', label: '' }, view);
        if (from === null || to === null || from.id === to.id) return null;
        return (
          <Packet
            key={call.call}
            points={route(from, to)}
            stratum={stratum}
            text={shortMethod(call.method)}
            failed={false}
            call={call.call}
            pid={call.from}
            limits={scene.width}
          />
        );
      })}
    </>
  );
}

type PacketProps = {
  points: readonly Point[];
  stratum: Stratum | null;
  text: string;
  failed: boolean;
  call: number | null;
  pid: number;
  limits: number;
};

function Packet({ points, stratum, text, failed, call, pid, limits }: PacketProps) {
  const way = JSON.stringify(points);
  const group = useRef<SVGGElement>(null);
  const still = useMedia('(prefers-reduced-motion: reduce)');
  const label = `${stratum === null ? '' : `${NUMERALS[stratum]} `}${text}`;
  const w = 22 + label.length * 6.5;
  const place = (share: number): string => {
    const [x, y] = along(points, share);
    // Whole within the sheet, also over the tops of the first row.
    return `translate(${Math.min(limits - w / 2 - 4, Math.max(w / 2 + 4, x))} ${Math.max(HALF_HEIGHT + 1, y)})`;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a packet must not start again on every frame
  useEffect(() => {
    const element = group.current;
    if (element === null) return;
    let frame = 0;
    const began = performance.now();
    const step = (): void => {
      const share = still ? 1 : Math.min(1, (performance.now() - began) / TRAVEL_MS);
      // Slow at both ends; the packet stops short of what it enters so that it stays readable.
      const eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
      element.setAttribute('transform', place(eased));
      if (share < 1) frame = requestAnimationFrame(step);
    };
    step();
    return () => cancelAnimationFrame(frame);
  }, [way, still]);
  const open = (): void => {
    session.hold();
    select(call === null ? { kind: 'process', pid } : { kind: 'call', call });
  };
  return (
    <g
      ref={group}
      className={failed ? 'packet failed' : 'packet'}
      style={{ '--stroke': stratum === null ? 'var(--ink)' : `var(--${stratum})` } as React.CSSProperties}
      onClick={open}
      aria-hidden="true"
    >
      <rect x={-w / 2} y={-HALF_HEIGHT} width={w} height={2 * HALF_HEIGHT} rx={HALF_HEIGHT} />
      <text textAnchor="middle" y={4}>
        {label}
      </text>
    </g>
  );
}
