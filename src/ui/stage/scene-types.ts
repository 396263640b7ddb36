/** The drawing as data: what is where, what it says, and what a click on it opens. */
import type { Stratum } from '../../projections/layers.ts';
import type { Selection } from '../selection.ts';

export type SceneText = { readonly text: string; readonly mono?: boolean; readonly soft?: boolean };

export type SceneKind =
  | 'client'
  | 'service'
  | 'pipe'
  | 'runtime'
  | 'room'
  | 'shim'
  | 'oci'
  | 'pod'
  | 'row'
  | 'container'
  | 'process'
  | 'floor'
  | 'chip'
  | 'registry'
  /** Namespaces that containers of a pod have in common: an outline around them. */
  | 'frame'
  /** A hypervisor: a box with walls that contains a floor of its own. */
  | 'vm'
  | 'guest-floor'
  /** A floor inside, and who stands on it. */
  | 'guest-room'
  /** A raised floor and what it stands on. */
  | 'sentry'
  | 'stilts'
  /** A process beside a pod's containers. */
  | 'support'
  | 'bridge'
  | 'port'
  /** One of many, too small for a name. */
  | 'cell'
  | 'note';

/** A value in the terms of its limit; `share` is null where there is none. */
export type Gauge = { readonly label: string; readonly share: number | null };

/** A committed layer, or the writable one of a container. */
export type Block = {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly upper: boolean;
};

export type SceneNode = {
  readonly id: string;
  readonly kind: SceneKind;
  readonly stratum: Stratum | null;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** Depth in the tree that a screen reader walks. */
  readonly level: number;
  readonly texts: readonly SceneText[];
  /** Dotted outline: not here any more. */
  readonly ghost: boolean;
  /** Dashed outline: without a process, down, not ready. */
  readonly dashed: boolean;
  readonly select: Selection | null;
  readonly label: string;
  /** Lengths in [0, 1], drawn as bars in the lower part. */
  readonly bars?: readonly { readonly share: number }[];
  /** A room in which something is under way. */
  readonly lit?: boolean;
  /** A room without a wall at its left. */
  readonly first?: boolean;
  readonly gauges?: readonly Gauge[];
  /** Layers, at their places in the drawing. */
  readonly blocks?: readonly Block[];
  /** From where it grew: the middle of its parent, relative to its own. */
  readonly grewFrom?: Point;
  /** Stands out because it is what somebody looks for; the others step back. */
  readonly found?: boolean;
};

export type Point = readonly [number, number];

export type SceneLine = {
  readonly id: string;
  readonly points: readonly Point[];
  readonly stratum: Stratum | null;
  readonly kind?: 'wire';
};

export type Box = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };

export type Scene = {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly SceneNode[];
  readonly lines: readonly SceneLine[];
  readonly strata: readonly { readonly stratum: Stratum; readonly y: number }[];
  /** What the rows above the floor stand on: it is the kernel, which all that runs on the node stands on. */
  readonly slabs: readonly Pick<Box, 'x' | 'y' | 'w'>[];
  /** Between them and the floor. */
  readonly post: Box | null;
  /** Where the process with this pid is drawn. */
  readonly nodeOfPid: ReadonlyMap<number, string>;
  readonly byId: ReadonlyMap<string, SceneNode>;
  /** Pids of the living that each node stands for, in order, for whoever reads the drawing back. */
  readonly pidsOf: ReadonlyMap<string, string>;
};

/** What of `text` fits in `width` pixels at `charWidth` a character. */
export function shorten(text: string, width: number, charWidth: number): string {
  let used = 0;
  for (let i = 0; i < text.length; i++) {
    used += widthAt(text, i) * charWidth;
    if (used > width) return i < 2 ? '' : `${text.slice(0, i - 1)}…`;
  }
  return text;
}

/** Chinese characters are wide. */
function widthAt(text: string, i: number): number {
  return text.charCodeAt(i) > 0x2e7f ? 1.8 : 1;
}

export function textWidth(text: string, charWidth: number): number {
  let width = 0;
  for (let i = 0; i < text.length; i++) width += widthAt(text, i) * charWidth;
  return width;
}

/** The bottom wall of a hypervisor's box: high enough for its name. */
export const VM_BASE = 18;

export const MONO_CHAR = 6.65;
export const SANS_CHAR = 6.3;
