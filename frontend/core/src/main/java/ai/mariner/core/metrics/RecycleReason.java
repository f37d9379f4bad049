package ai.mariner.core.metrics;

/** Why a worker that serves is replaced by a new one. */
public enum RecycleReason {
  /** It has served as many requests as it may. */
  REQUESTS("requests"),
  /** Its resident memory is above the limit. */
  MEMORY("rss"),
  /** It has served for as long as it may. */
  AGE("age");

  private final String label;

  RecycleReason(String label) {
    this.label = label;
  }

  /** Its name in metrics and logs. */
  public String label() {
    return label;
  }
}
