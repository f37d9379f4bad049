package ai.mariner.rest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the page that Prometheus reads. Thread-safe; quick enough for an event loop. */
@FunctionalInterface
public interface MetricsPage {
  /**
   * Writes the page.
   *
   * @param accept value of the {@code Accept} header; absent: none
   * @param names metrics to show; empty: all
   */
  byte[] page(@Nullable String accept, List<String> names);

  /** Media type of what {@link #page} writes for the same {@code Accept} header. */
  default String contentType(@Nullable String accept) {
    return "text/plain; version=0.0.4; charset=utf-8";
  }
}
