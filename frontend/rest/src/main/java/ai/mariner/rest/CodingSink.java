package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ResponseSink;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Writes answers in another form than they came in, large ones beside the model's loop. */
abstract class CodingSink implements ResponseSink {
  static final int MOST_INLINE_BYTES = 64 * 1024;

  private final Exchange exchange;
  private final Executor codec;

  /**
   * Makes one.
   *
   * @param exchange where answers go
   * @param codec writes what is large
   */
  CodingSink(Exchange exchange, Executor codec) {
    this.exchange = exchange;
    this.codec = codec;
  }

  final Exchange exchange() {
    return exchange;
  }

  /** Does work beside the loop; here, once nobody does that any more. */
  final void later(Runnable work) {
    try {
      codec.execute(work);
    } catch (RejectedExecutionException stopped) {
      work.run();
    }
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
  public final boolean isReady() {
    return exchange.isReady();
  }

  @Override
  public final void onReady(Runnable task) {
    exchange.onReady(task);
  }

  @Override
  public final long bufferedBytes() {
    return exchange.bufferedBytes();
  }
}
