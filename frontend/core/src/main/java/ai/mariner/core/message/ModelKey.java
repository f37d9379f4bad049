package ai.mariner.core.message;

/**
 * A model in one version.
 *
 * @param name model name
 * @param version version text of the manifest
 */
public record ModelKey(String name, String version) {
  @Override
  public String toString() {
    return name + " " + version;
  }
}
