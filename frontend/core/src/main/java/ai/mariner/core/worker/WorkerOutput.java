package ai.mariner.core.worker;

/** Where the lines go that worker processes print. Thread-safe. */
@FunctionalInterface
public interface WorkerOutput {
  /**
   * Takes one line. May block for as long as the log can't keep up, so it is never called on an
   * event loop; the process then waits with its next line.
   *
   * @param worker process that printed the line
   * @param stream where it printed it
   * @param text the line without its end
   */
  void line(WorkerLaunch worker, Stream stream, String text);

  /** The two outputs of a process. */
  enum Stream {
    /** Standard output. */
    STDOUT,
    /** Standard error. */
    STDERR
  }
}
