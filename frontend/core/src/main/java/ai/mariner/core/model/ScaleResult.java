package ai.mariner.core.model;

import ai.mariner.core.message.ModelRef;

/**
 * Scaling that went well.
 *
 * @param model as it was named
 * @param minWorkers wanted number
 * @param outcome how far it got
 */
public record ScaleResult(ModelRef model, int minWorkers, Outcome outcome) {
  /** How far scaling got when the call was answered. */
  public enum Outcome {
    /** The work is under way, as asked. */
    ACCEPTED,
    /** All wanted workers are ready. */
    DONE,
    /** The caller waited, but not all workers are ready yet. */
    IN_PROGRESS
  }
}
