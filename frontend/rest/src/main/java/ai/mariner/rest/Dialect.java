package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import io.netty.handler.codec.http.HttpRequest;

/**
 * The manner of speaking of a family of routes: how a request is read, how answers, streams and
 * failures are written. A component of {@link Route}; a route without one speaks TorchServe's.
 *
 * <p>Immutable and shared by all connections. Everything is called on a connection's event loop,
 * where nothing may block; what takes long belongs into the sink, which may hop.
 */
interface Dialect {
  /**
   * Reads a whole request as one for a model.
   *
   * @param call its body goes over to the request
   * @param operation what its route asks for
   * @return a request whose bodies the caller owns
   * @throws ai.mariner.core.error.ServeException if it can't be read; nothing is owned by the
   *     caller then
   */
  InferenceRequest read(Call call, Operation operation);

  /**
   * Where the answer goes: the exchange itself, or a sink that translates before it. Its status,
   * headers and bytes are written as they reach the exchange.
   */
  default ResponseSink sink(Exchange exchange) {
    return exchange;
  }

  /** How the pieces of an answer are set apart. */
  Framing framing(HttpRequest request);

  /** A failure as a whole answer; its body also tells of it in the middle of a stream of events. */
  Reply fail(Failure failure);

  /**
   * An error of the HTTP layer itself.
   *
   * @param status HTTP status
   * @param type TorchServe's kind of name for it; a dialect without types leaves it out
   * @param message what, the value, and what was expected
   */
  Reply refuse(int status, String type, String message);

  /**
   * An answer is complete or was broken off.
   *
   * @param status that was sent
   * @param nanos since the request began to arrive
   */
  default void answered(int status, long nanos) {}

  /** Name of the schema of its errors in the API description, see {@link OpenApi}. */
  String errorSchema();
}
