package ai.mariner.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.core.testing.FakeLoop;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.RunItem;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.worker.process.Spawned;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Two ranks that look like one process. */
final class RankGroupTest {
  private final FakeLoop loop = new FakeLoop();
  private final List<String> sent = new ArrayList<>();
  private final List<String> done = new ArrayList<>();
  private @Nullable WorkerLink link;
  private final RecordedEvents events = new RecordedEvents(null, opened -> link = opened);
  private final RankGroup group = new RankGroup(launch(), 2, 0, loop, events);

  RankGroupTest() {
    group.started(new Process());
  }

  private static WorkerLaunch launch() {
    return new WorkerLaunch(9000, 1, new ModelKey("m", "1.0"), Path.of("/m"), "python", null);
  }

  private WorkerLink connected() {
    group.member(1).connected(new Link(1), 101);
    assertThat(events.soFar()).isEmpty();
    group.member(0).connected(new Link(0), 100);
    assertThat(events.soFar()).containsExactly("connected");
    return Objects.requireNonNull(link);
  }

  private WorkerLink serving() {
    WorkerLink opened = connected();
    group.member(0).loaded(LoadOutcome.OK);
    group.member(1).loaded(LoadOutcome.OK);
    assertThat(events.soFar()).containsExactly("loaded serial 1");
    sent.clear();
    return opened;
  }

  private static List<ItemReply> item(String text, @Nullable WorkerError error) {
    return List.of(
        new ItemReply(
            1,
            false,
            error,
            new Reply(
                null, null, null, List.of(), Body.of(text.getBytes(StandardCharsets.UTF_8)))));
  }

  @Test
  void everyRankIsSentEverythingInOneOrder() {
    WorkerLink opened = connected();
    opened.load(new LoadCommand(1, Map.of("handler", "h", "gpu_id", "0")));
    opened.run(7, Operation.PREDICT, List.of());
    opened.stop();
    assertThat(sent)
        .containsExactly("0 load gpu 0", "1 load gpu 1", "0 run 7", "1 run 7", "0 stop", "1 stop");
  }

  @Test
  void theAnswerIsToldAtOnceAndTheRunEndsWithTheLastRank() {
    serving().run(7, Operation.PREDICT, List.of());
    group.member(0).replied(7, item("a", null), true, false);
    assertThat(events.soFar()).containsExactly("replied 7 1=a");
    assertThat(group.late()).isEqualTo("rank 1");
    group.member(1).replied(7, List.of(), true, false);
    assertThat(events.soFar()).containsExactly("replied 7 ended");
    assertThat(group.late()).isNull();
  }

  @Test
  void theAnswerEndsTheRunWhenTheOthersHaveEndedIt() {
    serving().run(7, Operation.PREDICT, List.of());
    group.member(0).replied(7, item("piece", null), false, false);
    group.member(1).replied(7, List.of(), true, true);
    group.member(0).replied(7, item("a", null), true, false);
    assertThat(events.soFar()).containsExactly("replied 7 1=piece", "replied 7 1=a ended spent");
  }

  @Test
  void aFailureIsHeldUntilTheOthersHaveEndedTheRun() {
    serving().run(7, Operation.PREDICT, List.of());
    group.member(0).replied(7, item("no", WorkerError.HANDLER_EXCEPTION), true, false);
    assertThat(events.soFar()).isEmpty();
    group.member(1).replied(7, item("no", WorkerError.HANDLER_EXCEPTION), true, false);
    assertThat(events.soFar()).containsExactly("replied 7 1=no ended");
    loop.advance(Duration.ofMinutes(1));
    assertThat(done).isEmpty();
  }

  @Test
  void theDeathOfARankIsToldInPlaceOfTheFailureThatItCaused() {
    serving().run(7, Operation.PREDICT, List.of());
    group.member(0).replied(7, item("closed by peer", WorkerError.HANDLER_EXCEPTION), true, false);
    group.member(1).disconnected("the connection ended");
    group.reported(Map.of("lost_rank", "1", "lost_status", "137"));
    group.exited(new ProcessExit(1, null, null));
    group.member(0).disconnected("the connection ended");
    assertThat(events.soFar())
        .containsExactly(
            "disconnected: rank 1: the connection ended", "was ended by signal 9 (SIGKILL)");
    assertThat(done).containsExactly("kill", "kill groups [100, 101]");
  }

  @Test
  void aRankThatFailsInARunThatOthersDoNotEndIsNamedAndEndsTheGroup() {
    serving().run(7, Operation.PREDICT, List.of());
    group.member(1).replied(7, item("no", WorkerError.HANDLER_EXCEPTION), true, false);
    assertThat(group.late()).isEqualTo("rank 0, after rank 1 had failed");
    loop.advance(Duration.ofSeconds(5));
    assertThat(events.soFar())
        .containsExactly("disconnected: Rank 1 is out of step with the others");
    assertThat(done).containsExactly("kill");
    group.exited(new ProcessExit(null, 9, null));
    loop.advance(Duration.ofSeconds(1));
    assertThat(events.soFar())
        .containsExactly("failed in a run that the others did not end within 5 s");
  }

  @Test
  void aFailedLoadNamesItsRankAndIsToldOnce() {
    connected();
    group.member(1).loaded(LoadOutcome.failed(WorkerError.LOAD_FAILED, "no weights", null));
    group.member(0).loaded(LoadOutcome.failed(WorkerError.LOAD_FAILED, "closed by peer", null));
    assertThat(events.soFar()).containsExactly("loaded LOAD_FAILED rank 1: no weights");
  }

  @Test
  void allRanksHaveToShowThatTheyLive() {
    serving().heartbeat(3);
    group.member(0).heartbeat(3);
    assertThat(events.soFar()).isEmpty();
    assertThat(group.late()).isEqualTo("rank 1");
    group.member(1).heartbeat(3);
    assertThat(events.soFar()).containsExactly("heartbeat 3");
  }

  @Test
  void aGroupThatDoesNotEndWithItsRankIsKilled() {
    serving();
    group.member(1).disconnected("the connection ended");
    loop.advance(RankGroup.END_GRACE);
    assertThat(done).containsExactly("kill");
    group.exited(new ProcessExit(null, 9, null));
    loop.advance(Duration.ofSeconds(1));
    assertThat(events.soFar())
        .containsExactly(
            "disconnected: rank 1: the connection ended",
            "ended its connection while the others went on");
  }

  @Test
  void stacksAreThoseOfTheRanks() {
    serving();
    group.dumpStacks();
    assertThat(done).containsExactly("stacks [100, 101]");
  }

  /** Writes down what a rank is sent. */
  private final class Link implements WorkerLink {
    private final int rank;

    Link(int rank) {
      this.rank = rank;
    }

    @Override
    public void load(LoadCommand command) {
      sent.add(rank + " load gpu " + command.fields().get("gpu_id"));
    }

    @Override
    public void unload() {
      throw new AssertionError("unload");
    }

    @Override
    public WorkerLink beside() {
      throw new AssertionError("beside");
    }

    @Override
    public void run(long runId, Operation operation, List<? extends RunItem> items) {
      sent.add(rank + " run " + runId);
    }

    @Override
    public void flush() {}

    @Override
    public void cancel(long runId, long itemId, CancelReason reason) {
      sent.add(rank + " cancel " + itemId);
    }

    @Override
    public void credit(long runId, long itemId, int pieces) {
      sent.add(rank + " credit " + itemId);
    }

    @Override
    public void collect() {}

    @Override
    public void heartbeat(long number) {
      sent.add(rank + " heartbeat " + number);
    }

    @Override
    public void stop() {
      sent.add(rank + " stop");
    }

    @Override
    public void close() {
      sent.add(rank + " close");
    }
  }

  /** Writes down what is done to torchrun. */
  private final class Process implements Spawned {
    @Override
    public void kill() {
      done.add("kill");
    }

    @Override
    public void dumpStacks() {
      done.add("stacks of torchrun");
    }

    @Override
    public void dumpStacks(List<Long> pids) {
      done.add("stacks " + pids);
    }

    @Override
    public void killGroups(List<Long> pids) {
      done.add("kill groups " + pids);
    }

    @Override
    public String lastErrorLines() {
      return "";
    }
  }
}
