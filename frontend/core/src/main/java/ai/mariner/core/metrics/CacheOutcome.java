package ai.mariner.core.metrics;

/** What the response cache did for a request. */
public enum CacheOutcome {
  /** A kept answer was given. */
  HIT,
  /** The request ran, and its answer is kept if it may be. */
  MISS,
  /** The request waited for the answer of an identical one that was under way. */
  COALESCED,
  /** The request had nothing to do with the cache: it is too large, or its client refused. */
  BYPASS
}
