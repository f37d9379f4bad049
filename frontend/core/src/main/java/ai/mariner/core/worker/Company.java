package ai.mariner.core.worker;

import ai.mariner.core.message.ModelKey;
import java.util.List;

/**
 * What one of several models in a process knows of the others. The process does one thing at a
 * time, so they take turns; which of them may begin is decided here, so that a run is begun when it
 * is handed over. On the loop of the process.
 */
public interface Company {
  /** Whether a run would be begun at once: nothing of the others' is under way or comes first. */
  boolean free();

  /** Whether others wait until this one has done what it does. */
  boolean awaited();

  /** Asks for a turn, which is offered by {@link WorkerEvents#turn}; once until then. */
  void awaitTurn();

  /** The others. */
  List<ModelKey> others();
}
