package ai.mariner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static long[] times(Schedule schedule, int count) {
    long[] times = new long[count];
    for (int i = 0; i < count; i++) {
      times[i] = schedule.dueNanos();
      schedule.advance();
    }
    return times;
  }

  private static Schedule poisson(int seed) {
    return new Schedule(1000, true, new Random(seed)::nextDouble);
  }

  @Test
  void constantArrivalsHaveTheSameGap() {
    Schedule schedule = new Schedule(1000, false, () -> 0.7);
    assertThat(times(schedule, 4)).containsExactly(0, 1_000_000, 2_000_000, 3_000_000);
  }

  @Test
  void fractionsOfNanosecondsDoNotAddUp() {
    long[] times = times(new Schedule(3, false, () -> 0), 3001);
    assertThat(times[3000]).isCloseTo(1_000_000_000_000L, within(1000L));
  }

  @Test
  void randomArrivalsRepeatWithTheSeed() {
    assertThat(times(poisson(1), 100)).isEqualTo(times(poisson(1), 100));
    assertThat(times(poisson(1), 100)).isNotEqualTo(times(poisson(2), 100));
  }

  @Test
  void randomGapsAreExponentialAroundTheRate() {
    long[] times = times(poisson(1), 100_001);
    double meanMillis = times[100_000] / 1e6 / 100_000;
    int longer = 0;
    for (int i = 1; i < times.length; i++) {
      longer += times[i] - times[i - 1] > 1_000_000 ? 1 : 0;
    }
    assertThat(meanMillis).isCloseTo(1, within(0.02));
    // e^-1 of exponential gaps are longer than their mean.
    assertThat(longer / 100_000.0).isCloseTo(Math.exp(-1), within(0.02));
  }
}
