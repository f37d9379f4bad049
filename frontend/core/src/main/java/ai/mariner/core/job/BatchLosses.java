package ai.mariner.core.job;

/** How many workers the requests of one batch have cost, all their re-runs included. */
public final class BatchLosses {
  private static final int LIMIT = 4;

  private int count;

  public void add() {
    count++;
  }

  /** Whether the rest of the batch is given up. */
  public boolean exhausted() {
    return count >= LIMIT;
  }
}
