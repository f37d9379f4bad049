package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import io.grpc.Status;
import io.grpc.Status.Code;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GrpcErrorsTest {
  @ParameterizedTest
  @CsvSource({
    "MODEL_NOT_FOUND, NOT_FOUND",
    "MODEL_VERSION_NOT_FOUND, NOT_FOUND",
    "ARCHIVE_NOT_FOUND, NOT_FOUND",
    "QUEUE_FULL, RESOURCE_EXHAUSTED",
    "RATE_LIMITED, RESOURCE_EXHAUSTED",
    "REQUEST_TOO_LARGE, RESOURCE_EXHAUSTED",
    "REPLY_TOO_LARGE, RESOURCE_EXHAUSTED",
    "NO_WORKER, UNAVAILABLE",
    "SHUTTING_DOWN, UNAVAILABLE",
    "DEADLINE_EXCEEDED, DEADLINE_EXCEEDED",
    "RESPONSE_TIMEOUT, DEADLINE_EXCEEDED",
    "CANCELLED, CANCELLED",
    "HANDLER_FAILED, INTERNAL",
    "WORKER_LOST, INTERNAL",
    "UNSUPPORTED, UNIMPLEMENTED",
    "CONFLICT, ALREADY_EXISTS",
    "BAD_REQUEST, INVALID_ARGUMENT",
    "DEFAULT_VERSION_IN_USE, FAILED_PRECONDITION",
    "MODEL_API_DISABLED, PERMISSION_DENIED",
    "UNAUTHENTICATED, PERMISSION_DENIED",
    "URL_NOT_ALLOWED, PERMISSION_DENIED",
  })
  void kindsHaveTheCodeThatClientsActOn(ErrorKind kind, Code code) {
    assertThat(GrpcErrors.code(Failure.of(kind, "m"))).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({
    "400, INVALID_ARGUMENT",
    "401, UNAUTHENTICATED",
    "403, PERMISSION_DENIED",
    "404, NOT_FOUND",
    "409, ABORTED",
    "413, RESOURCE_EXHAUSTED",
    "429, RESOURCE_EXHAUSTED",
    "416, OUT_OF_RANGE",
    "499, CANCELLED",
    "501, UNIMPLEMENTED",
    "503, UNAVAILABLE",
    "504, DEADLINE_EXCEEDED",
    "418, FAILED_PRECONDITION",
    "507, INTERNAL",
    "599, INTERNAL",
    "200, INTERNAL",
  })
  void handlersChooseTheCodeByHttpStatus(int status, Code code) {
    Failure failure = new Failure(ErrorKind.HANDLER_STATUS, "no", status, null);

    assertThat(GrpcErrors.code(failure)).isEqualTo(code);
  }

  @ParameterizedTest
  @EnumSource(ErrorKind.class)
  void noFailureLooksLikeSuccessAndEveryOneIsExplained(ErrorKind kind) {
    Status status = GrpcErrors.status(Failure.of(kind, "What went wrong."), false);

    assertThat(status.isOk()).isFalse();
    assertThat(status.getDescription())
        .isEqualTo("What went wrong.\n" + GrpcErrors.type(kind))
        .doesNotEndWith("\n");
  }

  @Test
  void detailsAreForOperatorsUnlessExposed() {
    Failure failure = Failure.of(ErrorKind.HANDLER_FAILED, "Prediction failed").withDetail("Oops");

    assertThat(GrpcErrors.status(failure, false).getDescription())
        .isEqualTo("Prediction failed\nInternalServerException.()");
    assertThat(GrpcErrors.status(failure, true).getDescription())
        .isEqualTo("Prediction failed\nInternalServerException.()\nOops");
  }

  @Test
  void longTextsAreCutToWhatClientsAcceptAndNotInsideACharacter() {
    String text = "x" + "\uD83D\uDE00".repeat(5000);
    String cut = GrpcErrors.status(Failure.of(ErrorKind.INTERNAL, text), false).getDescription();

    assertThat(cut).endsWith("...").hasSizeLessThan(1000);
    assertThat(Character.isHighSurrogate(cut.charAt(cut.length() - 4))).isFalse();
  }
}
