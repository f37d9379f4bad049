package ai.mariner.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.SelectStrategy;
import org.junit.jupiter.api.Test;

class BusyPollTest {
  private static final long BUDGET = 100;

  private long now;
  private int events;
  private int looks;
  private final BusyPoll poll = new BusyPoll(BUDGET, () -> now);

  private int ask(boolean hasTasks) throws Exception {
    return poll.calculateStrategy(
        () -> {
          looks++;
          return events;
        },
        hasTasks);
  }

  /** Asks until the loop may sleep, a nanosecond apart; gives the number of looks. */
  private int looksBeforeSleep() throws Exception {
    looks = 0;
    while (ask(false) != SelectStrategy.SELECT) {
      now++;
    }
    return looks;
  }

  @Test
  void looksForItsTimeBeforeTheLoopSleeps() throws Exception {
    assertThat(looksBeforeSleep()).isEqualTo(BUDGET + 1);
  }

  @Test
  void handsOverTheEventsThatItFinds() throws Exception {
    assertThat(ask(false)).isEqualTo(SelectStrategy.CONTINUE);
    events = 3;
    assertThat(ask(false)).isEqualTo(3);
  }

  @Test
  void neverHoldsUpTasks() throws Exception {
    assertThat(ask(true)).isZero();
    events = 2;
    assertThat(ask(true)).isEqualTo(2);
  }

  @Test
  void looksAnewAfterEachEvent() throws Exception {
    ask(false);
    now += BUDGET - 1;
    events = 1;
    ask(false);
    events = 0;
    assertThat(looksBeforeSleep()).isEqualTo(BUDGET + 1);
  }

  @Test
  void givesUpWhenItsLooksAreInVain() throws Exception {
    for (int i = 0; i < 8; i++) {
      assertThat(looksBeforeSleep()).isPositive();
    }
    for (int i = 0; i < 63; i++) {
      assertThat(looksBeforeSleep()).as("sleep %s", i).isZero();
    }
    assertThat(looksBeforeSleep()).as("a probe").isPositive();
  }

  @Test
  void takesUpLookingAgainWhenItPays() throws Exception {
    for (int i = 0; i < 8; i++) {
      looksBeforeSleep();
    }
    for (int i = 0; i < 63; i++) {
      ask(false);
    }
    events = 1;
    for (int i = 0; i < 3; i++) {
      assertThat(ask(false)).isEqualTo(1);
    }
    events = 0;
    assertThat(looksBeforeSleep()).isPositive();
  }
}
