package ai.mariner.core.error;

/**
 * Everything that can go wrong, from the caller's point of view.
 *
 * <p>Each API adapter has one exhaustive table over these kinds, so a new constant does not compile
 * until every API says what its clients see.
 */
public enum ErrorKind {
  /** No route has this path. */
  ROUTE_NOT_FOUND,
  /** The route exists, but not for this method. */
  METHOD_NOT_ALLOWED,
  /** The request itself is malformed: syntax, parameter, encoding. */
  BAD_REQUEST,
  /** The request's body exceeds {@code max_request_size}. */
  REQUEST_TOO_LARGE,
  /** No token, a wrong one, or one that has expired. */
  UNAUTHENTICATED,
  /** An authorizer of the operator refused; {@link Failure#status()} holds its status. */
  REFUSED,
  /** A web page of another origin, or a request for another host, tried to change state. */
  FOREIGN_ORIGIN,
  /** Registering and unregistering are switched off. */
  MODEL_API_DISABLED,
  /** No model of this name is registered. */
  MODEL_NOT_FOUND,
  /** The model exists, but not in this version. */
  MODEL_VERSION_NOT_FOUND,
  /** The model has no worker that could take the request, now or soon. */
  NO_WORKER,
  /** The model's queue is full, or the bodies of all requests fill {@code max_inflight_bytes}. */
  QUEUE_FULL,
  /** More requests came than {@code rateLimit} lets pass. */
  RATE_LIMITED,
  /** The server or the model is being shut down and takes nothing new. */
  SHUTTING_DOWN,
  /** The request's own deadline passed, in the queue or while it ran. */
  DEADLINE_EXCEEDED,
  /** The client left or cancelled. */
  CANCELLED,
  /** The handler raised an exception. */
  HANDLER_FAILED,
  /**
   * The handler chose a status by {@code PredictionException}; {@link Failure#status()} holds it.
   */
  HANDLER_STATUS,
  /** The handler ran out of host or device memory. */
  OUT_OF_MEMORY,
  /** The device failed for good; the worker is replaced. */
  DEVICE_LOST,
  /** The handler's answer has the wrong type or count. */
  OUTPUT_INVALID,
  /** The handler's answer exceeds {@code max_response_size}. */
  REPLY_TOO_LARGE,
  /**
   * The reader of a stream was too slow for {@code max_stream_buffer} or {@code
   * stream_stall_timeout}.
   */
  STREAM_STALLED,
  /** The worker process ended while it ran the request. */
  WORKER_LOST,
  /** The worker was killed by the system for want of memory while it ran the request. */
  WORKER_OUT_OF_MEMORY,
  /**
   * The request's sequence ended before the request was done: its worker was lost, its time was
   * over, or its handler ended it.
   */
  SEQUENCE_LOST,
  /** The handler took longer than {@code responseTimeout}; its worker was replaced. */
  RESPONSE_TIMEOUT,
  /** The operation (explain, describe …) is not something this handler or server does. */
  UNSUPPORTED,
  /** A model of this name and version is registered already, or is being registered. */
  CONFLICT,
  /** Nothing is at the given location. */
  ARCHIVE_NOT_FOUND,
  /** The archive is corrupt, hostile, or not an archive. */
  ARCHIVE_INVALID,
  /** Fetching the archive failed. */
  DOWNLOAD_FAILED,
  /** The address may not be fetched under {@code allowed_urls}. */
  URL_NOT_ALLOWED,
  /** The default version can't be removed while there are others. */
  DEFAULT_VERSION_IN_USE,
  /** The packages that the archive asks for could not be installed. */
  INSTALL_FAILED,
  /** Workers could not load the model. */
  LOAD_FAILED,
  /** A fault of the server's own. */
  INTERNAL
}
