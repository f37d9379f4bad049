package ai.mariner.core.graph;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through a graph: owns its bodies and the answers of its nodes until all
 * that need them have ended, and ends exactly once. On the graph's loop.
 */
final class GraphRun {
  private static final String BODY = "body";

  private final GraphPool pool;
  private final Graph graph;
  private final InferenceRequest request;
  private final ResponseSink client;
  private final String label;
  private final long deadlineNanos;

  /** Tries under way, by node. */
  private final @Nullable Hop[] hops;

  /** Answers that are needed still, by node. */
  private final @Nullable Reply[] answers;

  /** How many nodes need a node's answer still. */
  private final int[] readers;

  /** How many inputs a node waits for. */
  private final int[] missing;

  private int requestReaders;

  /** How many exits have not answered. */
  private int openExits;

  private boolean over;

  /**
   * Makes a run.
   *
   * @param request belongs to the run until it ends
   * @param label the request id that all nodes see
   * @param deadlineNanos of the whole, in the loop's time; {@link Long#MAX_VALUE}: none
   */
  GraphRun(
      GraphPool pool,
      InferenceRequest request,
      ResponseSink client,
      String label,
      long deadlineNanos) {
    this.pool = pool;
    this.graph = pool.graph();
    this.request = request;
    this.client = client;
    this.label = label;
    this.deadlineNanos = deadlineNanos;
    int size = graph.size();
    this.hops = new Hop[size];
    this.answers = new Reply[size];
    this.readers = new int[size];
    this.missing = new int[size];
    this.openExits = graph.exits().length;
    for (int node = 0; node < size; node++) {
      missing[node] = graph.inputs(node).length;
      requestReaders += missing[node] == 0 ? 1 : 0;
    }
  }

  /** Starts the nodes that are given the request. */
  void begin() {
    client.onCancel(() -> pool.loop().run(this::clientLeft));
    for (int node = 0; node < graph.size() && !over; node++) {
      if (graph.inputs(node).length == 0) {
        start(node, 0);
      }
    }
  }

  private void clientLeft() {
    fail(Failure.of(ErrorKind.CANCELLED, "The client left."));
  }

  private void start(int number, int attempt) {
    GraphNode node = graph.node(number);
    Long timeout = timeout(node);
    if (timeout != null && timeout <= 0) {
      fail(
          Failure.of(
              ErrorKind.DEADLINE_EXCEEDED,
              "The request's deadline passed before node " + node.name() + " began."));
      return;
    }
    boolean exit = graph.answersAlone(number);
    Hop hop = new Hop(this, pool.loop(), number, attempt, exit ? client : null);
    hops[number] = hop;
    InferenceRequest step =
        InferenceRequest.builder(pool.nextId(), node.program(), parts(number))
            .operation(request.operation())
            .label(label)
            .headers(request.headers())
            .timeoutNanos(timeout)
            .streaming(exit && request.streaming())
            .admitted()
            .route(node.route())
            .build();
    pool.programs().submit(step, hop);
  }

  /** What is left for one try; absent: no bound. */
  private @Nullable Long timeout(GraphNode node) {
    Long left = deadlineNanos == Long.MAX_VALUE ? null : deadlineNanos - pool.loop().nanoTime();
    Long own = node.timeout() == null ? null : node.timeout().toNanos();
    if (left == null || own == null) {
      return left == null ? own : left;
    }
    return Math.min(left, own);
  }

  /** The request's parts, or one for each input. All are kept for another try. */
  private List<InputPart> parts(int number) {
    int[] inputs = graph.inputs(number);
    List<InputPart> parts = new ArrayList<>();
    if (inputs.length == 0) {
      for (InputPart part : request.parts()) {
        parts.add(new InputPart(part.name(), part.contentType(), part.body().share()));
      }
      return parts;
    }
    for (int input : inputs) {
      Reply answer = answers[input];
      if (answer == null) {
        throw new IllegalStateException("no answer of node " + graph.node(input).name());
      }
      String name = inputs.length == 1 ? BODY : graph.node(input).name();
      // Without a type: handlers of workflows are given bytes, whatever the node before made of.
      parts.add(new InputPart(name, null, answer.body().share()));
    }
    return parts;
  }

  /** A piece of a streamed answer. */
  void piece(Hop hop, Reply piece) {
    if (isStale(hop)) {
      piece.body().release();
      return;
    }
    if (graph.answersAlone(hop.node())) {
      hop.markStreamed();
      client.next(piece);
      return;
    }
    piece.body().release();
    fail(
        Failure.of(
            ErrorKind.OUTPUT_INVALID,
            executing(hop)
                + "its answer is a stream (expected: one answer; "
                + (graph.exits().length == 1
                    ? "only node " + graph.exitNames().get(0) + ", the last one, may stream)"
                    : "nodes of a graph that ends in several can't stream)")));
  }

  /** A whole answer. One with a status that means an error is the client's. */
  void answered(Hop hop, Reply answer) {
    if (isStale(hop)) {
      answer.body().release();
      return;
    }
    int number = hop.node();
    hops[number] = null;
    Integer status = answer.status();
    if (graph.answersAlone(number) || (status != null && status >= 400)) {
      close();
      client.end(answer);
      return;
    }
    answers[number] = answer;
    pool.budget().charge(answer.body().size());
    int[] followers = graph.followers(number);
    readers[number] = followers.length;
    forgetInputs(number);
    if (followers.length == 0) {
      if (--openExits == 0) {
        gather();
      }
      return;
    }
    for (int follower : followers) {
      if (--missing[follower] == 0 && !over) {
        start(follower, 0);
      }
    }
  }

  /** All exits have answered: the client gets their answers as one. */
  private void gather() {
    Map<String, Reply> all = new LinkedHashMap<>();
    for (int exit : graph.exits()) {
      all.put(graph.node(exit).name(), Objects.requireNonNull(answers[exit]));
    }
    Reply together;
    try {
      together = pool.gathering().gather(all);
    } catch (ServeException refusal) {
      fail(refusal.failure());
      return;
    }
    close();
    client.end(together);
  }

  /** A try failed: there is another one, or the run ends. */
  void failed(Hop hop, Failure failure) {
    if (isStale(hop)) {
      return;
    }
    int number = hop.node();
    hops[number] = null;
    boolean again = hop.attempt() < graph.node(number).retries() && !hop.streamed();
    if (again && mayPass(failure) && !expired()) {
      start(number, hop.attempt() + 1);
      return;
    }
    fail(
        new Failure(
            failure.kind(),
            executing(hop) + failure.message(),
            failure.status(),
            failure.detail()));
  }

  private boolean expired() {
    return deadlineNanos != Long.MAX_VALUE && deadlineNanos - pool.loop().nanoTime() <= 0;
  }

  /** Whether a failure may be another one next time. */
  private static boolean mayPass(Failure failure) {
    Integer status = failure.status();
    return switch (failure.kind()) {
      case WORKER_LOST,
          WORKER_OUT_OF_MEMORY,
          RESPONSE_TIMEOUT,
          DEADLINE_EXCEEDED,
          HANDLER_FAILED,
          OUT_OF_MEMORY,
          DEVICE_LOST ->
          true;
      case HANDLER_STATUS -> status != null && status >= 500;
      default -> false;
    };
  }

  private String executing(Hop hop) {
    return "Error executing " + graph.node(hop.node()).name() + ": ";
  }

  /** An answer that comes after the run has ended, or after its try was given up. */
  private boolean isStale(Hop hop) {
    return over || hops[hop.node()] != hop;
  }

  /** Ends the run, unless it has ended. */
  void fail(Failure failure) {
    if (!over) {
      close();
      client.fail(failure);
    }
  }

  private void close() {
    over = true;
    for (Hop hop : hops) {
      if (hop != null) {
        hop.cancel();
      }
    }
    for (int node = 0; node < answers.length; node++) {
      forget(node);
    }
    if (requestReaders > 0) {
      requestReaders = 0;
      request.release();
    }
    pool.ended(this);
  }

  private void forgetInputs(int number) {
    int[] inputs = graph.inputs(number);
    for (int input : inputs) {
      if (--readers[input] == 0) {
        forget(input);
      }
    }
    if (inputs.length == 0 && --requestReaders == 0) {
      request.release();
    }
  }

  private void forget(int number) {
    Reply answer = answers[number];
    if (answer != null) {
      answers[number] = null;
      pool.budget().release(answer.body().size());
      answer.body().release();
    }
  }
}
