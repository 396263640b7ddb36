import { NUMERALS } from '../../projections/layers.ts';
import type { ProcessView } from '../../projections/node-view.ts';
import type { Translate } from '../messages/catalogue.ts';
import {
  MONO_CHAR,
  SANS_CHAR,
  type SceneKind,
  type SceneLine,
  type SceneNode,
  type SceneText,
  shorten,
} from './scene-types.ts';

/** Text in a lecture is 12 px where it is else 11. */
export const LECTURE_TEXT = 12 / 11;

/** Their text stands nearer to their edge. */
export const INSET: ReadonlySet<SceneKind> = new Set(['container', 'support', 'process']);

/** Collects nodes; the parts of the drawing call it. */
export class SceneBuilder {
  readonly nodes: SceneNode[] = [];
  readonly lines: SceneLine[] = [];
  readonly nodeOfPid = new Map<number, string>();
  private readonly byId = new Map<string, SceneNode>();
  readonly t: Translate;
  readonly detail: 'full' | 'lecture';

  /** Virtual time of what is drawn. */
  readonly now: number;

  constructor(t: Translate, detail: 'full' | 'lecture', now: number) {
    this.t = t;
    this.now = now;
    this.detail = detail;
  }

  add(node: Omit<SceneNode, 'ghost' | 'dashed' | 'label' | 'select'> & Partial<SceneNode>): SceneNode {
    const room = node.w - (INSET.has(node.kind) ? 10 : 16);
    const scale = this.detail === 'lecture' ? LECTURE_TEXT : 1;
    const label = node.label ?? node.texts.map((line) => line.text).join(', ');
    const made: SceneNode = {
      ghost: false,
      dashed: false,
      select: null,
      ...node,
      label: node.ghost === true ? `${label}, ${this.t('stage.gone')}` : label,
      texts: this.numbered(node)
        .map((line) => ({
          ...line,
          text: shorten(line.text, room, scale * (line.mono === true ? MONO_CHAR : SANS_CHAR)),
        }))
        .filter((line, i) => line.text !== '' && (node.h < 40 ? 17 : 21) + i * 14 <= Math.max(node.h, 21)),
    };
    this.nodes.push(made);
    this.byId.set(made.id, made);
    return made;
  }

  /** A lecture has no column of layer names: each block carries its numeral, one line, and the names of who lives in it. */
  private numbered(node: Pick<SceneNode, 'texts' | 'stratum' | 'kind'>): readonly SceneText[] {
    const first = node.texts[0];
    if (this.detail === 'full' || first === undefined) return node.texts;
    const numeral =
      node.stratum === null || node.kind === 'container' || node.kind === 'guest-room'
        ? ''
        : `${NUMERALS[node.stratum]} `;
    const names = node.texts.slice(1).filter((line) => line.soft !== true);
    return [{ ...first, text: numeral + first.text }, ...names];
  }

  find(id: string): SceneNode | undefined {
    return this.byId.get(id);
  }

  /** Where the process with this pid is drawn so far: its middle. */
  centreOf(pid: number): readonly [number, number] | undefined {
    const id = this.nodeOfPid.get(pid);
    const node = id === undefined ? undefined : this.byId.get(id);
    return node === undefined ? undefined : [node.x + node.w / 2, node.y + node.h / 2];
  }

  process(
    process: ProcessView,
    node: Omit<SceneNode, 'id' | 'texts' | 'ghost' | 'dashed' | 'label' | 'select'>,
    texts: readonly SceneText[],
    dashed = false,
    label = texts.map((line) => line.text).join(', '),
  ): SceneNode {
    const id = `process:${process.pid}`;
    this.nodeOfPid.set(process.pid, id);
    return this.add({
      ...node,
      id,
      texts,
      label,
      dashed,
      ghost: process.exitedAt !== null,
      select: { kind: 'process', pid: process.pid },
    });
  }
}
