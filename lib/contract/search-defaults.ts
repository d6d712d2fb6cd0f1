/** What the search algorithms' own parameters are where the user gives none. */

/** Trials of a generation of evolution and of NSGA-II. */
export const DEFAULT_POPULATION_SIZE = 50;

/** Trials of which evolution takes the best as a parent. */
export const DEFAULT_SAMPLE_SIZE = 10;

/** Points of a grid along each continuous parameter. */
export const DEFAULT_POINTS_PER_PARAMETER = 5;
