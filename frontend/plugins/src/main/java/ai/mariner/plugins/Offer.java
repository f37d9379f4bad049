package ai.mariner.plugins;

/**
 * An object of a plugin.
 *
 * @param <T> what it is for
 * @param jar file name of its jar
 * @param object the object
 */
public record Offer<T>(String jar, T object) {
  /** Class and jar, for messages. */
  public String named() {
    return "class " + object.getClass().getName() + " of plugin " + jar;
  }
}
