package ai.mariner.core.crew;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.testing.Configs;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HeadcountTest {
  private final Headcount fixed = new Headcount(Configs.spec(ModelOverrides.builder()));
  private final Headcount scaling =
      new Headcount(
          Configs.spec(
              ModelOverrides.builder()
                  .autoscale(new Autoscale(Duration.ofMillis(100), Duration.ofSeconds(60)))));

  @Test
  void withoutScalingTheLowerBoundIsWanted() {
    fixed.bound(2, 8, 5);

    assertThat(fixed.target()).isEqualTo(2);
    assertThat(fixed.needed()).isEqualTo(2);
    assertThat(fixed.mayShrink()).isFalse();
  }

  @Test
  void theFirstNumberIsKeptWithinTheBounds() {
    scaling.bound(2, 4, 9);
    assertThat(scaling.target()).isEqualTo(4);

    scaling.bound(1, 3, 1);
    assertThat(scaling.target()).as("no fewer than there were, but for the bound").isEqualTo(3);
  }

  @Test
  void theTargetMovesBetweenTheBounds() {
    scaling.bound(1, 2, 1);
    assertThat(scaling.mayGrow()).isTrue();
    assertThat(scaling.mayShrink()).isFalse();

    scaling.change(1);

    assertThat(scaling.target()).isEqualTo(2);
    assertThat(scaling.mayGrow()).isFalse();
    assertThat(scaling.mayShrink()).isTrue();
    assertThat(scaling.needed()).isEqualTo(1);
  }

  @Test
  void oneCanBeSparedOnlyWhileThoseThatAreNeededServe() {
    scaling.bound(2, 4, 3);

    assertThat(scaling.couldSpareOne(1)).isFalse();
    assertThat(scaling.couldSpareOne(2)).isTrue();

    scaling.change(-1);
    assertThat(scaling.couldSpareOne(2)).isFalse();
  }

  @Test
  void anUnloadedPoolNeedsNothingUntilItIsAwakeAgain() {
    fixed.bound(2, 2, 2);

    fixed.unload();
    assertThat(fixed.target()).isZero();
    assertThat(fixed.needed()).isZero();
    assertThat(fixed.dormant()).isTrue();
    assertThat(fixed.wanted()).isTrue();

    fixed.wake();
    assertThat(fixed.dormant()).isFalse();
    assertThat(fixed.unloaded()).isFalse();
    assertThat(fixed.target()).isEqualTo(2);
    assertThat(fixed.needed()).as("it counts as serving").isZero();

    fixed.awake();
    assertThat(fixed.needed()).isEqualTo(2);
  }

  @Test
  void aPoolThatScalesFromNoneIsWokenByARequest() {
    scaling.bound(0, 2, 0);

    assertThat(scaling.dormant()).isTrue();
    assertThat(scaling.mayGrow()).as("before a request has come").isFalse();

    scaling.wake();
    assertThat(scaling.target()).isEqualTo(1);
  }

  @Test
  void noneByHandIsNotWokenByARequest() {
    fixed.bound(0, 0, 0);

    assertThat(fixed.dormant()).isFalse();
    assertThat(fixed.wanted()).isFalse();
  }

  @Test
  void beforeTheFirstBoundsTheOptionsAreShownAndNothingSleeps() {
    assertThat(scaling.begun()).isFalse();
    assertThat(scaling.dormant()).isFalse();
    assertThat(scaling.target()).isEqualTo(scaling.min());
  }

  @Test
  void aStoppedPoolWantsNothing() {
    scaling.bound(0, 2, 0);
    scaling.unload();

    scaling.stop();

    assertThat(scaling.wanted()).isFalse();
    assertThat(scaling.unloaded()).isFalse();
  }
}
