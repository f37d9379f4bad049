package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.view.ErrorView;

/** What clients of the Open Inference Protocol see of each failure, whatever the profile. */
final class OpenInferenceErrors {
  private final boolean exposeErrors;

  OpenInferenceErrors(boolean exposeErrors) {
    this.exposeErrors = exposeErrors;
  }

  /** The failure as a whole answer. */
  Reply reply(Failure failure) {
    int status = status(failure.kind());
    Integer chosen = failure.status();
    if (chosen != null && TorchServeErrors.choosesStatus(failure.kind())) {
      status = chosen >= 200 && chosen <= 599 ? chosen : status;
    }
    String detail = exposeErrors ? failure.detail() : null;
    String message = detail == null ? failure.message() : failure.message() + ": " + detail;
    Reply reply = reply(status, message);
    return TorchServeErrors.withHeaders(reply, failure.kind(), status);
  }

  /** An error as the protocol writes it. */
  static Reply reply(int status, String message) {
    return Replies.json(status, ErrorView.openInference(message));
  }

  /** Status of a kind of failure, unless it brings its own. */
  static int status(ErrorKind kind) {
    return switch (kind) {
      case BAD_REQUEST, ARCHIVE_INVALID, DOWNLOAD_FAILED, INSTALL_FAILED -> 400;
      // "Not ready": Triton and MLServer say so, and health checks count it as a failure.
      case NO_WORKER, LOAD_FAILED -> 400;
      case UNAUTHENTICATED -> 401;
      case REFUSED, FOREIGN_ORIGIN, DEFAULT_VERSION_IN_USE -> 403;
      case ROUTE_NOT_FOUND,
          MODEL_NOT_FOUND,
          MODEL_VERSION_NOT_FOUND,
          ARCHIVE_NOT_FOUND,
          URL_NOT_ALLOWED ->
          404;
      case METHOD_NOT_ALLOWED, MODEL_API_DISABLED -> 405;
      case CONFLICT -> 409;
      case REQUEST_TOO_LARGE -> 413;
      case RATE_LIMITED -> 429;
      case CANCELLED -> 499;
      case HANDLER_FAILED,
          HANDLER_STATUS,
          OUTPUT_INVALID,
          REPLY_TOO_LARGE,
          STREAM_STALLED,
          WORKER_LOST,
          SEQUENCE_LOST,
          WORKER_OUT_OF_MEMORY,
          INTERNAL ->
          500;
      case UNSUPPORTED -> 501;
      case QUEUE_FULL, SHUTTING_DOWN -> 503;
      case DEADLINE_EXCEEDED, RESPONSE_TIMEOUT -> 504;
      case OUT_OF_MEMORY, DEVICE_LOST -> 507;
    };
  }
}
