package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;

/**
 * A model version as the Open Inference Protocol's repository lists it.
 *
 * @param key name and version
 * @param state whether it serves
 * @param reason why it does not; empty: it does, or nothing is known
 */
public record RepositoryEntry(ModelKey key, State state, String reason) {
  /** The protocol's words. */
  public enum State {
    /** It serves. */
    READY,
    /** Its workers are starting. */
    LOADING,
    /** It does not serve. */
    UNAVAILABLE
  }

  /** The entry of a model. */
  static RepositoryEntry of(ModelStatus model) {
    if (model.readyWorkers() > 0 || model.unloaded()) {
      return new RepositoryEntry(model.key(), State.READY, "");
    }
    String failure = model.lastFailure();
    if (failure != null) {
      return new RepositoryEntry(model.key(), State.UNAVAILABLE, failure);
    }
    return model.workers().isEmpty()
        ? new RepositoryEntry(model.key(), State.UNAVAILABLE, "no worker")
        : new RepositoryEntry(model.key(), State.LOADING, "");
  }
}
