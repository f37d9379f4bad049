package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StreamBacklogTest {
  private final StreamBacklog backlog = new StreamBacklog();
  private final AtomicInteger told = new AtomicInteger();

  @Test
  void moreIsWantedUntilTheHighWaterMark() {
    backlog.added(StreamBacklog.HIGH_WATER_BYTES - 1);
    assertThat(backlog.isReady()).isTrue();

    backlog.added(1);
    assertThat(backlog.isReady()).isFalse();
    assertThat(backlog.bytes()).isEqualTo(StreamBacklog.HIGH_WATER_BYTES);
  }

  @Test
  void whoWaitsIsToldBelowTheLowWaterMark() {
    backlog.added(StreamBacklog.HIGH_WATER_BYTES);
    backlog.onReady(told::incrementAndGet);

    backlog.drained(StreamBacklog.HIGH_WATER_BYTES - StreamBacklog.LOW_WATER_BYTES);
    assertThat(told).as("at the mark").hasValue(0);

    backlog.drained(1);
    assertThat(told).hasValue(1);
  }

  @Test
  void whoAsksWhileThereIsRoomIsToldAtOnceAndOnlyOnce() {
    backlog.added(1);

    backlog.onReady(told::incrementAndGet);
    backlog.drained(1);

    assertThat(told).hasValue(1);
  }
}
