package ai.mariner.core.scheduling;

/** How many workers the requests of one batch have cost, all their re-runs included. */
final class BatchLosses {
  private static final int LIMIT = 4;

  private int count;

  void add() {
    count++;
  }

  /** Whether the rest of the batch is given up. */
  boolean exhausted() {
    return count >= LIMIT;
  }
}
