package ai.mariner.core.config;

/** Takes what is wrong and what is odd about the options of one source. */
public interface OptionFindings {
  /**
   * An option can't be used as it stands.
   *
   * @param key the option's key at the top of the source
   * @param what key, value and what was expected
   */
  void problem(String key, String what);

  /**
   * An option was probably meant in another way.
   *
   * @param key the option's key at the top of the source
   * @param what key, value and what was made of it
   */
  void warning(String key, String what);
}
