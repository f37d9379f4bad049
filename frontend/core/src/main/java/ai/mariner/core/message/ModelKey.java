package ai.mariner.core.message;

/**
 * A model in one version.
 *
 * @param name model name
 * @param version version text of the manifest
 */
public record ModelKey(String name, String version) {
  /** This very version, as a client would name it. */
  public ModelRef ref() {
    return new ModelRef(name, version);
  }

  @Override
  public String toString() {
    return name + " " + version;
  }
}
