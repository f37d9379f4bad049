package ai.mariner.core.model;

import java.time.Duration;
import java.util.Locale;

/**
 * A step of a swap that went well.
 *
 * @param name which step
 * @param duration how long it took
 */
public record SwapStep(Name name, Duration duration) {
  /** The steps, in their order. */
  public enum Name {
    /** The archive is fetched, unpacked and checked. */
    FETCH,
    /** Workers start, load the model and answer its warm-up inputs. */
    LOAD,
    /** A request goes the way that all requests go. */
    PROBE,
    /** Requests without a version mean the new one. */
    FLIP,
    /** The old version finishes what it has accepted and is removed. */
    DRAIN;

    /** The step as it is shown: lower case. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
