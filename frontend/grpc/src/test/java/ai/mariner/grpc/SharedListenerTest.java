package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.testing.ScopeTokens;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.management.ListModelsRequest;
import ai.mariner.proto.management.ManagementAPIsServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openinference.RepositoryIndexRequest;
import ai.mariner.proto.openinference.ServerMetadataRequest;
import ai.mariner.proto.openinference.ServerReadyRequest;
import ai.mariner.proto.openinference.repository.ModelRepositoryServiceGrpc;
import com.google.protobuf.Empty;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A listener for inference and management. */
class SharedListenerTest {
  private static final RepositoryIndexRequest INDEX = RepositoryIndexRequest.getDefaultInstance();

  private final FakeCore core = new FakeCore();
  private final InProcessFixture fixture = new InProcessFixture(core, GrpcServices::both);

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void everyServiceOfBothIsThere() {
    Channel channel = fixture.channel();
    assertThat(InferenceAPIsServiceGrpc.newBlockingStub(channel).ping(Empty.getDefaultInstance()))
        .isNotNull();
    assertThat(
            ManagementAPIsServiceGrpc.newBlockingStub(channel)
                .listModels(ListModelsRequest.getDefaultInstance()))
        .isNotNull();
    var open = GRPCInferenceServiceGrpc.newBlockingStub(channel);
    assertThat(open.serverMetadata(ServerMetadataRequest.getDefaultInstance()).getName())
        .isEqualTo("mariner");
    assertThat(open.repositoryIndex(INDEX).getModels(0).getName()).isEqualTo("echo");
    assertThat(
            ModelRepositoryServiceGrpc.newBlockingStub(channel)
                .repositoryIndex(INDEX)
                .getModels(0)
                .getName())
        .isEqualTo("echo");
  }

  @Test
  void eachCallNeedsTheTokenOfItsKind() {
    core.access = new ScopeTokens();
    Channel inference =
        ClientInterceptors.intercept(fixture.channel(), BearerToken.of(TokenScope.INFERENCE));
    Channel management =
        ClientInterceptors.intercept(fixture.channel(), BearerToken.of(TokenScope.MANAGEMENT));
    ServerMetadataRequest metadata = ServerMetadataRequest.getDefaultInstance();
    ListModelsRequest list = ListModelsRequest.getDefaultInstance();

    var open = GRPCInferenceServiceGrpc.newBlockingStub(inference);
    assertThat(open.serverMetadata(metadata)).isNotNull();
    assertRefused(() -> open.repositoryIndex(INDEX));
    assertRefused(
        () -> ModelRepositoryServiceGrpc.newBlockingStub(inference).repositoryIndex(INDEX));
    assertRefused(() -> ManagementAPIsServiceGrpc.newBlockingStub(inference).listModels(list));

    var managed = GRPCInferenceServiceGrpc.newBlockingStub(management);
    assertThat(managed.repositoryIndex(INDEX)).isNotNull();
    assertThat(ManagementAPIsServiceGrpc.newBlockingStub(management).listModels(list)).isNotNull();
    assertRefused(() -> managed.serverMetadata(metadata));

    var stranger = GRPCInferenceServiceGrpc.newBlockingStub(fixture.channel());
    assertThat(stranger.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
  }

  private static void assertRefused(Runnable call) {
    StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
  }
}
