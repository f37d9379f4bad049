package ai.mariner.core.scheduling;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import org.jspecify.annotations.Nullable;

/**
 * Why a worker process was lost.
 *
 * @param kind what the requests that it ran are told: {@link ErrorKind#WORKER_LOST}, {@link
 *     ErrorKind#WORKER_OUT_OF_MEMORY} or {@link ErrorKind#RESPONSE_TIMEOUT}
 * @param message in one sentence
 * @param detail last lines of its error output
 */
record LossCause(ErrorKind kind, String message, @Nullable String detail) {
  /** What the requests that it ran are told. */
  Failure failure() {
    return new Failure(kind, message, null, detail);
  }

  /** Message and detail in one text, for status calls and logs. */
  String text() {
    return detail == null || detail.isEmpty() ? message : message + '\n' + detail;
  }

  /** Whether the run itself is to blame, so that it must not be repeated. */
  boolean timedOut() {
    return kind == ErrorKind.RESPONSE_TIMEOUT || kind == ErrorKind.STREAM_STALLED;
  }
}
