package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.SwapModel;
import ai.mariner.proto.extension.MarinerManagementServiceGrpc;
import ai.mariner.proto.extension.MarinerManagementServiceGrpc.MarinerManagementServiceBlockingStub;
import ai.mariner.proto.extension.SwapModelRequest;
import ai.mariner.proto.extension.SwapModelResponse;
import ai.mariner.proto.extension.SwapStep;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SwapGrpcTest {
  private final FakeCore core = new FakeCore();
  private final InProcessFixture fixture = new InProcessFixture(core, GrpcServices::management);
  private MarinerManagementServiceBlockingStub stub;

  @BeforeEach
  void start() {
    stub =
        MarinerManagementServiceGrpc.newBlockingStub(fixture.channel())
            .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private Status refusal(SwapModelRequest request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> stub.swapModel(request))
        .getStatus();
  }

  @Test
  void swapsToAnArchive() {
    SwapModelResponse response =
        stub.swapModel(
            SwapModelRequest.newBuilder()
                .setModelName("echo")
                .setUrl("new.mar")
                .setBatchSize(4)
                .setKeepOld(true)
                .build());
    assertThat(response)
        .isEqualTo(
            SwapModelResponse.newBuilder()
                .setModel("echo")
                .setFrom("1.0")
                .setTo("2.0")
                .setWorkers(3)
                .setOldKept(true)
                .addSteps(SwapStep.newBuilder().setStep("load").setSeconds(1.5))
                .build());
    ModelOverrides overrides = ModelOverrides.builder().batchSize(4).build();
    RegisterModel archive =
        new RegisterModel("new.mar", null, null, null, null, overrides, Completion.READY, false);
    assertThat(core.models.orders.remove()).isEqualTo(new SwapModel("echo", archive, null, true));
  }

  @Test
  void swapsToARegisteredVersion() {
    stub.swapModel(
        SwapModelRequest.newBuilder().setModelName("echo").setModelVersion("2.0").build());
    assertThat(core.models.orders.remove()).isEqualTo(new SwapModel("echo", null, "2.0", false));
  }

  @Test
  void whatIsMissingIsNamed() {
    Status status = refusal(SwapModelRequest.newBuilder().setModelName("echo").build());
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("expected: either url or model_version");
    assertThat(core.models.orders).isEmpty();
  }

  @Test
  void theReasonOfASwapThatWasUndoneIsTold() {
    core.models.refusal =
        new ServeException(ErrorKind.CONFLICT, "A swap of model echo is under way already.");
    Status status =
        refusal(SwapModelRequest.newBuilder().setModelName("echo").setUrl("new.mar").build());
    assertThat(status.getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(status.getDescription()).contains("under way already");
  }
}
