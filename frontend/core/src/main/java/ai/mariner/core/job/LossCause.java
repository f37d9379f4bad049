package ai.mariner.core.job;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why a worker process was lost.
 *
 * @param kind what the requests that it ran are told
 * @param message in one sentence
 * @param detail last lines of its error output, or the stack of a failed load
 * @param betweenRuns whether it had ended one run and not begun the next, so that none is to blame
 */
public record LossCause(
    ErrorKind kind, String message, @Nullable String detail, boolean betweenRuns) {
  private static LossCause of(ErrorKind kind, String message) {
    return new LossCause(kind, message, null, false);
  }

  /** The process ended, or at least its connection did. */
  public static LossCause died(String how) {
    return of(ErrorKind.WORKER_LOST, "Worker died. It " + how + '.');
  }

  /** The process ended by itself. */
  public static LossCause exited(ProcessExit exit) {
    if (exit.beside() != null) {
      return new LossCause(ErrorKind.WORKER_LOST, "Worker died. It " + exit + '.', null, true);
    }
    String who = exit.who() == null ? "It" : exit.who();
    String what = "Worker died. " + who + ' ' + exit;
    return exit.killed()
        ? of(ErrorKind.WORKER_OUT_OF_MEMORY, what + ", as the system does when memory runs out.")
        : of(ErrorKind.WORKER_LOST, what + '.');
  }

  /** The process did not connect. */
  public static LossCause notConnected(Duration limit) {
    return of(
        ErrorKind.LOAD_FAILED, "The worker did not connect within " + limit.toSeconds() + " s.");
  }

  /** Loading took too long. */
  public static LossCause notLoaded(Duration limit) {
    return of(
        ErrorKind.LOAD_FAILED,
        "The worker did not load the model within startupTimeout, " + limit.toSeconds() + " s.");
  }

  /** Loading failed. */
  public static LossCause loadFailed(LoadOutcome outcome) {
    String message = outcome.message();
    return new LossCause(
        outcome.error() == WorkerError.OUT_OF_MEMORY
            ? ErrorKind.OUT_OF_MEMORY
            : ErrorKind.LOAD_FAILED,
        message == null ? "The model could not be loaded." : message,
        outcome.trace(),
        false);
  }

  /** A run took too long. */
  public static LossCause noAnswer(Duration limit) {
    return of(
        ErrorKind.RESPONSE_TIMEOUT,
        "Worker timed out: no answer within responseTimeout, "
            + limit.toSeconds()
            + " s. It was replaced.");
  }

  /** One of several requests that were under way took too long. */
  public static LossCause tooLong(Duration limit) {
    return of(
        ErrorKind.RESPONSE_TIMEOUT,
        "The request took longer than responseTimeout, "
            + limit.toSeconds()
            + " s, and was cancelled.");
  }

  /** An idle worker did not answer. */
  public static LossCause noHeartbeat(Duration limit) {
    return of(
        ErrorKind.WORKER_LOST,
        "Worker died. It gave no sign of life for "
            + limit.toMillis()
            + " ms while idle (stopped or hung) and was replaced.");
  }

  /** Requests waited, and neither this worker nor another one took them. */
  public static LossCause noProgress(int waiting, long limitNanos) {
    return of(
        ErrorKind.WORKER_LOST,
        "Worker died. It was replaced because "
            + waiting
            + " requests waited and no batch began or ended for "
            + Duration.ofNanos(limitNanos).toSeconds()
            + " s.");
  }

  /** The worker said that it must not be used again. */
  public static LossCause spent() {
    return new LossCause(
        ErrorKind.WORKER_LOST,
        "Worker died. Its device failed and the process was replaced.",
        null,
        true);
  }

  /** The worker is not wanted any more. */
  public static LossCause stopped(String message) {
    return of(ErrorKind.SHUTTING_DOWN, message);
  }

  /** The same cause with the parts of the worker that are to blame; absent: it has no parts. */
  public LossCause late(@Nullable String who) {
    return who == null
        ? this
        : new LossCause(kind, message + " Late: " + who + '.', detail, betweenRuns);
  }

  /** The same cause with a detail, unless it has one. */
  public LossCause orDetail(String lines) {
    return detail == null || detail.isEmpty()
        ? new LossCause(kind, message, lines, betweenRuns)
        : this;
  }

  /** What the requests that it ran are told. */
  public Failure failure() {
    return new Failure(kind, message, null, detail);
  }

  /** Message and detail in one text, for status calls and logs. */
  public String text() {
    return detail == null || detail.isEmpty() ? message : message + '\n' + detail;
  }

  /**
   * Whether what it worked on must not be repeated: it is to blame, or nobody wants it any more.
   */
  public boolean forbidsRepeat() {
    return kind == ErrorKind.RESPONSE_TIMEOUT || removed();
  }

  /** Whether the pool gives up its work. */
  public boolean removed() {
    return kind == ErrorKind.SHUTTING_DOWN;
  }
}
