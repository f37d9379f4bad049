package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SwapStepsTest {
  private long nanos = 7;
  private final SwapSteps steps = new SwapSteps(() -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void eachStepTakesTheTimeUntilTheNext() {
    pass(Duration.ofMillis(3));
    steps.next(SwapStep.Name.LOAD);
    pass(Duration.ofMillis(5));
    steps.next(SwapStep.Name.PROBE);

    assertThat(steps.passed().done())
        .containsExactly(
            new SwapStep(SwapStep.Name.FETCH, Duration.ofMillis(3)),
            new SwapStep(SwapStep.Name.LOAD, Duration.ofMillis(5)));
    assertThat(steps.passed().present()).isEqualTo(SwapStep.Name.PROBE);
  }

  @Test
  void whatWasSkippedIsNotDoneAndItsTimeIsNobodys() {
    pass(Duration.ofMillis(3));
    steps.skipTo(SwapStep.Name.LOAD);
    assertThat(steps.passed().present()).isEqualTo(SwapStep.Name.LOAD);
    pass(Duration.ofMillis(5));
    steps.next(SwapStep.Name.PROBE);

    assertThat(steps.passed().done())
        .containsExactly(new SwapStep(SwapStep.Name.LOAD, Duration.ofMillis(5)));
  }

  @Test
  void theLastStepStaysThePresentOne() {
    steps.skipTo(SwapStep.Name.DRAIN);
    pass(Duration.ofMillis(2));
    steps.finish();

    assertThat(steps.passed().done())
        .containsExactly(new SwapStep(SwapStep.Name.DRAIN, Duration.ofMillis(2)));
    assertThat(steps.passed().present()).isEqualTo(SwapStep.Name.DRAIN);
  }

  @Test
  void aMomentThatWasReadStaysAsItWas() {
    SwapSteps.Passed before = steps.passed();

    steps.next(SwapStep.Name.LOAD);

    assertThat(before.done()).isEmpty();
    assertThat(before.present()).isEqualTo(SwapStep.Name.FETCH);
  }
}
