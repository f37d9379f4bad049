package ai.mariner.core.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How packages that archives ask for are installed.
 *
 * @param installed whether they are at all; environments of {@code useVenv} are made in any case
 * @param cache private folder where they are kept from one run to the next
 * @param cacheBytes how much of them is kept that no model uses
 * @param installer what installs them
 * @param timeout how long one installation may take
 */
public record DependencyConfig(
    boolean installed, Path cache, long cacheBytes, Installer installer, Duration timeout) {

  /** A program that installs Python packages. */
  public enum Installer {
    /** uv where it is on the path, else pip. */
    AUTO,
    /** The program uv. */
    UV,
    /** The module pip of the workers' Python. */
    PIP
  }
}
