package ai.mariner.core.config;

/**
 * A text that no log shows.
 *
 * @param text the text
 */
public record Secret(String text) {
  @Override
  public String toString() {
    return "***";
  }
}
