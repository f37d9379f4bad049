package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.process.KeptBack;
import ai.mariner.core.testing.FakeWorker;
import ai.mariner.core.testing.RecordingSink;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Answers that a worker keeps back while a run that was sent ahead takes longer than the others.
 */
class KeptBackTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final PoolFixture fixture =
      PoolFixture.ready(1, ModelOverrides.builder().batchSize(1).responseTimeout(TIMEOUT));

  private FakeWorker worker() {
    return fixture.worker(0);
  }

  @Test
  void doNotWaitForALongRun() {
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("short", "long", "last");
    worker().keepAnswer();
    fixture.advance(KeptBack.PATIENCE);
    assertThat(sinks.get(0).answer()).isEqualTo("echo:short");
    assertThat(sinks.get(1).ended()).isFalse();
    // The worker sends the first answer once more, together with the second.
    worker().answer();
    worker().answer();
    assertThat(sinks.get(1).answer()).isEqualTo("echo:long");
    assertThat(sinks.get(2).answer()).isEqualTo("echo:last");
    assertThat(fixture.bodies.unreleased()).isEmpty();
  }

  @Test
  void areFoundAlsoBehindRunsThatWereSent() {
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("sent", "short", "long");
    worker().answer();
    worker().keepAnswer();
    fixture.advance(KeptBack.PATIENCE.multipliedBy(2));
    assertThat(sinks.get(1).answer()).isEqualTo("echo:short");
    worker().answer();
    assertThat(sinks.get(2).answer()).isEqualTo("echo:long");
  }

  @Test
  void areNotBlamedForARunThatHangs() {
    fixture.warmUp();
    List<RecordingSink> sinks = fixture.burst("short", "hangs", "next");
    worker().keepAnswer();
    worker().hang();
    fixture.advance(TIMEOUT.plusSeconds(1));
    assertThat(sinks.get(0).answer()).isEqualTo("echo:short");
    assertThat(sinks.get(1).failure().kind()).isEqualTo(ErrorKind.RESPONSE_TIMEOUT);
    fixture.worker(1).answer();
    assertThat(sinks.get(2).answer()).isEqualTo("echo:next");
  }
}
