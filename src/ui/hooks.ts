import { type RefObject, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { NodeView } from '../projections/node-view.ts';
import { type Translate, translator } from './messages/catalogue.ts';
import { session } from './session.ts';
import { type UiState, ui } from './store.ts';

export function useUi<T>(selector: (state: UiState) => T): T {
  return useStore(ui, selector);
}

/** Several at once: what else changes, many times a second, renders nothing. */
export function useFields<K extends keyof UiState>(...names: readonly K[]): Pick<UiState, K> {
  const pick = (state: UiState): Pick<UiState, K> =>
    Object.fromEntries(names.map((name) => [name, state[name]])) as Pick<UiState, K>;
  return useStore(ui, useShallow(pick));
}

export function useT(): Translate {
  const catalogue = useUi((state) => state.catalogue);
  return useMemo(() => translator(catalogue), [catalogue]);
}

/** The node as the drawing shows it now. Re-renders at most once a frame. */
export function useNodeView(): { view: NodeView; version: number } {
  const version = useUi((state) => state.version);
  const shown = useUi((state) => state.shown);
  const view = shown.playhead === null ? session.history.live : session.history.at(shown.playhead);
  return { view, version };
}

export function useSize(ref: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    setSize({ width: element.clientWidth, height: element.clientHeight });
    return () => observer.disconnect();
  }, [ref]);
  return size;
}

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const change = (): void => setMatches(list.matches);
    list.addEventListener('change', change);
    return () => list.removeEventListener('change', change);
  }, [query]);
  return matches;
}

const PLACES = [
  '#learn',
  '#article',
  '#teach',
  '#faithful',
  '#faults',
  '#browse',
  '#keys',
  '#interview',
  '#interview-packs',
  '#interview-cards',
  '#interview-report',
  '#compare',
];

/** Which door of the home is open, by the address: `#learn`, `#article`, `#interview` and its rooms …; empty in the sandbox. */
export function usePlace(): string {
  const [place, setPlace] = useState(() => location.hash);
  useEffect(() => {
    const change = (): void => setPlace(location.hash);
    addEventListener('hashchange', change);
    return () => removeEventListener('hashchange', change);
  }, []);
  return PLACES.includes(place) ? place.slice(1) : '';
}
