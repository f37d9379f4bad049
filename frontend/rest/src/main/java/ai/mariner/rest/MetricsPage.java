package ai.mariner.rest;

import java.util.List;

/**
 * Makes the page that Prometheus reads, in its text format 0.0.4. Thread-safe; with hundreds of
 * models too slow for an event loop.
 */
@FunctionalInterface
public interface MetricsPage {
  /**
   * Writes the page.
   *
   * @param names metrics to show; empty: all
   */
  byte[] page(List<String> names);
}
