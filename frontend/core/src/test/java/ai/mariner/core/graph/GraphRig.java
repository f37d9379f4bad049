package ai.mariner.core.graph;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.testing.CoreFixture;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.testing.Requests;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A graph over pools in virtual time: each node is a model of its name, which tests answer for. */
final class GraphRig {
  final CoreFixture server = CoreFixture.standard();
  final InflightBudget budget = new InflightBudget(1_000_000);

  /** All steps in the order of their submission. */
  final List<InferenceRequest> steps = new ArrayList<>();

  final GraphPool pool;

  GraphRig(int capacity, GraphNode... nodes) {
    for (GraphNode node : nodes) {
      String model = node.program().name();
      server.archives.put(model + ".mar", model, "1.0");
      // Queues of one: only what was let in before gets past them.
      ModelOverrides options =
          ModelOverrides.builder().workers(1, null).batchSize(1).jobQueueSize(1).build();
      RegisterModel order =
          new RegisterModel(
              model + ".mar", null, null, null, null, options, Completion.READY, false);
      server.value(server.models.register(order));
    }
    Served programs =
        (request, sink) -> {
          steps.add(request);
          server.inference.step(request, sink);
        };
    GraphPool.Shared shared =
        new GraphPool.Shared(
            programs,
            server.inference::nextRequestId,
            server.inference.labels(),
            budget,
            GraphRig::gathered);
    this.pool =
        new GraphPool(
            "Workflow wf",
            new Graph(List.of(nodes), Graph.Exits.ANY),
            capacity,
            server.loop,
            shared);
  }

  static GraphNode node(String name, String... inputs) {
    return node(name, 0, null, inputs);
  }

  static GraphNode node(String name, int retries, @Nullable Duration timeout, String... inputs) {
    return new GraphNode(name, ModelRef.of(name), List.of(inputs), retries, timeout);
  }

  /** a leads to b and c, which lead to d. */
  static GraphRig diamond(int retries) {
    return new GraphRig(
        100,
        node("a", retries, null),
        node("b", retries, null, "a"),
        node("c", retries, null, "a"),
        node("d", retries, null, "b", "c"));
  }

  RecordingSink submit(String text) {
    return submit(text, request -> request);
  }

  RecordingSink submit(String text, UnaryOperator<Requests> details) {
    RecordingSink sink = new RecordingSink();
    Requests request = Requests.of(server.inference.nextRequestId(), server.bodies.body(text));
    pool.submit(details.apply(request).build(), sink);
    server.loop.runReady();
    return sink;
  }

  /** The living worker of a node. */
  FakeWorker worker(String node) {
    return server.worker(node);
  }

  /** Answers what the nodes have, in turn. */
  void answer(String... nodes) {
    for (String node : nodes) {
      worker(node).answer();
    }
  }

  private static Reply gathered(Map<String, Reply> answers) {
    StringBuilder text = new StringBuilder();
    answers.forEach(
        (node, answer) ->
            text.append(node)
                .append('=')
                .append(StandardCharsets.UTF_8.decode(answer.body().bytes()))
                .append(';'));
    if (text.indexOf("bad") >= 0) {
      throw new ServeException(ErrorKind.OUTPUT_INVALID, "It can't be put together.");
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return new Reply(null, null, null, List.of(), Body.of(bytes));
  }

  /** Whether nothing of any request is left. */
  boolean isClean() {
    return server.bodies.unreleased().isEmpty() && budget.usedBytes() == 0;
  }
}
