package ai.mariner.core.worker;

import ai.mariner.core.message.Operation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one worker process. All methods are called on the worker's loop and never
 * block.
 */
public interface WorkerLink {
  /** Loads a model; answered by {@link WorkerEvents#loaded}. */
  void load(LoadCommand command);

  /** Forgets the model; answered by {@link WorkerEvents#unloaded}. */
  void unload();

  /** The same connection for another model, which is loaded over it. */
  WorkerLink beside();

  /**
   * Hands over a batch. The bodies stay with their requests; the link keeps its own hold on what it
   * has not written yet.
   *
   * @param runId id of the run, unique in the server's life
   * @param operation what to do
   * @param items requests in batch order
   */
  void run(long runId, Operation operation, List<? extends RunItem> items);

  /**
   * Sends at once what was handed over, which would leave at the end of the loop's turn otherwise.
   */
  void flush();

  /** Says that nobody waits for an item any more. */
  void cancel(long runId, long itemId, CancelReason reason);

  /** Lets a stream send so many more pieces. */
  void credit(long runId, long itemId, int pieces);

  /**
   * Tells, by {@link WorkerEvents#replied}, what the worker has answered and keeps back until a run
   * that it has begun ends. It may tell it again then.
   */
  void collect();

  /** Asks for a sign of life; answered by {@link WorkerEvents#heartbeat} with the same number. */
  void heartbeat(long number);

  /**
   * Which parts of the worker have not done what they were asked to do, in words: {@code rank 1}.
   * Absent: it has no parts, or all have.
   */
  default @Nullable String late() {
    return null;
  }

  /** Asks the worker to finish what it runs and to exit. */
  void stop();

  /** Closes the connection; the worker exits. */
  void close();

  /** Why an item is cancelled; the numbers are the wire's. */
  enum CancelReason {
    /** The client left. */
    CLIENT_LEFT(1),
    /** Its deadline passed. */
    DEADLINE(2),
    /** The server shuts down. */
    SHUTDOWN(3),
    /** It took longer than {@code responseTimeout}: the worker logs where it is, and stops it. */
    OVERDUE(4);

    private final int code;

    CancelReason(int code) {
      this.code = code;
    }

    /** The number on the wire. */
    public int code() {
      return code;
    }
  }
}
