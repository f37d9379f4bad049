package ai.mariner.core.worker;

import org.jspecify.annotations.Nullable;

/** How a worker runs a model; the words are the wire's. */
public enum WorkerMode {
  /** One batch after the other, answered in order. */
  SERIAL("serial"),
  /** Several runs of one request each, answered in any order. */
  CONCURRENT("concurrent"),
  /** One batch that requests join and leave between its turns, each a run of its own. */
  CONTINUOUS("continuous");

  private final String word;

  WorkerMode(String word) {
    this.word = word;
  }

  /** The word on the wire. */
  public String word() {
    return word;
  }

  /** The mode of a word, or {@code null} for unknown words. */
  public static @Nullable WorkerMode ofWord(String word) {
    for (WorkerMode mode : values()) {
      if (mode.word.equals(word)) {
        return mode;
      }
    }
    return null;
  }
}
