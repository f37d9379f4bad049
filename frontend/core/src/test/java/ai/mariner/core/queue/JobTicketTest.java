package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Models that take only what can begin at once. */
class JobTicketTest {
  private static final Duration IDLE = Duration.ofMinutes(5);

  private static ModelOverrides.Builder options() {
    return ModelOverrides.builder().set(ProgramOptions.USE_JOB_TICKET, true).jobQueueSize(10);
  }

  private static void assertRefused(RecordingSink sink) {
    assertThat(sink.failure().kind()).isEqualTo(ErrorKind.QUEUE_FULL);
    assertThat(sink.failure().message())
        .isEqualTo(
            "Model echo 1.0 has no idle worker, and takes no requests that would have to wait"
                + " (useJobTicket: true). Try again later.");
  }

  @Test
  void aRequestIsRefusedAtOnceWhileTheWorkerIsBusy() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    RecordingSink first = fixture.submit("a");
    assertRefused(fixture.submit("b"));
    fixture.worker(0).answer();
    fixture.loop.runReady();
    assertThat(first.answer()).isEqualTo("echo:a");
    RecordingSink third = fixture.submit("c");
    fixture.worker(0).answer();
    fixture.loop.runReady();
    assertThat(third.answer()).isEqualTo("echo:c");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void requestsOfOneTurnShareOutTheIdleWorkers() {
    PoolFixture fixture = PoolFixture.ready(2, options().batchSize(4));
    List<RecordingSink> sinks = fixture.burst("a", "b", "c");
    assertThat(sinks.get(0).ended()).isFalse();
    assertThat(sinks.get(1).ended()).isFalse();
    assertRefused(sinks.get(2));
  }

  @Test
  void eachFreeSlotOfAWorkerTakesOne() {
    PoolFixture fixture =
        PoolFixture.ready(
            1,
            options()
                .set(ProgramOptions.ASYNC_COMMUNICATION, true)
                .set(ProgramOptions.ASYNC_CONCURRENCY, 3));
    fixture.submit("a");
    List<RecordingSink> sinks = fixture.burst("b", "c", "d");
    assertThat(sinks.get(1).ended()).isFalse();
    assertRefused(sinks.get(2));
  }

  @Test
  void noRunsAreSentAheadToAWorkerWhoseRunsAreShort() {
    PoolFixture fixture = PoolFixture.ready(1, options());
    fixture.warmUp();
    fixture.submit("a");
    assertRefused(fixture.submit("b"));
  }

  @Test
  void theFirstRequestOfAnUnloadedModelWaitsForItsWorkers() {
    PoolFixture fixture = PoolFixture.ready(1, options().idleUnload(IDLE));
    fixture.advance(IDLE.plusSeconds(1));
    assertThat(fixture.launcher.alive()).isEmpty();
    RecordingSink first = fixture.submit("a");
    assertThat(fixture.launcher.alive()).hasSize(1);
    fixture.worker(1).answer();
    fixture.loop.runReady();
    assertThat(first.answer()).isEqualTo("echo:a");
  }
}
