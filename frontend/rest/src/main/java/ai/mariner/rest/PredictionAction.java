package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.inference.InferenceCalls;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Hands calls to a model, in the dialect of their route.
 *
 * @param inference takes predictions
 * @param dialect how the route speaks
 * @param operation what it asks for
 */
record PredictionAction(InferenceCalls inference, Dialect dialect, Operation operation)
    implements Route.Action {
  private static final AsciiString TIMEOUT = AsciiString.cached("x-request-timeout-ms");

  @Override
  public void run(Call call) {
    submit(call, dialect.read(call, operation));
  }

  /** Hands a request to its model; the call's exchange gets the answer. */
  void submit(Call call, InferenceRequest request) {
    Exchange exchange = call.exchange();
    exchange.frame(dialect.framing(call.request()));
    inference.submit(request, dialect.sink(exchange));
  }

  /**
   * Makes a request of what the HTTP request says about it.
   *
   * @param parts inputs, which are given back if this throws
   * @param urlPath header {@code url_path} for the handler; absent: none
   * @throws ServeException if a header of the request is malformed
   */
  static InferenceRequest request(
      Call call,
      ModelRef model,
      Operation operation,
      List<InputPart> parts,
      @Nullable String urlPath) {
    try {
      return made(call, model, operation, InputNames.distinct(parts), urlPath);
    } catch (ServeException e) {
      parts.forEach(part -> part.body().release());
      throw e;
    }
  }

  /** The same for inputs that stay the caller's if this throws. */
  static InferenceRequest unowned(
      Call call, ModelRef model, Operation operation, List<InputPart> parts) {
    return made(call, model, operation, parts, null);
  }

  private static InferenceRequest made(
      Call call,
      ModelRef model,
      Operation operation,
      List<InputPart> parts,
      @Nullable String urlPath) {
    Exchange exchange = call.exchange();
    HttpHeaders headers = exchange.request().headers();
    return InferenceRequest.builder(exchange.id(), model, parts)
        .operation(operation)
        .label(exchange.clientLabel())
        .headers(new HandlerHeaders(headers, urlPath))
        .timeoutNanos(timeoutNanos(headers))
        .streaming(true)
        .build();
  }

  private static @Nullable Long timeoutNanos(HttpHeaders headers) {
    String text = headers.get(TIMEOUT);
    if (text == null) {
      return null;
    }
    try {
      long millis = Long.parseLong(text.trim());
      if (millis > 0) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
      }
    } catch (NumberFormatException notANumber) {
      // Said below.
    }
    throw new ServeException(
        ErrorKind.BAD_REQUEST,
        "X-Request-Timeout-Ms: " + Replies.printable(text) + " (expected: a whole number >= 1)");
  }
}
