package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TorchServeErrorsTest {
  private final TorchServeErrors mariner = new TorchServeErrors(Profile.MARINER, false);
  private final TorchServeErrors torchserve = new TorchServeErrors(Profile.TORCHSERVE, false);

  @ParameterizedTest
  @EnumSource(ErrorKind.class)
  void everyKindIsAnErrorStatusUnderBothProfiles(ErrorKind kind) {
    assertThat(mariner.row(kind).status()).isBetween(400, 599);
    assertThat(torchserve.row(kind).status()).isBetween(400, 599);
    assertThat(mariner.row(kind).type()).endsWith("Exception");
  }

  @ParameterizedTest
  @CsvSource({
    "HANDLER_FAILED,503,500",
    "OUTPUT_INVALID,503,500",
    "WORKER_LOST,500,500",
    "WORKER_OUT_OF_MEMORY,507,500",
    "OUT_OF_MEMORY,507,507",
    "DEVICE_LOST,507,507",
    "RESPONSE_TIMEOUT,500,504",
    "DEADLINE_EXCEEDED,504,504",
    "UNAUTHENTICATED,400,401",
    "QUEUE_FULL,503,503",
    "MODEL_NOT_FOUND,404,404",
    "CONFLICT,409,409",
    "DEFAULT_VERSION_IN_USE,403,403",
    "MODEL_API_DISABLED,405,405",
    "REPLY_TOO_LARGE,500,500",
    "RATE_LIMITED,429,429",
  })
  void statusesAreThoseOfTheProfile(ErrorKind kind, int legacy, int own) {
    assertThat(torchserve.row(kind).status()).isEqualTo(legacy);
    assertThat(mariner.row(kind).status()).isEqualTo(own);
  }

  @Test
  void predictionExceptionsChooseTheirStatus() {
    assertThat(status(418)).isEqualTo(418);
    assertThat(status(200)).isEqualTo(200);
    assertThat(status(42)).isEqualTo(500);
    assertThat(status(600)).isEqualTo(500);
  }

  @Test
  void detailIsOnlyShownWhenErrorsAreExposed() {
    Failure failure =
        Failure.of(ErrorKind.WORKER_LOST, "Worker died.").withDetail("killed by signal 9");
    assertThat(text(mariner.reply(failure))).contains("Worker died.").doesNotContain("signal");
    assertThat(text(new TorchServeErrors(Profile.MARINER, true).reply(failure)))
        .contains("\"detail\": \"killed by signal 9\"");
  }

  @Test
  void aFullQueueIsToldApartAndSaysWhenToComeBack() {
    Failure full = Failure.of(ErrorKind.QUEUE_FULL, "the queue is full");
    assertThat(mariner.reply(full).headers()).containsExactly(new Reply.Header("Retry-After", "1"));
    assertThat(text(mariner.reply(full))).contains("QueueFullException");
    assertThat(text(torchserve.reply(full))).contains("ServiceUnavailableException");
  }

  @Test
  void whoIsOverTheRateIsToldWhenToComeBack() {
    Reply reply = mariner.reply(Failure.of(ErrorKind.RATE_LIMITED, "too many"));
    assertThat(reply.headers()).containsExactly(new Reply.Header("Retry-After", "1"));
    assertThat(text(reply)).contains("RateLimitExceededException", "too many");
  }

  private Integer status(int chosen) {
    return mariner.reply(new Failure(ErrorKind.HANDLER_STATUS, "m", chosen, null)).status();
  }

  private static String text(Reply reply) {
    return StandardCharsets.UTF_8.decode(reply.body().bytes()).toString();
  }
}
