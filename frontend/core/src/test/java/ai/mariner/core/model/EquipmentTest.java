package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.CoreFixture;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class EquipmentTest {
  private static final ModelKey KEY = new ModelKey("needy", "1.0");
  private static final ModelOverrides OWN_INTERPRETER =
      ModelOverrides.builder().set(CrewOptions.USE_VENV, true).build();
  private static final ModelOverrides GROUPED =
      ModelOverrides.builder().set(CrewOptions.WORKER_GROUP, "common").build();

  private final CoreFixture server =
      new CoreFixture(Configs.server(Path.of("server")).installs().build());

  private CompletableFuture<RegisterResult> register(CoreFixture where, ModelOverrides options) {
    where.archives.putWithRequirements("needy.mar", "needy", options);
    return where.settle(where.models.register(CoreFixture.order("needy.mar", 1)));
  }

  @Test
  void aModelHasNoWorkersBeforeItsPackagesAreInstalled() {
    CompletableFuture<RegisterResult> registered = register(server, ModelOverrides.NONE);
    assertThat(server.dependencies.wanted)
        .containsExactly(
            new Dependencies.Wanted(
                KEY, Path.of("unpacked", "needy.mar"), "requirements.txt", "python", false));
    assertThat(registered).isNotDone();
    assertThat(server.registry.all()).isEmpty();
    server.dependencies.succeed(0);
    assertThat(server.value(registered).workers()).isEqualTo(1);
    assertThat(server.launcher.started()).hasSize(1);
    assertThat(server.launcher.worker(0).launch().environment())
        .isNotNull()
        .satisfies(given -> assertThat(given.packages()).isEqualTo(Path.of("packages")));
    assertThat(server.launcher.worker(0).loadCommand().fields())
        .containsEntry("requirements", "installed");
  }

  @Test
  void anEnvironmentThatIsThereIsTakenAsItIs() {
    ModelOverrides brought =
        ModelOverrides.builder().set(CrewOptions.PYTHON_EXECUTABLE, "/env/bin/python").build();
    server.value(register(server, brought));
    assertThat(server.dependencies.wanted).isEmpty();
    assertThat(server.launcher.worker(0).launch().environment())
        .isNotNull()
        .satisfies(given -> assertThat(given.interpreter()).isEqualTo(Path.of("/env/bin/python")));
  }

  @Test
  void packagesAreGivenBackWithTheModel() {
    CompletableFuture<RegisterResult> registered = register(server, ModelOverrides.NONE);
    server.dependencies.succeed(0);
    server.value(registered);
    assertThat(server.dependencies.inUse()).isEqualTo(1);
    server.value(server.models.unregister(new ModelRef("needy", "1.0")));
    assertThat(server.dependencies.inUse()).isZero();
    assertThat(server.archives.unpacked()).isZero();
  }

  @Test
  void afterAFailedInstallationNothingIsLeftAndTheNameIsFree() {
    CompletableFuture<RegisterResult> registered = register(server, ModelOverrides.NONE);
    server
        .dependencies
        .running
        .get(0)
        .completeExceptionally(new ServeException(ErrorKind.INSTALL_FAILED, "no such package"));
    assertThat(server.failure(registered).kind()).isEqualTo(ErrorKind.INSTALL_FAILED);
    assertThat(server.registry.all()).isEmpty();
    assertThat(server.archives.unpacked()).isZero();
    CompletableFuture<RegisterResult> again = register(server, ModelOverrides.NONE);
    server.dependencies.succeed(1);
    assertThat(server.value(again).model()).isEqualTo(KEY);
  }

  @Test
  void theNameIsTakenWhileItsPackagesAreInstalled() {
    var unused = register(server, ModelOverrides.NONE);
    assertThat(server.failure(register(server, ModelOverrides.NONE)).kind())
        .isEqualTo(ErrorKind.CONFLICT);
    assertThat(server.dependencies.wanted).hasSize(1);
  }

  @Test
  void nothingIsInstalledUnlessTheServerIsToldTo() {
    CoreFixture careful = CoreFixture.standard();
    careful.value(register(careful, ModelOverrides.NONE));
    assertThat(careful.dependencies.wanted).isEmpty();
    assertThat(careful.launcher.worker(0).loadCommand().fields()).doesNotContainKey("requirements");
  }

  @Test
  void anInterpreterOfItsOwnIsMadeInAnyCase() {
    CoreFixture careful = CoreFixture.standard();
    var unused = register(careful, OWN_INTERPRETER);
    assertThat(careful.dependencies.wanted)
        .containsExactly(
            new Dependencies.Wanted(KEY, Path.of("unpacked", "needy.mar"), null, "python", true));
  }

  @Test
  void aModelWithPackagesOfItsOwnSharesNoProcess() {
    assertThat(server.failure(register(server, GROUPED)).message())
        .contains("workerGroup: common, with requirements.txt, packages of its own");
    assertThat(server.dependencies.wanted).isEmpty();
    assertThat(server.archives.unpacked()).isZero();
  }

  @Test
  void aSwapInstallsBeforeTheNewVersionLoads() {
    server.archives.put("old.mar", "needy", "0.9");
    server.value(server.models.register(CoreFixture.order("old.mar", 1)));
    server.archives.putWithRequirements("needy.mar", "needy", ModelOverrides.NONE);
    RegisterModel fresh =
        new RegisterModel(
            "needy.mar", "needy", null, null, null, ModelOverrides.NONE, Completion.READY, false);
    CompletableFuture<SwapResult> swapped =
        server.settle(server.models.swap(new SwapModel("needy", fresh, null, false)));
    assertThat(swapped).isNotDone();
    server.dependencies.succeed(0);
    assertThat(server.value(swapped).to()).isEqualTo("1.0");
    assertThat(server.dependencies.inUse()).isEqualTo(1);
  }
}
