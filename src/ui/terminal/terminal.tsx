/** Gives the terminal, which is older than the rest of the page, its place in it. */
import { useLayoutEffect, useRef } from 'react';
import { useT } from '../hooks.ts';
import { placeTerminal } from './terminal-host.ts';

export function Terminal() {
  const t = useT();
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (place.current !== null) placeTerminal(place.current, t('term.label'), t('term.leave'));
  }, [t]);
  return <div className="terminal-place" ref={place} />;
}
