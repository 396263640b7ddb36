/** Gives the terminals, which are older than the rest of the page, their place in it. */
import { useLayoutEffect, useRef } from 'react';
import { useT } from '../hooks.ts';
import { placeTerminal } from './terminal-host.ts';

export function Terminal() {
  const t = useT();
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (place.current === null) return;
    const label = (number: number): string => t('term.numbered', { number: number + 1 });
    placeTerminal(place.current, t('term.label'), label, t('term.leave'));
  }, [t]);
  return <div className="terminal-place" ref={place} />;
}
