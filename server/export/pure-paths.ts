/**
 * Paths of the inference listener whose requests change nothing, so that a proxy may send them to a second host although they are POST
 * and may have run: patterns that nginx and JavaScript read alike. A test holds them against the route table.
 */

/** Matched against the path without its query. */
export const purePaths = [
  '^/v2/models/[^/]+(/versions/[0-9]+)?/infer$',
  '^/predict(/[^/]+(/versions/[0-9]+)?)?$',
  '^/v1/features/[^/]+:get$',
  '^/v2/repository/index$',
] as const;
