package ai.mariner.rest;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import java.util.ArrayDeque;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** What has arrived of an answer whose turn in the line of its connection has not come. */
final class HeldAnswer {
  private final ArrayDeque<Step> steps = new ArrayDeque<>(0);

  /** One call of a {@link ResponseSink}. */
  sealed interface Step {}

  /** A piece of the answer, or what ends it. */
  record Part(Reply reply, boolean last) implements Step {}

  /** The answer fails. */
  record Failed(Failure failure) implements Step {}

  void add(Step step) {
    steps.add(step);
  }

  /** Takes out what arrived first; absent: nothing is held. */
  @Nullable Step poll() {
    return steps.poll();
  }

  /**
   * Gives all bodies back.
   *
   * @param dropped told the bytes of each piece
   */
  void release(LongConsumer dropped) {
    Step step;
    while ((step = steps.poll()) != null) {
      if (step instanceof Part part) {
        if (!part.last()) {
          dropped.accept(part.reply().body().size());
        }
        part.reply().body().release();
      }
    }
  }
}
