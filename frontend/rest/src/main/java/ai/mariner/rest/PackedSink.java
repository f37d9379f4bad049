package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Packs whole answers as the client takes them. Streams stay as they are: packing would hold their
 * pieces back.
 */
final class PackedSink implements ResponseSink {
  private static final int MOST_INLINE_BYTES = 64 * 1024;

  private final Exchange exchange;
  private final ReplyCoding coding;
  private final Executor codec;
  private boolean streams;

  private PackedSink(Exchange exchange, ReplyCoding coding, Executor codec) {
    this.exchange = exchange;
    this.coding = coding;
    this.codec = codec;
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
    exchange.next(piece);
  }

  @Override
  public void end(Reply last) {
    if (streams) {
      exchange.end(last);
    } else if (last.body().size() > MOST_INLINE_BYTES) {
      later(last);
    } else {
      finish(last);
    }
  }

  private void later(Reply last) {
    try {
      codec.execute(() -> finish(last));
    } catch (RejectedExecutionException stopped) {
      finish(last);
    }
  }

  private void finish(Reply last) {
    Reply packed;
    try {
      packed = coding.packed(last);
    } catch (RuntimeException fault) {
      exchange.fail(InternalFault.of(fault));
      return;
    }
    exchange.end(packed);
  }

  @Override
  public void fail(Failure failure) {
    exchange.fail(failure);
  }

  @Override
  public void onCancel(Runnable task) {
    exchange.onCancel(task);
  }

  @Override
  public boolean isReady() {
    return exchange.isReady();
  }

  @Override
  public void onReady(Runnable task) {
    exchange.onReady(task);
  }

  @Override
  public long bufferedBytes() {
    return exchange.bufferedBytes();
  }
}
