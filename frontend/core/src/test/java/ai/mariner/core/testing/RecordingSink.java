package ai.mariner.core.testing;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client that writes down what it is told and checks the order: pieces, then exactly one end. It
 * releases every body that it gets.
 */
public final class RecordingSink implements ResponseSink {
  private final List<String> pieces = new ArrayList<>();
  private @Nullable String answer;
  private @Nullable Reply reply;
  private @Nullable Failure failure;
  private @Nullable Runnable cancelTask;
  private @Nullable Runnable readyTask;
  private @Nullable Runnable whenEnded;
  private boolean ready = true;
  private long bufferedBytes;

  @Override
  public synchronized void next(Reply piece) {
    checkOpen("a piece");
    pieces.add(text(piece));
  }

  @Override
  public synchronized void end(Reply last) {
    checkOpen("an answer");
    answer = text(last);
    reply = last;
    tell(whenEnded);
  }

  @Override
  public synchronized void fail(Failure reason) {
    checkOpen("a failure (" + reason.message() + ")");
    failure = reason;
    tell(whenEnded);
  }

  @Override
  public synchronized void onCancel(Runnable task) {
    if (cancelTask != null || ended() || !pieces.isEmpty()) {
      throw new AssertionError("onCancel is called twice or late");
    }
    cancelTask = task;
  }

  @Override
  public synchronized boolean isReady() {
    return ready;
  }

  @Override
  public synchronized void onReady(Runnable task) {
    readyTask = task;
  }

  @Override
  public synchronized long bufferedBytes() {
    return bufferedBytes;
  }

  /** Runs a task when the request ends, inside the call that ends it. */
  public synchronized void whenEnded(Runnable task) {
    whenEnded = task;
  }

  /** Leaves, as a client that closes its connection; does nothing before the core has listened. */
  public void leave() {
    tell(cancelTask);
  }

  /** Stops reading: so many bytes wait from now on. */
  public synchronized void stopReading(long waitingBytes) {
    ready = false;
    bufferedBytes = waitingBytes;
  }

  /** Has read everything, and says so. */
  public void readAll() {
    Runnable told;
    synchronized (this) {
      ready = true;
      bufferedBytes = 0;
      told = readyTask;
      readyTask = null;
    }
    tell(told);
  }

  /** Whether the request has ended. */
  public synchronized boolean ended() {
    return answer != null || failure != null;
  }

  /** Texts of the pieces so far. */
  public synchronized List<String> pieces() {
    return List.copyOf(pieces);
  }

  /** Text of the answer; fails if there is none. */
  public synchronized String answer() {
    if (answer == null) {
      throw new AssertionError("no answer, but " + (failure == null ? "nothing yet" : failure));
    }
    return answer;
  }

  /** The answer with status and headers; its body has been released. */
  public synchronized @Nullable Reply reply() {
    return reply;
  }

  /** The failure; fails if there is none. */
  public synchronized Failure failure() {
    if (failure == null) {
      throw new AssertionError("no failure, but " + (answer == null ? "nothing yet" : answer));
    }
    return failure;
  }

  private void checkOpen(String what) {
    if (ended()) {
      throw new AssertionError(what + " comes after the end: " + answer + ", " + failure);
    }
  }

  private static String text(Reply reply) {
    String text = StandardCharsets.UTF_8.decode(reply.body().bytes()).toString();
    reply.body().release();
    return text;
  }

  private static void tell(@Nullable Runnable task) {
    if (task != null) {
      task.run();
    }
  }
}
