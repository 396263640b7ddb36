/** The scenarios' names, in the order in which they are offered; they cost a reader nothing to load. */
export const SCENARIO_NAMES = ['containerd', 'crio', 'cluster', 'docker', 'bare'] as const;

export type ScenarioName = (typeof SCENARIO_NAMES)[number];
