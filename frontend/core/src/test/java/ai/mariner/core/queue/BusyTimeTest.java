package ai.mariner.core.queue;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long the workers of a pool were busy. */
class BusyTimeTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static Duration busyTime(PoolFixture fixture) {
    return fixture.meters.busyTime(fixture.loop.nanoTime());
  }

  @Test
  void eachWorkerThatHasSomethingToDoCounts() {
    PoolFixture fixture = PoolFixture.ready(2, 1);
    fixture.advance(SECOND);
    assertThat(busyTime(fixture)).isZero();
    fixture.submit("a");
    fixture.advance(SECOND);
    fixture.submit("b");
    fixture.advance(SECOND);
    assertThat(busyTime(fixture)).isEqualTo(Duration.ofSeconds(3));
    fixture.worker(0).answer();
    fixture.worker(1).answer();
    fixture.loop.runReady();
    fixture.advance(SECOND);
    assertThat(busyTime(fixture)).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void whatIsSentAheadMakesNoWorkerBusierThanBusy() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.warmUp();
    Duration before = busyTime(fixture);
    fixture.burst("a", "b", "c");
    assertThat(fixture.worker(0).openRuns()).hasSizeGreaterThan(1);
    fixture.advance(SECOND);
    assertThat(busyTime(fixture).minus(before)).isEqualTo(SECOND);
  }

  @Test
  void aWorkerThatRunsSeveralAtOnceCountsByTheShareThatItRuns() {
    PoolFixture fixture =
        PoolFixture.ready(
            1,
            ModelOverrides.builder()
                .set(ProgramOptions.ASYNC_COMMUNICATION, true)
                .set(ProgramOptions.ASYNC_CONCURRENCY, 4));
    fixture.burst("a", "b", "c");
    fixture.advance(SECOND);
    assertThat(busyTime(fixture)).isEqualTo(Duration.ofMillis(750));
  }

  @Test
  void aLostWorkerIsBusyNoMore() {
    PoolFixture fixture = PoolFixture.ready(1, 1);
    fixture.submit("a");
    fixture.advance(SECOND);
    fixture.worker(0).exit(139);
    fixture.advance(Duration.ofSeconds(10));
    assertThat(busyTime(fixture)).isEqualTo(SECOND);
  }
}
