package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.RestoredModel;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.message.ModelKey;
import ai.mariner.net.TlsMaterial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SnapshotJsonTest {
  private static final String KSERVE =
      "model_snapshot={\"name\":\"startup.cfg\",\"modelCount\":1,\"models\":{\"m\":{\"1.0\":"
          + "{\"defaultVersion\":true,\"marName\":\"m.mar\",\"minWorkers\":1,\"maxWorkers\":5,"
          + "\"batchSize\":1,\"maxBatchDelay\":10,\"responseTimeout\":120}}}}";

  @ParameterizedTest
  @EnumSource(Profile.class)
  void aSnapshotWithinTheConfigurationSaysWhatIsLoaded(Profile profile) {
    Loading loading = Loading.as(profile).file("model_store=store", KSERVE);
    List<RestoredModel> restored = loading.config().snapshots().restored();
    assertThat(restored).hasSize(1);
    RestoredModel model = restored.get(0);
    assertThat(model.key()).isEqualTo(new ModelKey("m", "1.0"));
    assertThat(model.location()).isEqualTo("m.mar");
    ModelOverrides options = model.options();
    assertThat(options.get(CrewOptions.MIN_WORKERS)).isEqualTo(1);
    assertThat(options.get(CrewOptions.MAX_WORKERS)).isEqualTo(5);
    assertThat(options.get(ProgramOptions.MAX_BATCH_DELAY)).isEqualTo(Duration.ofMillis(10));
    assertThat(options.get(ProgramOptions.DEFAULT_VERSION)).isTrue();
    assertThat(loading.warnings()).isEmpty();
  }

  @Test
  void aModelWithoutWorkersAndOneWithAnotherHandlerAreReadToo() {
    String json =
        "{\"models\":{\"m\":{\"1.0\":{\"marName\":\"m.mar\",\"minWorkers\":0,\"maxWorkers\":0,"
            + "\"handler\":\"h:f\",\"runtimeType\":\"python3\"}}}}";
    List<RestoredModel> restored =
        Loading.mariner("model_store=store", "model_snapshot=" + json)
            .config()
            .snapshots()
            .restored();
    assertThat(restored).hasSize(1);
    assertThat(restored.get(0).options().get(CrewOptions.MAX_WORKERS)).isZero();
    assertThat(restored.get(0).handler()).isEqualTo("h:f");
    assertThat(restored.get(0).runtime()).isEqualTo("python3");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '~',
      delimiter = '|',
      value = {
        "{ | JSON",
        "{} | model_snapshot: {} (expected: a JSON object that has an object models)",
        "{'models':{'m':[]}} | model_snapshot.models.m: [] (expected: a JSON object)",
        "{'models':{'m':{'1.0':{}}}}"
            + " | model_snapshot.models.m.1.0.marName: nothing (expected: name of an archive)",
        "{'models':{'m':{'1.0':{'marName':'missing.mar'}}}}"
            + " | model_snapshot.models.m.1.0.marName: missing.mar (expected: an archive in the"
            + " model store, /srv/app/store)",
        "{'models':{'m':{'1.0':{'marName':'m.mar','minWorkers':-1}}}}"
            + " | model_snapshot.models.m.1.0.minWorkers: -1 (expected: a whole number >= 0)",
        "{'models':{'m':{'1.0':{'marName':'m.mar','minWorkers':2,'maxWorkers':1}}}}"
            + " | model_snapshot.models.m.1.0.maxWorkers: 1 (expected: >= minWorkers, 2)",
        "{'models':{'m':{'1.0':{'marName':'m.mar','batchSize':true}}}}"
            + " | model_snapshot.models.m.1.0.batchSize: true (expected: a whole number >= 1)",
      })
  void whatIsWrongIsNamedByItsPath(String json, String problem) {
    List<String> problems =
        Loading.mariner("model_store=store", "model_snapshot=" + json.replace('\'', '"'))
            .problems();
    assertThat(problems).singleElement().asString().contains(problem);
  }

  @Test
  void otherModelsOfTheStartAreNotPassedOverInSilence() {
    String said = "load_models: a.mar is not loaded, since model_snapshot says what is";
    assertThat(Loading.torchserve("model_store=store", "load_models=a.mar", KSERVE).warnings())
        .singleElement()
        .asString()
        .startsWith(said);
    assertThat(Loading.mariner("model_store=store", "load_models=a.mar", KSERVE).problems())
        .singleElement()
        .asString()
        .startsWith(said);
  }

  @Test
  void snapshotsAreWrittenWhereTheProfileOrTheConfigurationSaysSo() {
    assertThat(Loading.torchserve().config().snapshots().written()).isTrue();
    assertThat(Loading.mariner().config().snapshots().written()).isFalse();
    assertThat(Loading.mariner("config_snapshots=true").config().snapshots().written()).isTrue();
    assertThat(Loading.torchserve().args("--no-config-snapshot").config())
        .extracting(config -> config.snapshots().written())
        .isEqualTo(false);
  }

  @Test
  void theConfigurationStandsInThemWithoutSecretsOfTheEnvironment() {
    Map<String, String> properties =
        Loading.torchserve(
                "enable_envvars_config=true",
                "inference_token=$$INNER$$",
                "job_queue_size=7",
                "load_models=a.mar",
                "python=/usr/bin/python3",
                "vmargs=-Xmx1g")
            .env("INNER", "one-of-the-two")
            .env("TS_MANAGEMENT_TOKEN", "the-other-one")
            .args("--model-store", "store")
            .config()
            .snapshots()
            .properties();
    assertThat(properties)
        .containsEntry("inference_token", "$$INNER$$")
        .containsEntry("job_queue_size", "7")
        .containsEntry("model_store", "store")
        .containsEntry("vmargs", "-Xmx1g")
        .doesNotContainKeys("management_token", "load_models", "python");
  }

  @Test
  void aStartWithoutAFileRestoresTheLastOne(@TempDir Path folder) throws IOException {
    Path snapshots = Files.createDirectories(folder.resolve("logs/config"));
    Files.writeString(folder.resolve("config.properties"), "job_queue_size=5");
    Files.writeString(snapshots.resolve("20250101000000000-startup.cfg"), "job_queue_size=6");
    Files.writeString(snapshots.resolve("20250101000000001-shutdown.cfg"), "job_queue_size=7");
    ConfigOutcome outcome = start(Profile.TORCHSERVE, folder);
    ServerConfig config = ((ConfigOutcome.Loaded) outcome).config();
    assertThat(config.defaults().jobQueueSize()).isEqualTo(7);
    assertThat(outcome.warnings())
        .contains(
            "the last snapshot is restored: "
                + snapshots.resolve("20250101000000001-shutdown.cfg")
                + "; config.properties is not read (--ts-config names another file,"
                + " --no-config-snapshots starts without)");
    assertThat(queue(start(Profile.TORCHSERVE, folder, "--no-config-snapshot"))).isEqualTo(5);
    assertThat(queue(start(Profile.MARINER, folder))).isEqualTo(5);
    assertThat(queue(start(Profile.TORCHSERVE, folder, "-f", "config.properties"))).isEqualTo(5);
  }

  @Test
  void aBrokenOneIsNamedAndTheOneBeforeItOffered(@TempDir Path folder) throws IOException {
    Path snapshots = Files.createDirectories(folder.resolve("logs/config"));
    Path good = snapshots.resolve("20250101000000000-startup.cfg");
    Path broken = snapshots.resolve("20250101000000001-snapshot.cfg");
    Files.writeString(good, "job_queue_size=6");
    Files.writeString(broken, "model_snapshot={\"mod");
    ConfigOutcome outcome = start(Profile.TORCHSERVE, folder);
    List<String> problems = ((ConfigOutcome.Refused) outcome).problems();
    assertThat(problems).hasSize(2);
    assertThat(problems.get(1))
        .contains("snapshot " + broken + ": it can't be restored")
        .contains("the one before it, with --ts-config " + good);
  }

  private static int queue(ConfigOutcome outcome) {
    return ((ConfigOutcome.Loaded) outcome).config().defaults().jobQueueSize();
  }

  private static ConfigOutcome start(Profile profile, Path folder, String... arguments) {
    Machine machine =
        new Machine(
            1,
            () -> 0,
            1024,
            folder.resolve("run"),
            path -> true,
            Files::exists,
            TlsMaterial::read);
    List<String> all = new ArrayList<>(List.of("--server-home", "/opt/mariner"));
    all.addAll(List.of(arguments));
    return new ConfigLoader(machine, "0.13.0")
        .loadWithFile(profile, CommandLine.parse(all).commandLine(), Map.of(), folder);
  }
}
