package ai.mariner.core.model;

/** When a management call is answered. */
public enum Completion {
  /** As soon as the work is under way. */
  ACCEPTED,
  /** When the wanted workers are ready. */
  READY
}
