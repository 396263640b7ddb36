/**
 * Colours. Strata colours mean strata and nothing else; every pair that meets on screen is measured in the test
 * beside this file (text 4.5:1, lines and control borders 3:1).
 */
export type ThemeName = 'light' | 'dark' | 'contrast';

export type ThemeTokens = {
  paper: string;
  panel: string;
  ink: string;
  soft: string;
  hair: string;
  grid: string;
  hatch: string;
  'control-plane': string;
  kubelet: string;
  cri: string;
  'cri-runtime': string;
  shim: string;
  'oci-runtime': string;
  workload: string;
  kernel: string;
  floor: string;
  focus: string;
  danger: string;
  'term-paper': string;
  'term-ink': string;
};

export const THEMES: Readonly<Record<ThemeName, ThemeTokens>> = {
  light: {
    paper: '#fbfaf6',
    panel: '#ffffff',
    ink: '#1d2433',
    soft: '#525b6b',
    hair: '#857f70',
    grid: '#f1eee6',
    hatch: '#857f70',
    'control-plane': '#6d28d9',
    kubelet: '#1d4ed8',
    cri: '#0b7285',
    'cri-runtime': '#1b5e20',
    shim: '#8a5a00',
    'oci-runtime': '#c2185b',
    workload: '#364152',
    kernel: '#6f5536',
    floor: '#dad2c8',
    focus: '#111827',
    danger: '#b00020',
    'term-paper': '#0b1220',
    'term-ink': '#d7e1f0',
  },
  dark: {
    paper: '#0e1726',
    panel: '#121d30',
    ink: '#e6edf7',
    soft: '#a9b8ce',
    hair: '#6c83ab',
    grid: '#142038',
    hatch: '#6c83ab',
    'control-plane': '#9b9bff',
    kubelet: '#7fb0ff',
    cri: '#4fd1c5',
    'cri-runtime': '#7ddc8f',
    shim: '#f2c14e',
    'oci-runtime': '#ff9a62',
    workload: '#c9d6ea',
    kernel: '#d2b48c',
    floor: '#3c3a3a',
    focus: '#ffffff',
    danger: '#ff8a80',
    'term-paper': '#0a101c',
    'term-ink': '#d7e1f0',
  },
  contrast: {
    paper: '#ffffff',
    panel: '#ffffff',
    ink: '#000000',
    soft: '#1f2937',
    hair: '#000000',
    grid: '#ffffff',
    hatch: '#333333',
    'control-plane': '#4c1d95',
    kubelet: '#1e3a8a',
    cri: '#064e5b',
    'cri-runtime': '#0d3d12',
    shim: '#5c3a00',
    'oci-runtime': '#86093c',
    workload: '#111827',
    kernel: '#3f2f1a',
    floor: '#efeae2',
    focus: '#000000',
    danger: '#8b0018',
    'term-paper': '#000000',
    'term-ink': '#ffffff',
  },
};

export function applyTheme(name: ThemeName, root: HTMLElement): void {
  root.dataset.theme = name;
  root.style.colorScheme = name === 'dark' ? 'dark' : 'light';
  for (const [token, value] of Object.entries(THEMES[name])) root.style.setProperty(`--${token}`, value);
}
