package ai.mariner.rest;

import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import java.util.concurrent.Executor;

/**
 * Packs whole answers as the client takes them. Streams stay as they are: packing would hold their
 * pieces back.
 */
final class PackedSink extends CodingSink {
  private final ReplyCoding coding;
  private boolean streams;

  private PackedSink(Exchange exchange, ReplyCoding coding, Executor codec) {
    super(exchange, codec);
    this.coding = coding;
  }

  /**
   * The sink for an answer.
   *
   * @param exchange where it goes
   * @param codec packs what is large
   */
  static ResponseSink of(Exchange exchange, Executor codec) {
    ReplyCoding coding = ReplyCoding.accepted(exchange.request().headers());
    return coding == null ? exchange : new PackedSink(exchange, coding, codec);
  }

  @Override
  public void next(Reply piece) {
    streams = true;
    exchange().next(piece);
  }

  @Override
  public void end(Reply last) {
    if (streams) {
      exchange().end(last);
    } else if (last.body().size() > MOST_INLINE_BYTES) {
      later(() -> finish(last));
    } else {
      finish(last);
    }
  }

  private void finish(Reply last) {
    Reply packed;
    try {
      packed = coding.packed(last);
    } catch (RuntimeException fault) {
      exchange().fail(InternalFault.of(fault));
      return;
    }
    exchange().end(packed);
  }
}
