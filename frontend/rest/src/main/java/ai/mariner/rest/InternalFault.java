package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that failed for no other reason than an error of the server's own, which is logged. */
final class InternalFault {
  private static final Logger log = LoggerFactory.getLogger(InternalFault.class);

  private InternalFault() {}

  static Failure of(Throwable thrown) {
    log.error("a request failed by an internal error", thrown);
    return Failure.of(ErrorKind.INTERNAL, "Internal error of the server; its log has the details.")
        .withDetail(thrown.toString());
  }
}
