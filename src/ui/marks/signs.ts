/** How a marker and a branch are drawn, in 14 × 14. */
export const FLAG = 'M3 1.500v12M3 2h8l-2.200 2.800L11 7.600H3';
export const FORK = 'M4 2v11M4 9c0-3 6-1.500 6-5.500M8 5.500l2-2.500 2 2.500';
