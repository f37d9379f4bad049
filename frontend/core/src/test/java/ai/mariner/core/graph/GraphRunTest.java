package ai.mariner.core.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.WorkerError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GraphRunTest {
  private static final Duration RESTART = Duration.ofSeconds(10);

  @Test
  void anAnswerGoesFromNodeToNode() {
    GraphRig rig = new GraphRig(10, GraphRig.node("a"), GraphRig.node("b", "a"));
    RecordingSink client = rig.submit("x");
    rig.answer("a", "b");
    assertThat(client.answer()).isEqualTo("echo:echo:x");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void branchesRunAtTheSameTimeAndAJoinIsGivenOnePartForEach() {
    GraphRig rig = GraphRig.diamond(0);
    RecordingSink client = rig.submit("x", request -> request.header("h", "1"));
    rig.answer("a");
    assertThat(rig.worker("b").openRuns()).hasSize(1);
    assertThat(rig.worker("c").openRuns()).hasSize(1);
    rig.answer("c");
    assertThat(rig.worker("d").openRuns()).isEmpty();
    rig.answer("b");
    InferenceRequest join = rig.steps.get(3);
    assertThat(join.parts()).extracting(InputPart::name).containsExactly("b", "c");
    assertThat(join.headers().first("h")).isEqualTo("1");
    assertThat(rig.steps).extracting(InferenceRequest::label).doesNotContainNull().hasSize(4);
    assertThat(rig.steps.stream().map(InferenceRequest::label).distinct()).hasSize(1);
    assertThat(rig.steps.stream().map(InferenceRequest::id).distinct()).hasSize(4);
    rig.answer("d");
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void severalExitsAnswerTogether() {
    GraphRig rig =
        new GraphRig(
            10,
            GraphRig.node("a"),
            GraphRig.node("b", "a"),
            GraphRig.node("c"),
            GraphRig.node("d", "a"));
    RecordingSink client = rig.submit("x");
    rig.answer("c", "a", "d");
    assertThat(client.ended()).isFalse();
    rig.answer("b");
    assertThat(client.answer()).isEqualTo("c=echo:x;b=echo:echo:x;d=echo:echo:x;");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void whatCantBePutTogetherFailsTheRequest() {
    GraphRig rig = new GraphRig(10, GraphRig.node("a"), GraphRig.node("b"));
    RecordingSink client = rig.submit("bad");
    rig.answer("a", "b");
    assertThat(client.failure().kind()).isEqualTo(ErrorKind.OUTPUT_INVALID);
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void anExitThatFailsCancelsTheOthers() {
    GraphRig rig = new GraphRig(10, GraphRig.node("a"), GraphRig.node("b"));
    RecordingSink client = rig.submit("x");
    rig.answer("a");
    rig.worker("b").fail(WorkerError.HANDLER_EXCEPTION, "ValueError: bad");
    assertThat(client.failure().message()).isEqualTo("Error executing b: Prediction failed");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void answersBetweenNodesAreChargedToTheBudgetUntilTheyAreUsed() {
    GraphRig rig = GraphRig.diamond(0);
    rig.submit("x");
    rig.answer("a");
    assertThat(rig.budget.usedBytes()).isEqualTo("echo:x".length());
    rig.answer("b", "c");
    assertThat(rig.budget.usedBytes()).isEqualTo(2 * "echo:echo:x".length());
    rig.answer("d");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void aFailureEndsTheRunWithTheNodesOwnWordsAndCancelsItsSiblings() {
    GraphRig rig = GraphRig.diamond(0);
    RecordingSink client = rig.submit("x");
    rig.answer("a");
    rig.worker("c").fail(WorkerError.HANDLER_EXCEPTION, "ValueError: bad");
    assertThat(client.failure().kind()).isEqualTo(ErrorKind.HANDLER_FAILED);
    assertThat(client.failure().message()).isEqualTo("Error executing c: Prediction failed");
    assertThat(client.failure().detail()).contains("ValueError: bad");
    assertThat(rig.worker("b").cancels()).hasSize(1);
    rig.answer("b");
    assertThat(rig.steps).hasSize(3);
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void aStatusThatMeansAnErrorIsTheClients() {
    GraphRig rig = GraphRig.diamond(3);
    RecordingSink client = rig.submit("x");
    FakeWorker worker = rig.worker("a");
    Body body = rig.server.bodies.body("too small");
    Reply teapot = new Reply(418, "teapot", "text/plain", List.of(), body);
    worker.end(List.of(new ItemReply(worker.oldest().items().get(0).id(), true, null, teapot)));
    assertThat(client.answer()).isEqualTo("too small");
    assertThat(client.reply()).extracting(Reply::status).isEqualTo(418);
    assertThat(rig.steps).hasSize(1);
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void aLostWorkerCountsAsATry() {
    GraphRig rig = GraphRig.diamond(1);
    RecordingSink client = rig.submit("x");
    rig.answer("a");
    rig.worker("b").exit(139);
    rig.server.loop.advance(RESTART);
    rig.answer("b", "c", "d");
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");

    RecordingSink other = rig.submit("y");
    rig.answer("a");
    rig.worker("b").exit(139);
    rig.server.loop.advance(RESTART);
    rig.worker("b").exit(139);
    assertThat(other.failure().kind()).isEqualTo(ErrorKind.WORKER_LOST);
    assertThat(other.failure().message()).startsWith("Error executing b: Worker died");
    rig.answer("c");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void aNodeHasATimeOfItsOwnForEachTry() {
    GraphRig rig = new GraphRig(10, GraphRig.node("a", 1, Duration.ofSeconds(2)));
    RecordingSink client = rig.submit("x");
    rig.server.loop.advance(Duration.ofSeconds(3));
    assertThat(client.ended()).isFalse();
    rig.server.loop.advance(Duration.ofSeconds(2));
    assertThat(client.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(client.failure().message()).startsWith("Error executing a: ");
    assertThat(rig.steps).hasSize(2);
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void allNodesShareTheRequestsDeadline() {
    GraphRig rig = GraphRig.diamond(5);
    RecordingSink client = rig.submit("x", request -> request.timeout(Duration.ofSeconds(3)));
    rig.server.loop.advance(Duration.ofSeconds(2));
    rig.answer("a", "b");
    rig.server.loop.advance(Duration.ofSeconds(2));
    assertThat(client.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
    assertThat(rig.steps).hasSize(3);
    rig.answer("c");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void aClientThatLeavesEndsAllThatRunsForIt() {
    GraphRig rig = GraphRig.diamond(5);
    RecordingSink client = rig.submit("x");
    rig.answer("a");
    client.leave();
    rig.server.loop.runReady();
    assertThat(client.failure().kind()).isEqualTo(ErrorKind.CANCELLED);
    assertThat(rig.worker("b").cancels()).hasSize(1);
    assertThat(rig.worker("c").cancels()).hasSize(1);
    rig.answer("b", "c");
    assertThat(rig.steps).hasSize(3);
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void requestsAreLetInAtTheEdgeAndNoQueueRefusesThemLater() {
    GraphRig rig = new GraphRig(5, GraphRig.node("a"), GraphRig.node("b", "a"));
    List<RecordingSink> clients = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      clients.add(rig.submit("x"));
    }
    assertThat(clients.get(5).failure().kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    for (int i = 0; i < 5; i++) {
      rig.answer("a");
    }
    for (int i = 0; i < 5; i++) {
      rig.answer("b");
    }
    assertThat(clients.subList(0, 5)).allSatisfy(client -> client.answer());
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void theLastNodeMayStream() {
    GraphRig rig = new GraphRig(10, GraphRig.node("a"), GraphRig.node("b", "a"));
    RecordingSink client = rig.submit("x", request -> request.streaming());
    rig.answer("a");
    FakeWorker worker = rig.worker("b");
    long id = worker.oldest().items().get(0).id();
    worker.piece(id, "1");
    worker.lastPiece(id, "2");
    assertThat(client.pieces()).containsExactly("1");
    assertThat(client.answer()).isEqualTo("2");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void aNodeBeforeTheLastMayNot() {
    GraphRig rig = new GraphRig(10, GraphRig.node("a"), GraphRig.node("b", "a"));
    RecordingSink client = rig.submit("x", request -> request.streaming());
    FakeWorker worker = rig.worker("a");
    worker.piece(worker.oldest().items().get(0).id(), "1");
    assertThat(client.failure().kind()).isEqualTo(ErrorKind.OUTPUT_INVALID);
    assertThat(client.failure().message()).contains("a: its answer is a stream").contains("node b");
    assertThat(rig.server.bodies.unreleased()).isEmpty();
  }

  @Test
  void closingFinishesWhatWasLetIn() {
    GraphRig rig = GraphRig.diamond(0);
    RecordingSink client = rig.submit("x");
    CompletableFuture<Void> closed =
        rig.pool.close(Duration.ofSeconds(9).toNanos()).toCompletableFuture();
    rig.server.loop.runReady();
    assertThat(rig.submit("late").failure().kind()).isEqualTo(ErrorKind.SHUTTING_DOWN);
    rig.answer("a", "b", "c", "d");
    assertThat(client.answer()).isEqualTo("echo:echo:echo:x");
    assertThat(closed).isCompleted();
  }

  @Test
  void closingGivesUpWhatTakesTooLong() {
    GraphRig rig = GraphRig.diamond(0);
    RecordingSink client = rig.submit("x");
    CompletableFuture<Void> closed =
        rig.pool.close(Duration.ofSeconds(9).toNanos()).toCompletableFuture();
    rig.server.loop.advance(Duration.ofSeconds(10));
    assertThat(client.failure().message()).contains("drain_timeout");
    assertThat(closed).isCompleted();
    rig.answer("a");
    assertThat(rig.isClean()).isTrue();
  }

  @Test
  void aNodeWhoseModelIsGoneSaysSo() {
    GraphRig rig = new GraphRig(10, GraphRig.node("a"), GraphRig.node("b", "a"));
    rig.server.value(rig.server.models.unregister(ModelRef.of("b")));
    RecordingSink client = rig.submit("x");
    rig.answer("a");
    assertThat(client.failure().kind()).isEqualTo(ErrorKind.MODEL_NOT_FOUND);
    assertThat(client.failure().message()).isEqualTo("Error executing b: Model not found: b");
    assertThat(rig.isClean()).isTrue();
  }
}
