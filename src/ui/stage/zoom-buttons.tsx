/** What fingers, wheel and keys do, for whoever has but a pointer. */
import { useEffect } from 'react';
import { useT } from '../hooks.ts';
import { ZOOM_STEP, type Zoom } from './use-zoom.ts';

export function ZoomButtons({ zoom }: { zoom: Zoom }) {
  const t = useT();
  return (
    <fieldset className="zoom" aria-label={t('stage.zoom')}>
      <button
        type="button"
        title={t('stage.farther')}
        aria-label={t('stage.farther')}
        onClick={() => zoom.by(1 / ZOOM_STEP)}
        disabled={!zoom.near}
      >
        −
      </button>
      <button type="button" title={t('stage.nearer')} aria-label={t('stage.nearer')} onClick={() => zoom.by(ZOOM_STEP)}>
        +
      </button>
      {zoom.near && (
        <button type="button" title={t('stage.whole')} onClick={zoom.whole}>
          {t('stage.whole')}
        </button>
      )}
    </fieldset>
  );
}

/** `+`, `-` and `0` of whoever types nowhere. */
export function useZoomKeys(zoom: Zoom): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const { target } = event;
      if (target instanceof Element && target.closest('input, textarea, select, .xterm') !== null) return;
      if (zoomByKey(event.key, zoom)) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [zoom]);
}

/** Whether the key was one of them. */
export function zoomByKey(key: string, zoom: Zoom): boolean {
  if (key === '+' || key === '=') zoom.by(ZOOM_STEP);
  else if (key === '-' || key === '_') zoom.by(1 / ZOOM_STEP);
  else if (key === '0') zoom.whole();
  else return false;
  return true;
}
