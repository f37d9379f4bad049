package ai.mariner.rest;

import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.view.ErrorView;
import org.jspecify.annotations.Nullable;

/** What clients of TorchServe's routes see of each failure. */
final class TorchServeErrors {
  private static final String INTERNAL = "InternalServerException";
  private static final String UNAVAILABLE = "ServiceUnavailableException";

  /**
   * A row of the table.
   *
   * @param status HTTP status
   * @param type name that clients compare
   */
  record Row(int status, String type) {}

  private final boolean legacy;
  private final boolean exposeErrors;

  TorchServeErrors(Profile profile, boolean exposeErrors) {
    this.legacy = profile.legacyStatuses();
    this.exposeErrors = exposeErrors;
  }

  /** The failure as a whole answer. */
  Reply reply(Failure failure) {
    Row row = row(failure.kind());
    int status = row.status();
    Integer chosen = failure.status();
    if (chosen != null && choosesStatus(failure.kind())) {
      status = chosen >= 200 && chosen <= 599 ? chosen : status;
    }
    String detail = exposeErrors ? failure.detail() : null;
    Reply reply = json(status, row.type(), failure.message(), detail);
    return withHeaders(reply, failure.kind(), status);
  }

  /** Whether {@link Failure#status} counts. */
  static boolean choosesStatus(ErrorKind kind) {
    return kind == ErrorKind.HANDLER_STATUS || kind == ErrorKind.REFUSED;
  }

  /** An error of the HTTP layer itself. */
  static Reply reply(int status, String type, String message) {
    return json(status, type, message, null);
  }

  /** Status and type of a kind of failure; some bring their own, see {@link #choosesStatus}. */
  Row row(ErrorKind kind) {
    return switch (kind) {
      case ROUTE_NOT_FOUND -> new Row(404, "ResourceNotFoundException");
      case METHOD_NOT_ALLOWED, MODEL_API_DISABLED -> new Row(405, "MethodNotAllowedException");
      case BAD_REQUEST -> new Row(400, "BadRequestException");
      case REQUEST_TOO_LARGE -> new Row(413, "RequestTooLargeException");
      case UNAUTHENTICATED -> new Row(legacy ? 400 : 401, "InvalidKeyException");
      case REFUSED -> new Row(403, "AccessRefusedException");
      case FOREIGN_ORIGIN -> new Row(403, "ForeignOriginException");
      case MODEL_NOT_FOUND, ARCHIVE_NOT_FOUND, URL_NOT_ALLOWED ->
          new Row(404, "ModelNotFoundException");
      case MODEL_VERSION_NOT_FOUND -> new Row(404, "ModelVersionNotFoundException");
      case NO_WORKER, SHUTTING_DOWN -> new Row(503, UNAVAILABLE);
      case QUEUE_FULL -> new Row(503, legacy ? UNAVAILABLE : "QueueFullException");
      case RATE_LIMITED -> new Row(429, "RateLimitExceededException");
      case DEADLINE_EXCEEDED -> new Row(504, "DeadlineExceededException");
      case CANCELLED -> new Row(499, "ClientLeftException");
      case HANDLER_FAILED, HANDLER_STATUS, OUTPUT_INVALID -> new Row(legacy ? 503 : 500, INTERNAL);
      case OUT_OF_MEMORY, DEVICE_LOST -> new Row(507, INTERNAL);
      case REPLY_TOO_LARGE, STREAM_STALLED, WORKER_LOST, SEQUENCE_LOST -> new Row(500, INTERNAL);
      case WORKER_OUT_OF_MEMORY -> new Row(legacy ? 507 : 500, INTERNAL);
      case RESPONSE_TIMEOUT -> new Row(legacy ? 500 : 504, INTERNAL);
      case UNSUPPORTED -> new Row(501, "NotImplementedException");
      case CONFLICT -> new Row(409, "ConflictStatusException");
      case ARCHIVE_INVALID -> new Row(400, "InvalidModelException");
      case DOWNLOAD_FAILED -> new Row(400, "DownloadArchiveException");
      case INSTALL_FAILED -> new Row(400, "ModelException");
      case DEFAULT_VERSION_IN_USE -> new Row(403, "InvalidModelVersionException");
      case LOAD_FAILED, INTERNAL -> new Row(500, INTERNAL);
    };
  }

  /** The answer to a failure with the headers that HTTP has for its kind, in every dialect. */
  static Reply withHeaders(Reply reply, ErrorKind kind, int status) {
    // A rate is at least one request a second: there is room again within the second.
    if (kind == ErrorKind.QUEUE_FULL || kind == ErrorKind.RATE_LIMITED) {
      return Replies.with(reply, "Retry-After", "1");
    }
    return status == 401 ? Replies.with(reply, "WWW-Authenticate", "Bearer") : reply;
  }

  private static Reply json(int status, String type, String message, @Nullable String detail) {
    return Replies.json(status, ErrorView.json(status, type, message, detail));
  }
}
