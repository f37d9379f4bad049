package ai.mariner.plugins;

/**
 * How a task of a plugin ended.
 *
 * @param <T> what it was to make
 */
public sealed interface Outcome<T> {
  /**
   * It made something.
   *
   * @param value what
   */
  record Done<T>(T value) implements Outcome<T> {}

  /**
   * It threw.
   *
   * @param cause what
   */
  record Threw<T>(Throwable cause) implements Outcome<T> {}

  /** Its time was over first. */
  record Late<T>() implements Outcome<T> {}

  /** There was no room for it. */
  record Refused<T>() implements Outcome<T> {}
}
