package ai.mariner.core.message;

import org.jspecify.annotations.Nullable;

/**
 * What a client names: a model, and maybe a version.
 *
 * @param name model name
 * @param version version, or absent for the default version
 */
public record ModelRef(String name, @Nullable String version) {
  /** The default version of a model. */
  public static ModelRef of(String name) {
    return new ModelRef(name, null);
  }
}
