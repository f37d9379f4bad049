package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;

/**
 * What a gRPC client sees of a failure: a status code, and a description of two lines, the message
 * and the name that TorchServe's clients know the error by.
 *
 * <p>Clients retry UNAVAILABLE by themselves, so it is kept for failures of requests that were
 * never started. A request whose worker was lost may have killed it: that is INTERNAL.
 */
public final class GrpcErrors {
  /** Request id that the call had, in trailers of failed calls and headers of answered ones. */
  static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER);

  /** Status that a handler chose for an answer, in trailers. */
  static final Metadata.Key<String> HANDLER_STATUS =
      Metadata.Key.of("x-handler-status", Metadata.ASCII_STRING_MARSHALLER);

  /** What the response cache did for an answer, in headers; only when the model has a cache. */
  static final Metadata.Key<String> CACHE =
      Metadata.Key.of("x-cache", Metadata.ASCII_STRING_MARSHALLER);

  /** Clients take 8 KiB of trailers by default; the description leaves room for other entries. */
  private static final int MAX_ENCODED_DESCRIPTION_BYTES = 6000;

  private GrpcErrors() {}

  /**
   * The status of a failure.
   *
   * @param failure what went wrong
   * @param exposeErrors whether the client may see the detail for operators
   */
  public static Status status(Failure failure, boolean exposeErrors) {
    String detail = failure.detail();
    String text = failure.message() + '\n' + type(failure.kind());
    if (exposeErrors && detail != null) {
      text += '\n' + detail;
    }
    return Status.fromCode(code(failure)).withDescription(clip(text));
  }

  /** The gRPC code of a failure. */
  public static Code code(Failure failure) {
    Integer chosen = failure.status();
    return switch (failure.kind()) {
      case HANDLER_STATUS, REFUSED -> chosen == null ? code(failure.kind()) : codeOfHttp(chosen);
      default -> code(failure.kind());
    };
  }

  private static Code code(ErrorKind kind) {
    return switch (kind) {
      case ROUTE_NOT_FOUND, METHOD_NOT_ALLOWED, UNSUPPORTED -> Code.UNIMPLEMENTED;
      case BAD_REQUEST, ARCHIVE_INVALID, DOWNLOAD_FAILED, INSTALL_FAILED -> Code.INVALID_ARGUMENT;
      case MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND, ARCHIVE_NOT_FOUND -> Code.NOT_FOUND;
      case UNAUTHENTICATED, REFUSED, FOREIGN_ORIGIN, MODEL_API_DISABLED, URL_NOT_ALLOWED ->
          Code.PERMISSION_DENIED;
      case NO_WORKER, SHUTTING_DOWN -> Code.UNAVAILABLE;
      case QUEUE_FULL,
          RATE_LIMITED,
          REQUEST_TOO_LARGE,
          REPLY_TOO_LARGE,
          STREAM_STALLED,
          OUT_OF_MEMORY,
          DEVICE_LOST ->
          Code.RESOURCE_EXHAUSTED;
      case DEADLINE_EXCEEDED, RESPONSE_TIMEOUT -> Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Code.CANCELLED;
      case SEQUENCE_LOST -> Code.ABORTED;
      case CONFLICT -> Code.ALREADY_EXISTS;
      case DEFAULT_VERSION_IN_USE -> Code.FAILED_PRECONDITION;
      case HANDLER_FAILED,
          HANDLER_STATUS,
          OUTPUT_INVALID,
          WORKER_LOST,
          WORKER_OUT_OF_MEMORY,
          LOAD_FAILED,
          INTERNAL ->
          Code.INTERNAL;
    };
  }

  private static Code codeOfHttp(int status) {
    return switch (status) {
      case 400 -> Code.INVALID_ARGUMENT;
      case 401 -> Code.UNAUTHENTICATED;
      case 403 -> Code.PERMISSION_DENIED;
      case 404 -> Code.NOT_FOUND;
      case 409 -> Code.ABORTED;
      case 413, 429 -> Code.RESOURCE_EXHAUSTED;
      case 416 -> Code.OUT_OF_RANGE;
      case 499 -> Code.CANCELLED;
      case 501 -> Code.UNIMPLEMENTED;
      case 503 -> Code.UNAVAILABLE;
      case 504 -> Code.DEADLINE_EXCEEDED;
      default -> status >= 400 && status < 500 ? Code.FAILED_PRECONDITION : Code.INTERNAL;
    };
  }

  /** The second line of the description. */
  static String type(ErrorKind kind) {
    return switch (kind) {
      case ROUTE_NOT_FOUND -> "ResourceNotFoundException";
      case METHOD_NOT_ALLOWED, MODEL_API_DISABLED -> "MethodNotAllowedException";
      case BAD_REQUEST -> "BadRequestException";
      case REQUEST_TOO_LARGE -> "RequestTooLargeException";
      case UNSUPPORTED -> "NotImplementedException";
      case UNAUTHENTICATED -> "InvalidKeyException";
      case REFUSED -> "AccessRefusedException";
      case FOREIGN_ORIGIN -> "ForeignOriginException";
      case MODEL_NOT_FOUND, ARCHIVE_NOT_FOUND, URL_NOT_ALLOWED -> "ModelNotFoundException";
      case MODEL_VERSION_NOT_FOUND -> "ModelVersionNotFoundException";
      case NO_WORKER, QUEUE_FULL, SHUTTING_DOWN -> "ServiceUnavailableException";
      case RATE_LIMITED -> "RateLimitExceededException";
      case DEADLINE_EXCEEDED -> "DeadlineExceededException";
      case CANCELLED -> "ClientLeftException";
      case CONFLICT -> "ConflictStatusException";
      case ARCHIVE_INVALID -> "InvalidModelException";
      case DOWNLOAD_FAILED -> "DownloadArchiveException";
      case INSTALL_FAILED -> "ModelException";
      case DEFAULT_VERSION_IN_USE -> "InvalidModelVersionException";
      case LOAD_FAILED, INTERNAL -> "InternalServerException";
      case HANDLER_FAILED,
          HANDLER_STATUS,
          OUT_OF_MEMORY,
          DEVICE_LOST,
          OUTPUT_INVALID,
          REPLY_TOO_LARGE,
          STREAM_STALLED,
          WORKER_LOST,
          WORKER_OUT_OF_MEMORY,
          SEQUENCE_LOST,
          RESPONSE_TIMEOUT ->
          "InternalServerException.()";
    };
  }

  private static String clip(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // On the wire everything but printable ASCII is three characters for each byte of UTF-8.
      bytes += c >= ' ' && c <= '~' && c != '%' ? 1 : c < 0x80 ? 3 : 9;
      if (bytes > MAX_ENCODED_DESCRIPTION_BYTES) {
        int end = Character.isLowSurrogate(c) ? i - 1 : i;
        return text.substring(0, end) + "...";
      }
    }
    return text;
  }
}
