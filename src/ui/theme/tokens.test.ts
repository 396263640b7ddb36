import { describe, expect, it } from 'vitest';
import { STRATA } from '../../projections/layers.ts';
import { THEMES, type ThemeName } from './tokens.ts';

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function ratio(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(Object.keys(THEMES) as ThemeName[])('theme %s', (name) => {
  const theme = THEMES[name];
  const grounds = ['paper', 'panel', 'grid'] as const;

  it.each(['ink', 'soft', 'danger', ...STRATA] as const)('text in %s reads on every ground', (token) => {
    for (const ground of grounds) expect(ratio(theme[token], theme[ground]), ground).toBeGreaterThanOrEqual(4.5);
  });

  it('ink reads on the floor', () => {
    expect(ratio(theme.ink, theme.floor)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(STRATA)('a packet of %s carries readable text', (stratum) => {
    expect(ratio(theme.paper, theme[stratum])).toBeGreaterThanOrEqual(4.5);
  });

  it('hatches, borders and the focus ring are seen', () => {
    for (const token of ['hair', 'hatch', 'focus'] as const) {
      for (const ground of ['paper', 'panel'] as const)
        expect(ratio(theme[token], theme[ground])).toBeGreaterThanOrEqual(3);
    }
  });

  it('the terminal reads', () => {
    expect(ratio(theme['term-ink'], theme['term-paper'])).toBeGreaterThanOrEqual(7);
  });
});
