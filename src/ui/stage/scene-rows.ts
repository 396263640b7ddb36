/** How high each stratum is. Between a cramped and a comfortable height everything grows alike; beyond it, the rooms do. */

export type Rows = {
  readonly controlY: number;
  readonly controlH: number;
  readonly clientsY: number;
  readonly clientH: number;
  readonly pipeY: number;
  readonly pipeH: number;
  readonly runtimeY: number;
  readonly runtimeH: number;
  readonly shimY: number;
  readonly shimH: number;
  readonly ociY: number;
  readonly ociH: number;
  readonly podsY: number;
  readonly floorY: number;
  readonly floorH: number;
  readonly groundH: number;
};

type Range = readonly [cramped: number, comfortable: number];

const FULL = {
  top: [6, 12],
  control: [22, 30],
  controlGap: [7, 14],
  client: [24, 36],
  clientGap: [11, 26],
  pipe: [18, 24],
  pipeGap: [8, 16],
  runtime: [58, 110],
  runtimeGap: [12, 24],
  shim: [22, 34],
  shimGap: [7, 18],
  oci: [20, 28],
  ociGap: [7, 14],
  pods: [118, 190],
  floor: [18, 24],
  ground: [28, 66],
} satisfies Record<string, Range>;

/** At 1080p with its terminal a lecture's drawing is about twice as tall: text of 12 is then 24 px. */
const LECTURE = {
  ...FULL,
  top: [6, 8],
  control: [26, 30],
  client: [26, 30],
  clientGap: [8, 20],
  runtime: [26, 60],
  runtimeGap: [10, 24],
  shim: [24, 30],
  // Beside the shims.
  oci: [0, 0],
  ociGap: [0, 0],
  pods: [112, 190],
  floor: [24, 24],
  ground: [4, 4],
} satisfies Record<keyof typeof FULL, Range>;

const POD_SHARE = 0.62;
const RUNTIME_SHARE = 0.28;

function sum(rows: Record<string, Range>, at: 0 | 1, controlPlane: boolean): number {
  let total = 0;
  for (const [name, range] of Object.entries(rows)) if (controlPlane || !name.startsWith('control')) total += range[at];
  return total;
}

/** What the drawing needs at least; less room scales it down. */
export function rowsHeightMin(lecture: boolean, controlPlane: boolean): number {
  return sum(lecture ? LECTURE : FULL, 0, controlPlane);
}

export function rowsOf(height: number, lecture: boolean, controlPlane: boolean): Rows {
  const table = lecture ? LECTURE : FULL;
  const [least, most] = [sum(table, 0, controlPlane), sum(table, 1, controlPlane)];
  const share = Math.max(0, Math.min(1, (height - least) / (most - least)));
  const extra = Math.max(0, height - most);
  const of = (name: keyof typeof FULL): number => table[name][0] + (table[name][1] - table[name][0]) * share;
  let y = of('top');
  const row = (h: number, gap: number): number => {
    const at = y;
    y += h + gap;
    return at;
  };
  const runtimeH = of('runtime') + extra * RUNTIME_SHARE;
  const controlY = controlPlane ? row(of('control'), of('controlGap')) : y;
  const clientsY = row(of('client'), of('clientGap'));
  const pipeY = row(of('pipe'), of('pipeGap'));
  const runtimeY = row(runtimeH, of('runtimeGap') + extra * (1 - POD_SHARE - RUNTIME_SHARE));
  const shimY = row(of('shim'), of('shimGap'));
  const ociY = row(of('oci'), of('ociGap'));
  return {
    controlY,
    controlH: of('control'),
    clientsY,
    clientH: of('client'),
    pipeY,
    pipeH: of('pipe'),
    runtimeY,
    runtimeH,
    shimY,
    shimH: of('shim'),
    ociY,
    ociH: of('oci'),
    podsY: y,
    floorY: height - of('floor') - of('ground'),
    floorH: of('floor'),
    groundH: of('ground'),
  };
}
