package ai.mariner.core.graph;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.time.Loop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The requests that are in a graph. Each is let in or refused here, once; on its way no queue
 * refuses it. One loop, the pools' of its programs where it can be, owns all its state; public
 * methods may be called from any thread.
 */
public final class GraphPool implements Served {
  /** A longer time-out, more than a century, is none. */
  private static final long LONGEST_TIMEOUT_NANOS = Long.MAX_VALUE >> 1;

  private final String title;
  private final Graph graph;
  private final int capacity;
  private final Loop loop;
  private final Shared shared;
  private final Set<GraphRun> open = new LinkedHashSet<>();

  /** Completes when nothing is open; absent: requests are let in. */
  private @Nullable CompletableFuture<Void> drained;

  /**
   * What all graphs of a server share.
   *
   * @param programs runs a node
   * @param ids numbers of requests
   * @param labels request ids of clients that chose none
   * @param budget counts the answers that wait between nodes
   * @param gathering makes one answer of several
   */
  public record Shared(
      Served programs,
      LongSupplier ids,
      RequestLabel labels,
      InflightBudget budget,
      Gathering gathering) {}

  /**
   * Makes a graph without requests.
   *
   * @param title what it is called in messages, as {@code Workflow flow}
   * @param graph what leads where
   * @param capacity most requests that are in it at once, at least 1
   * @param loop owner of all that follows
   * @param shared what all graphs share
   */
  public GraphPool(String title, Graph graph, int capacity, Loop loop, Shared shared) {
    this.title = title;
    this.graph = graph;
    this.capacity = capacity;
    this.loop = loop;
    this.shared = shared;
  }

  /** What leads where. */
  public Graph graph() {
    return graph;
  }

  Loop loop() {
    return loop;
  }

  Served programs() {
    return shared.programs();
  }

  Gathering gathering() {
    return shared.gathering();
  }

  InflightBudget budget() {
    return shared.budget();
  }

  long nextId() {
    return shared.ids().getAsLong();
  }

  @Override
  public void submit(InferenceRequest request, ResponseSink sink) {
    if (loop.inLoop()) {
      enter(request, sink);
      return;
    }
    try {
      loop.execute(() -> enter(request, sink));
    } catch (RejectedExecutionException e) {
      refuse(request, sink, Failure.of(ErrorKind.SHUTTING_DOWN, "The server is shutting down."));
    }
  }

  private void enter(InferenceRequest request, ResponseSink sink) {
    Failure refusal = refusal();
    if (refusal != null) {
      refuse(request, sink, refusal);
      return;
    }
    String given = request.label();
    String label = given == null ? shared.labels().of(request.id()) : given;
    Long timeout = request.timeoutNanos();
    long deadline =
        timeout == null || timeout > LONGEST_TIMEOUT_NANOS
            ? Long.MAX_VALUE
            : loop.nanoTime() + timeout;
    GraphRun run = new GraphRun(this, request, sink, label, deadline);
    open.add(run);
    run.begin();
  }

  private @Nullable Failure refusal() {
    if (drained != null) {
      return Failure.of(ErrorKind.SHUTTING_DOWN, title + " is being removed.");
    }
    if (open.size() >= capacity) {
      return Failure.of(
          ErrorKind.QUEUE_FULL,
          title
              + " is full: "
              + open.size()
              + " requests are in it (expected: at most the jobQueueSize of its nodes together, "
              + capacity
              + "). Try again later.");
    }
    return null;
  }

  private static void refuse(InferenceRequest request, ResponseSink sink, Failure failure) {
    request.release();
    sink.fail(failure);
  }

  /** A run is over. */
  void ended(GraphRun run) {
    open.remove(run);
    CompletableFuture<Void> done = drained;
    if (done != null && open.isEmpty()) {
      // Not at once: the last client is told first.
      loop.execute(() -> done.complete(null));
    }
  }

  /**
   * Takes nothing new and finishes what was let in.
   *
   * @param drainNanos how long that may take; what is not done by then fails
   * @return completes when nothing is in it any more
   */
  public CompletionStage<Void> close(long drainNanos) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      loop.execute(() -> begin(drainNanos, done));
    } catch (RejectedExecutionException e) {
      done.complete(null);
    }
    return done;
  }

  private void begin(long drainNanos, CompletableFuture<Void> done) {
    CompletableFuture<Void> all = drained == null ? new CompletableFuture<>() : drained;
    drained = all;
    var unused = all.thenRun(() -> done.complete(null));
    if (open.isEmpty()) {
      all.complete(null);
      return;
    }
    Loop.Timer timer = loop.schedule(this::abandon, drainNanos);
    unused = all.thenRun(() -> loop.run(timer::cancel));
  }

  private void abandon() {
    for (GraphRun run : List.copyOf(open)) {
      run.fail(
          Failure.of(
              ErrorKind.SHUTTING_DOWN,
              title + " was removed before the request was done (drain_timeout)."));
    }
  }
}
