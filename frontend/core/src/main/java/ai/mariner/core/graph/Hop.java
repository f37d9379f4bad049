package ai.mariner.core.graph;

import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.time.Loop;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One try of a node: takes the program's answer to the graph's loop, which is the program's own as
 * a rule.
 */
final class Hop implements ResponseSink {
  private final GraphRun run;
  private final Loop loop;
  private final int node;
  private final int attempt;
  private final @Nullable ResponseSink reader;
  private @Nullable Runnable cancelTask;
  private boolean cancelled;
  private boolean streamed;

  /**
   * Makes a try.
   *
   * @param run whose step it is
   * @param loop the run's loop
   * @param node number of the node
   * @param attempt how many tries of it failed before
   * @param reader who reads the pieces of a streamed answer; absent: it may not be streamed
   */
  Hop(GraphRun run, Loop loop, int node, int attempt, @Nullable ResponseSink reader) {
    this.run = run;
    this.loop = loop;
    this.node = node;
    this.attempt = attempt;
    this.reader = reader;
  }

  int node() {
    return node;
  }

  int attempt() {
    return attempt;
  }

  /** Whether the client has seen a part of the answer, so that it can't be tried again. */
  boolean streamed() {
    return streamed;
  }

  void markStreamed() {
    streamed = true;
  }

  /** Gives the try up; its outcome concerns no one any more. On the run's loop. */
  void cancel() {
    Runnable task;
    synchronized (this) {
      cancelled = true;
      task = cancelTask;
    }
    if (task != null) {
      task.run();
    }
  }

  @Override
  public void next(Reply piece) {
    onLoop(() -> run.piece(this, piece), piece);
  }

  @Override
  public void end(Reply last) {
    onLoop(() -> run.answered(this, last), last);
  }

  private void onLoop(Runnable task, Reply reply) {
    try {
      loop.run(task);
    } catch (RejectedExecutionException e) {
      reply.body().release();
      throw e;
    }
  }

  @Override
  public void fail(Failure failure) {
    loop.run(() -> run.failed(this, failure));
  }

  @Override
  public void onCancel(Runnable task) {
    boolean late;
    synchronized (this) {
      cancelTask = task;
      late = cancelled;
    }
    if (late) {
      task.run();
    }
  }

  @Override
  public boolean isReady() {
    return reader == null || reader.isReady();
  }

  @Override
  public void onReady(Runnable task) {
    if (reader != null) {
      reader.onReady(task);
    }
  }

  @Override
  public long bufferedBytes() {
    return reader == null ? 0 : reader.bufferedBytes();
  }
}
