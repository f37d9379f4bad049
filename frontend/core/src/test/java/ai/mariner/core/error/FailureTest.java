package ai.mariner.core.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FailureTest {
  private final Failure failure = Failure.of(ErrorKind.CONFLICT, "taken");

  @Test
  void aFailureSurvivesBeingThrownThroughFutures() {
    Throwable wrapped = new CompletionException(new CompletionException(failure.toException()));
    assertThat(ServeException.failureOf(wrapped)).isEqualTo(failure);
    assertThat(failure.toException()).hasMessage("taken");
  }

  @Test
  void anyOtherExceptionIsAFaultOfTheServerThatHidesItsTextInTheDetail() {
    Failure fault = ServeException.failureOf(new IllegalStateException("/secret/path"));
    assertThat(fault.kind()).isEqualTo(ErrorKind.INTERNAL);
    assertThat(fault.message()).doesNotContain("secret");
    assertThat(fault.detail()).contains("/secret/path");
  }

  @Test
  void aDetailChangesNothingElse() {
    assertThat(failure.withDetail("why").withDetail(null)).isEqualTo(failure);
  }

  @Test
  void kindAndMessageAreRequired() {
    assertThatNullPointerException().isThrownBy(() -> new Failure(null, "m", null, null));
    assertThatNullPointerException()
        .isThrownBy(() -> new Failure(ErrorKind.INTERNAL, null, null, null));
  }
}
