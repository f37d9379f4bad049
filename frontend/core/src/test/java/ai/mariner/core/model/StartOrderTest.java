package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.testing.Configs;
import ai.mariner.core.testing.CoreFixture;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StartOrderTest {
  private static final ModelKey V1 = new ModelKey("m", "1.0");
  private static final ModelKey V2 = new ModelKey("m", "2.0");
  private static final ModelKey V3 = new ModelKey("m", "3.0");

  /** Does the latest task first, as a machine may. */
  private final Deque<Runnable> tasks = new ArrayDeque<>();

  private static RegisterModel atStart(String location, @Nullable String name) {
    return new RegisterModel(
        location, name, null, null, null, ModelOverrides.NONE, Completion.ACCEPTED, true);
  }

  private CoreFixture server(Profile profile, Map<ModelKey, ModelOverrides> options) {
    CoreFixture server =
        new CoreFixture(
            Configs.server(Path.of("server")).profile(profile).modelOverrides(options).build(),
            tasks::push);
    server.archives.put("m-1.mar", "m", "1.0").put("m-2.mar", "m", "2.0");
    server.archives.put("m-3.mar", "m", "3.0").put("again.mar", "m", "1.0");
    return server;
  }

  private List<CompletionStage<RegisterResult>> start(CoreFixture server, String... locations) {
    List<CompletionStage<RegisterResult>> results =
        server.models.registerInOrder(
            List.of(locations).stream().map(l -> atStart(l, null)).toList());
    while (!tasks.isEmpty()) {
      tasks.pop().run();
      server.loop.runReady();
    }
    return results;
  }

  private static ModelKey defaultOf(CoreFixture server) {
    return server.registry.require(ModelRef.of("m")).key();
  }

  @Test
  void theFirstOfTheListIsTheDefaultWhateverIsFetchedFirst() {
    CoreFixture server = server(Profile.TORCHSERVE, Map.of());
    start(server, "m-1.mar", "m-2.mar", "m-3.mar");
    assertThat(defaultOf(server)).isEqualTo(V1);
    assertThat(server.models.models()).hasSize(3);
    CoreFixture other = server(Profile.TORCHSERVE, Map.of());
    start(other, "m-3.mar", "m-1.mar", "m-2.mar");
    assertThat(defaultOf(other)).isEqualTo(V3);
  }

  @Test
  void theNextOneIsTheDefaultWhenTheFirstIsNotThere() {
    CoreFixture server = server(Profile.TORCHSERVE, Map.of());
    List<CompletionStage<RegisterResult>> results = start(server, "gone.mar", "m-2.mar", "m-1.mar");
    assertThat(results.get(0).toCompletableFuture()).isCompletedExceptionally();
    assertThat(defaultOf(server)).isEqualTo(V2);
  }

  @Test
  void theFirstOfTwoArchivesOfOneVersionStays() {
    CoreFixture server = server(Profile.TORCHSERVE, Map.of());
    List<CompletionStage<RegisterResult>> results = start(server, "m-1.mar", "again.mar");
    assertThat(server.registry.require(ModelRef.of("m")).location()).isEqualTo("m-1.mar");
    assertThat(server.failure(results.get(1)).message()).contains("already registered");
    assertThat(server.archives.unpacked()).isEqualTo(1);
  }

  @Test
  void theConfigurationMayNameTheDefault() {
    ModelOverrides chosen =
        ModelOverrides.builder().set(ProgramOptions.DEFAULT_VERSION, true).build();
    CoreFixture server = server(Profile.TORCHSERVE, Map.of(V2, chosen));
    start(server, "m-1.mar", "m-2.mar", "m-3.mar");
    assertThat(defaultOf(server)).isEqualTo(V2);
  }

  @Test
  void anArchiveThatTheConfigurationNamesGetsItsName() {
    ModelOverrides named = ModelOverrides.builder().set(ProgramOptions.MAR_NAME, "m-1.mar").build();
    CoreFixture server = server(Profile.MARINER, Map.of(new ModelKey("shop", "1.0"), named));
    start(server, "m-1.mar");
    assertThat(server.models.models().get(0).key()).isEqualTo(new ModelKey("shop", "1.0"));
  }

  @Test
  void optionsForAnotherArchiveAreRefusedUnderMarinerAndLoggedUnderTorchserve() {
    ModelOverrides named =
        ModelOverrides.builder().set(ProgramOptions.MAR_NAME, "other.mar").build();
    CoreFixture strict = server(Profile.MARINER, Map.of(V1, named));
    assertThat(strict.failure(start(strict, "m-1.mar").get(0)).message())
        .isEqualTo(
            "Options of model m 1.0: marName: other.mar (expected: m-1.mar, from which the model is"
                + " loaded)");
    CoreFixture lenient = server(Profile.TORCHSERVE, Map.of(V1, named));
    start(lenient, "m-1.mar");
    assertThat(defaultOf(lenient)).isEqualTo(V1);
  }

  @Test
  void aModelWithANameOfItsOwnDoesNotWaitForOthers() {
    CoreFixture server = server(Profile.TORCHSERVE, Map.of());
    var results =
        server.models.registerInOrder(
            List.of(atStart("m-1.mar", "slow"), atStart("m-2.mar", "quick")));
    // The task that fetches the first one is left where it is.
    Runnable second = tasks.pop();
    second.run();
    while (tasks.size() > 1) {
      tasks.pop().run();
    }
    assertThat(results.get(1).toCompletableFuture()).isCompleted();
    assertThat(results.get(0).toCompletableFuture()).isNotDone();
  }
}
