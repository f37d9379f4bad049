package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RouteMeterTest {
  @Test
  void answersAreCountedByStatusAndTimesOfSuccessesByTheirBounds() {
    RouteMeter meter = new RouteMeter();
    meter.answered(200, TimeUnit.MILLISECONDS.toNanos(1));
    meter.answered(200, TimeUnit.MILLISECONDS.toNanos(3));
    meter.answered(200, TimeUnit.SECONDS.toNanos(60));
    meter.answered(429, TimeUnit.SECONDS.toNanos(1));
    assertThat(meter.answers()).isEqualTo(Map.of(200, 3L, 429, 1L));
    long[] upTo = new long[RouteMeter.BOUNDS.length + 1];
    meter.addTimesTo(upTo);
    assertThat(upTo).startsWith(1, 1, 2, 2).endsWith(2, 3);
    assertThat(meter.seconds()).isEqualTo(60.004);
  }
}
