package ai.mariner.core.access;

import ai.mariner.core.error.Failure;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a call may go on that tokens have let through, and may take its time for it.
 * Thread-safe.
 */
public interface CallAuthorizer {
  /** Wants to be asked about nothing. */
  CallAuthorizer NONE =
      new CallAuthorizer() {
        @Override
        public boolean guards(CallArea area) {
          return false;
        }

        @Override
        public void authorize(AskedCall call, Consumer<@Nullable Failure> outcome) {
          outcome.accept(null);
        }
      };

  /** Whether it is to be asked about calls of an area. Always the same. */
  boolean guards(CallArea area);

  /**
   * Decides on a call of such an area. Returns at once.
   *
   * @param outcome told once, maybe later and by another thread, why the call is refused, or {@code
   *     null} when it may go on
   */
  void authorize(AskedCall call, Consumer<@Nullable Failure> outcome);
}
