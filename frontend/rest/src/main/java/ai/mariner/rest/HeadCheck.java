package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * What the head of a request alone tells: where it goes, whether its caller may, whether its model
 * is there, and how its body is coded. Nobody has to send a body for an answer that stands already.
 */
final class HeadCheck {
  private final Listener listener;

  HeadCheck(Listener listener) {
    this.listener = listener;
  }

  /**
   * Checks a head, and notes route and coding in the request.
   *
   * @return the answer when it is refused, else {@code null}
   */
  @Nullable Reply refusal(Incoming next, ByteBufAllocator allocator) {
    Exchange exchange = next.exchange();
    Failure failure = route(next);
    if (failure != null) {
      return answer(exchange, failure);
    }
    String coding = RequestHead.contentCoding(exchange.request());
    if (coding == null || BodyDecoder.isPlain(coding)) {
      return null;
    }
    BodyDecoder decoder = BodyDecoder.of(coding, allocator);
    if (decoder == null) {
      return notUnderstood(exchange, coding);
    }
    next.decoder(decoder);
    return null;
  }

  private @Nullable Failure route(Incoming next) {
    try {
      Router.Target target = listener.router().route(next.exchange());
      next.target(target);
      ModelRef model = InferenceRoutes.named(target);
      return model == null ? null : listener.context().inference().absence(model);
    } catch (ServeException e) {
      return e.failure();
    } catch (RuntimeException e) {
      return InternalFault.of(e);
    }
  }

  private Reply answer(Exchange exchange, Failure refusal) {
    Reply reply = exchange.dialect().fail(refusal);
    return switch (refusal.kind()) {
      case METHOD_NOT_ALLOWED, MODEL_API_DISABLED ->
          Replies.with(reply, "Allow", listener.router().allowed(exchange.request()));
      default -> reply;
    };
  }

  private static Reply notUnderstood(Exchange exchange, String coding) {
    String understood = BodyDecoder.understood();
    String message =
        "Content-Encoding: "
            + Replies.printable(coding)
            + " (expected: one of "
            + understood
            + ", or none)";
    Reply reply = exchange.dialect().refuse(415, "UnsupportedMediaTypeException", message);
    return Replies.with(reply, "Accept-Encoding", understood);
  }
}
