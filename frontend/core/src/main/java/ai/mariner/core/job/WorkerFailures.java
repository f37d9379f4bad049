package ai.mariner.core.job;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.core.worker.WorkerError;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a client is told of an error that a worker reports for its request. */
public final class WorkerFailures {
  private static final String SUBJECT = "output: ";

  private WorkerFailures() {}

  /**
   * Turns an error reply into a failure; the reply stays the caller's to release.
   *
   * @param error what the worker says
   * @param reply its message as the body, {@code exception} and {@code detail} as headers
   */
  public static Failure of(WorkerError error, Reply reply) {
    String told = StandardCharsets.UTF_8.decode(reply.body().bytes()).toString();
    String message = message(error, told);
    String detail = detail(reply);
    if (detail == null && !told.equals(message)) {
      detail = told;
    }
    ErrorKind kind = kind(error);
    Integer status = kind == ErrorKind.HANDLER_STATUS ? reply.status() : null;
    return new Failure(kind, message, status, detail);
  }

  /**
   * TorchServe's words, then what the worker adds; the text of an exception may hold secrets and is
   * detail only.
   */
  private static String message(WorkerError error, String told) {
    return switch (error) {
      case HANDLER_EXCEPTION -> "Prediction failed";
      case OUT_OF_MEMORY -> "Out of resources";
      case DEVICE_LOST -> "Out of resources: the device failed and the worker is replaced";
      case OUTPUT_NOT_A_LIST -> "Invalid model predict output: " + withoutSubject(told);
      case OUTPUT_COUNT -> "number of batch response mismatched: " + withoutSubject(told);
      case OUTPUT_TYPE -> "Unsupported model output data type: " + withoutSubject(told);
      default -> told;
    };
  }

  private static String withoutSubject(String told) {
    return told.startsWith(SUBJECT) ? told.substring(SUBJECT.length()) : told;
  }

  private static ErrorKind kind(WorkerError error) {
    return switch (error) {
      case HANDLER_EXCEPTION -> ErrorKind.HANDLER_FAILED;
      case PREDICTION_EXCEPTION -> ErrorKind.HANDLER_STATUS;
      case OUT_OF_MEMORY -> ErrorKind.OUT_OF_MEMORY;
      case DEVICE_LOST -> ErrorKind.DEVICE_LOST;
      case OUTPUT_NOT_A_LIST, OUTPUT_COUNT, OUTPUT_TYPE -> ErrorKind.OUTPUT_INVALID;
      case REPLY_TOO_LARGE -> ErrorKind.REPLY_TOO_LARGE;
      case CANCELLED -> ErrorKind.CANCELLED;
      case DEADLINE_EXCEEDED -> ErrorKind.DEADLINE_EXCEEDED;
      case MODEL_NOT_LOADED, LOAD_FAILED -> ErrorKind.LOAD_FAILED;
      case UNSUPPORTED -> ErrorKind.UNSUPPORTED;
    };
  }

  private static @Nullable String detail(Reply reply) {
    StringBuilder detail = new StringBuilder();
    for (Reply.Header header : reply.headers()) {
      if (header.name().equals("exception") || header.name().equals("detail")) {
        if (!detail.isEmpty()) {
          detail.append(": ");
        }
        detail.append(header.value());
      }
    }
    return detail.isEmpty() ? null : detail.toString();
  }
}
