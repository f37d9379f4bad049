package ai.mariner.core.job;

/**
 * Requests that run again after their worker was lost: together, and with nothing beside them, so
 * that a further loss is theirs. A group that costs another worker is divided in halves, down to
 * single requests. Two groups are never equal.
 */
public final class RunGroup {
  /** Enough to divide a batch of 128 down to single requests. */
  private static final int MOST_LOSSES = 8;

  private final int losses;

  /**
   * Makes a group.
   *
   * @param losses workers that its requests have cost, counted along one branch of the halves
   */
  public RunGroup(int losses) {
    this.losses = losses;
  }

  /** Workers that its requests have cost, counted along one branch of the halves. */
  public int losses() {
    return losses;
  }

  /** Whether its requests have cost too many workers to run again. */
  public boolean exhausted() {
    return losses >= MOST_LOSSES;
  }
}
