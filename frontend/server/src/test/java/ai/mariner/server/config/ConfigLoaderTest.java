package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ConnectionAge;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.MetricsMode;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.SequenceNames;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.ServerConfig.StartupModel;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.net.TlsMaterial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ConfigLoaderTest {
  @ParameterizedTest
  @EnumSource(Profile.class)
  void defaultsLoadUnderEveryProfile(Profile profile) {
    ServerConfig config = Loading.as(profile).config();
    assertThat(config.inference()).isEqualTo(ListenerAddress.tcp("127.0.0.1", 8080));
    assertThat(config.management()).isEqualTo(ListenerAddress.tcp("127.0.0.1", 8081));
    assertThat(config.metrics()).isEqualTo(ListenerAddress.tcp("127.0.0.1", 8082));
    assertThat(config.grpcInference()).isEqualTo(ListenerAddress.tcp("127.0.0.1", 7070));
    assertThat(config.grpcManagement()).isEqualTo(ListenerAddress.tcp("127.0.0.1", 7071));
    assertThat(config.limits().maxRequestBytes()).isEqualTo(6_553_500);
    assertThat(config.limits().maxInflightBytes()).isEqualTo(1L << 29);
    assertThat(config.limits().maxStreamBufferBytes()).isEqualTo(1L << 20);
    assertThat(config.defaults().responseTimeout()).isEqualTo(Duration.ofSeconds(120));
    assertThat(config.defaults().jobQueueSize()).isEqualTo(100);
    assertThat(config.registerWorkers()).isZero();
    assertThat(config.eventLoops()).isEqualTo(2);
    assertThat(config.busyPoll()).isEqualTo(Duration.ofNanos(200_000));
    assertThat(config.worker().busyPoll()).isEqualTo(Duration.ofNanos(200_000));
    assertThat(config.worker().firstWorkerId()).isEqualTo(9000);
    assertThat(config.worker().serverHome()).isEqualTo(Path.of("/opt/mariner"));
    assertThat(config.startupModels()).isEmpty();
    assertThat(config.version()).isEqualTo("0.13.0");
  }

  @Test
  void profilesDifferWhereTheTableSaysSo() {
    ServerConfig mariner = Loading.mariner().config();
    assertThat(mariner.tokenAuthorization()).isFalse();
    assertThat(mariner.modelApi()).isTrue();
    assertThat(mariner.measures().mode()).isEqualTo(MetricsMode.PROMETHEUS);
    assertThat(mariner.fetch().allowedUrls()).isEmpty();
    assertThat(mariner.defaults().workers()).isEqualTo(1);
    ServerConfig torchserve = Loading.torchserve().config();
    assertThat(torchserve.tokenAuthorization()).isTrue();
    assertThat(torchserve.modelApi()).isFalse();
    assertThat(torchserve.measures().mode()).isEqualTo(MetricsMode.LOG);
    assertThat(torchserve.fetch().allowedUrls()).hasSize(1);
    assertThat(torchserve.fetch().allowedUrlsConfigured()).isFalse();
    assertThat(torchserve.defaults().workers()).isEqualTo(4);
  }

  @Test
  void namesEveryProblemAtOnce() {
    List<String> problems =
        Loading.mariner(
                "job_queue_size=many",
                "inference_address=ftp://127.0.0.1",
                "metrics_mode=loud",
                "preload_modules=torch,not-a-name",
                "enable_model_api=yes",
                "jobqueue_size=3",
                "model_store=missing/store",
                "keystore=keys.p12",
                "service_envelope=$$NO_SUCH$$")
            .problems();
    assertThat(problems)
        .containsExactlyInAnyOrder(
            "job_queue_size: many (expected: a whole number >= 1) [config.properties]",
            "inference_address: ftp://127.0.0.1 (expected: http://host[:port], https://host[:port]"
                + " or unix:/path of at most 100 bytes) [config.properties]",
            "metrics_mode: loud (expected: one of log, prometheus, legacy) [config.properties]",
            "preload_modules: torch,not-a-name (expected: names of Python modules with commas"
                + " between them) [config.properties]",
            "enable_model_api: yes (expected: true or false) [config.properties]",
            "jobqueue_size: unknown key (expected: a configuration key; did you mean"
                + " job_queue_size?) [config.properties]",
            "model_store: missing/store (expected: an existing folder) [config.properties]",
            "keystore: it applies to nothing (expected: an https:// address, or"
                + " enable_grpc_ssl=true) [config.properties]",
            "service_envelope: $$NO_SUCH$$ (expected: environment variable NO_SUCH is set)");
  }

  @Test
  void severalModelsInOnePairOfQuotesAreNotTakenForOne() {
    assertThat(Loading.mariner("load_models=a=a.mar b=b.mar").problems())
        .singleElement()
        .asString()
        .startsWith("load_models: a=a.mar b=b.mar (expected: all, or [name=]location with commas")
        .contains("each is a word of its own on the command line");
    assertThat(Loading.mariner("load_models=my model.mar, b = c.mar").config().startupModels())
        .containsExactly(new StartupModel(null, "my model.mar"), new StartupModel("b", "c.mar"));
  }

  @Test
  void readsTheModulesToPreload() {
    assertThat(Loading.mariner().config().worker().preloadModules()).isEmpty();
    assertThat(Loading.mariner("preload_modules= torch, my_models.layers,").config().worker())
        .extracting(WorkerConfig::preloadModules)
        .isEqualTo(List.of("torch", "my_models.layers"));
  }

  @Test
  void readsHowLongConnectionsOfGrpcLive() {
    ServerConfig config =
        Loading.mariner(
                "grpc_inference_max_connection_age_ms=1000",
                "grpc_inference_max_connection_age_grace_ms=200",
                "grpc_management_max_connection_age_ms=1")
            .config();
    assertThat(config.grpcInferenceAge())
        .isEqualTo(new ConnectionAge(Duration.ofSeconds(1), Duration.ofMillis(200)));
    assertThat(config.grpcManagementAge()).isEqualTo(new ConnectionAge(Duration.ofMillis(1), null));
    assertThat(Loading.torchserve("grpc_inference_max_connection_age_ms=0").problems())
        .singleElement()
        .asString()
        .startsWith("grpc_inference_max_connection_age_ms: 0 (expected: ");
  }

  @Test
  void workersAreToldOfIntelsExtension() {
    assertThat(Loading.torchserve("ipex_enable=true").config().worker().variables())
        .containsEntry("TS_IPEX_ENABLE", "true")
        .containsEntry("TS_IPEX_GPU_ENABLE", "false");
  }

  @Test
  void onlyWarnsOfUnknownKeysUnderTorchserve() {
    Loading loading = Loading.torchserve("defualt_workers_per_model=2", "zzz=1");
    assertThat(loading.problems()).isEmpty();
    assertThat(loading.warnings())
        .containsExactly(
            "defualt_workers_per_model: unknown key, ignored; did you mean"
                + " default_workers_per_model? [config.properties]",
            "zzz: unknown key, ignored [config.properties]");
  }

  @Test
  void environmentCountsOnlyWhenTheFileSaysSo() {
    assertThat(Loading.torchserve("job_queue_size=5").env("TS_JOB_QUEUE_SIZE", "7").config())
        .extracting(config -> config.defaults().jobQueueSize())
        .isEqualTo(5);
    assertThat(
            Loading.torchserve("job_queue_size=5", "enable_envvars_config=true")
                .env("TS_JOB_QUEUE_SIZE", "7")
                .env("TS_TOKEN_EXPIRATION_TIME_MIN", "0.5")
                .config())
        .satisfies(
            config -> {
              assertThat(config.defaults().jobQueueSize()).isEqualTo(7);
              assertThat(config.tokens().expirationMinutes()).isEqualTo(0.5);
            });
    assertThat(
            Loading.torchserve("job_queue_size=5")
                .env("TS_ENABLE_ENVVARS_CONFIG", "true")
                .env("TS_JOB_QUEUE_SIZE", "7")
                .config()
                .defaults()
                .jobQueueSize())
        .isEqualTo(5);
  }

  @Test
  void environmentBeatsTheCommandLineWhichBeatsTheFile() {
    Loading loading =
        Loading.torchserve("model_store=a", "load_models=a.mar", "enable_envvars_config=true")
            .args("--model-store", "b", "--models", "x=b.mar", "c.mar");
    assertThat(loading.config().fetch().modelStore()).isEqualTo(Path.of("/srv/app/b"));
    assertThat(loading.config().startupModels())
        .containsExactly(new StartupModel("x", "b.mar"), new StartupModel(null, "c.mar"));
    loading.env("TS_MODEL_STORE", "/c").env("TS_LOAD_MODELS", "d.mar");
    assertThat(loading.config().fetch().modelStore()).isEqualTo(Path.of("/c"));
    assertThat(loading.config().startupModels()).containsExactly(new StartupModel(null, "d.mar"));
  }

  @Test
  void environmentalAllowedUrlsNeedTheirOwnSwitch() {
    String[] lines = {"enable_envvars_config=true", "allowed_urls=https://a/.*"};
    Loading without = Loading.torchserve(lines).env("TS_ALLOWED_URLS", "https://b/.*");
    assertThat(without.config().fetch().allowedUrls().get(0).pattern()).isEqualTo("https://a/.*");
    Loading with =
        Loading.torchserve(lines[0], lines[1], "use_env_allowed_urls=true")
            .env("TS_ALLOWED_URLS", "https://b/.*, https://c/.*");
    assertThat(with.config().fetch().allowedUrls())
        .extracting(Object::toString)
        .containsExactly("https://b/.*", "https://c/.*");
    assertThat(with.config().fetch().allowedUrls().get(0).matcher("HTTPS://B/x").matches())
        .isTrue();
    assertThat(with.config().fetch().allowedUrlsConfigured()).isTrue();
  }

  @Test
  void anEmptyListOfAllowedUrlsAllowsNone() {
    ServerConfig config = Loading.torchserve("allowed_urls=").config();
    assertThat(config.fetch().allowedUrls()).isEmpty();
    assertThat(config.fetch().allowedUrlsConfigured()).isTrue();
  }

  @Test
  void expandsEnvironmentVariablesInsideValues() {
    ServerConfig config =
        Loading.torchserve("inference_address=http://$$HOST$$:$$PORT$$", "model_store=$$S$$/$1")
            .env("HOST", "127.0.0.2")
            .env("PORT", "9090")
            .env("S", "/a$b\\c")
            .config();
    assertThat(config.inference()).isEqualTo(ListenerAddress.tcp("127.0.0.2", 9090));
    assertThat(config.fetch().modelStore()).isEqualTo(Path.of("/a$b\\c/$1"));
  }

  @Test
  void switchesOfTheCommandLineOnlyGoOneWay() {
    ServerConfig config =
        Loading.torchserve("enable_model_api=false", "disable_token_authorization=false")
            .args("--enable-model-api", "--disable-token-auth")
            .config();
    assertThat(config.modelApi()).isTrue();
    assertThat(config.tokenAuthorization()).isFalse();
    assertThat(Loading.torchserve("enable_model_api=TRUE").config().modelApi()).isTrue();
  }

  @Test
  void namesHeadersOfSequences() {
    ServerConfig config =
        Loading.torchserve("ts_header_key_sequence_id=my_id\nts_header_key_sequence_start=My-Start")
            .config();
    assertThat(config.sequenceNames())
        .isEqualTo(new SequenceNames("my_id", "My-Start", "ts_request_sequence_end"));
  }

  @Test
  void refusesHeadersOfSequencesThatCantBeTold() {
    assertThat(Loading.torchserve("ts_header_key_sequence_id=my id").problems())
        .containsExactly(
            "ts_header_key_sequence_id: my id (expected: a header's name) [config.properties]");
    assertThat(Loading.torchserve("ts_header_key_sequence_id=TS_request_sequence_end").problems())
        .containsExactly(
            "ts_header_key_sequence_id, ts_header_key_sequence_start, ts_header_key_sequence_end:"
                + " TS_request_sequence_end, ts_request_sequence_start, ts_request_sequence_end"
                + " (expected: three different names)");
  }

  @ParameterizedTest
  @CsvSource({
    "cpp_log_config, log.cfg",
    "cpu_launcher_enable, true",
    "debug, true",
  })
  void refusesWhatOnlyALaterVersionHonours(String key, String value) {
    assertThat(Loading.torchserve(key + "=" + value).problems())
        .containsExactly(key + ": " + value + " is not supported yet [config.properties]");
  }

  @ParameterizedTest
  @CsvSource({
    "install_py_dep_per_model, false",
    "ts_open_inference_protocol, true",
    "debug, False",
    "metrics_config, /opt/mariner/ts/configs/metrics.yaml",
    "initial_distribution_port, 29501",
    "netty_client_threads, 8",
    "prefer_direct_buffer, true",
    "use_native_io, false",
    "async_logging, true",
    "vmargs, -Xmx1g",
    "unregister_model_timeout, 60",
    "model_snapshot, ''",
  })
  void acceptsWhatDoesNoHarm(String key, String value) {
    Loading loading = Loading.mariner(key + "=" + value);
    assertThat(loading.problems()).isEmpty();
    assertThat(loading.warnings()).isEmpty();
  }

  @Test
  void openInferenceMayBeAskedForInTheEnvironment() {
    assertThat(Loading.torchserve().env("TS_OPEN_INFERENCE_PROTOCOL", "oip").problems()).isEmpty();
    assertThat(Loading.torchserve().env("TS_OPEN_INFERENCE_PROTOCOL", "no").problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "TORCHSERVE, '', 2, 2, 0",
    "TORCHSERVE, 0, 0, 4, 0",
    "TORCHSERVE, 3, 2, 3, 3",
    "MARINER, '', 2, 1, 0",
    "MARINER, 0, 2, 2, 0",
    "MARINER, 5, 0, 5, 5",
  })
  void countsDefaultWorkers(Profile profile, String given, int gpus, int workers, int registered) {
    Loading loading = Loading.as(profile).gpus(gpus);
    if (!given.isEmpty()) {
      loading.file("default_workers_per_model=" + given);
    }
    assertThat(loading.config().defaults().workers()).isEqualTo(workers);
    assertThat(loading.config().registerWorkers()).isEqualTo(registered);
  }

  @ParameterizedTest
  @CsvSource({"'', 3, 3", "2, 3, 2", "9, 3, 3", "0, 3, 0"})
  void neverUsesMoreGpusThanAreFound(String given, int found, int used) {
    Loading loading = Loading.mariner().gpus(found);
    if (!given.isEmpty()) {
      loading.file("enable_envvars_config=true").env("TS_NUMBER_OF_GPU", given);
    }
    assertThat(loading.config().worker().gpuCount()).isEqualTo(used);
  }

  @Test
  void serverHomeMustHoldThePackage() {
    assertThat(Loading.mariner().bareArgs().problems())
        .containsExactly("--server-home: nothing (expected: the folder that holds ts)");
    assertThat(Loading.mariner().args("--server-home", "missing").problems())
        .containsExactly("--server-home: missing (expected: the folder that holds ts)");
    assertThat(
            Loading.mariner().env("TS_MODEL_SERVER_HOME", "/other").config().worker().serverHome())
        .isEqualTo(Path.of("/other"));
  }

  @Test
  void warnsOfKeysThatComeTwice() {
    assertThat(Loading.mariner("job_queue_size=1", "job_queue_size=2").problems())
        .containsExactly(
            "job_queue_size: given more than once (expected: once) [config.properties]");
    Loading loading = Loading.torchserve("job_queue_size=1", "job_queue_size=2");
    assertThat(loading.config().defaults().jobQueueSize()).isEqualTo(2);
    assertThat(loading.warnings())
        .containsExactly(
            "job_queue_size stands more than once in config.properties; the last one counts");
  }

  @Test
  void findsTheFileInTheOrderOfPrecedence(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("ts"));
    Machine machine =
        new Machine(
            1,
            () -> 0,
            1024,
            folder.resolve("run"),
            Files::isDirectory,
            Files::exists,
            TlsMaterial::read);
    ConfigLoader loader = new ConfigLoader(machine, "0.13.0");
    CommandLine plain =
        CommandLine.parse(List.of("--server-home", folder.toString())).commandLine();
    CommandLine named =
        CommandLine.parse(
                List.of("--server-home", folder.toString(), "--ts-config-file", "b.properties"))
            .commandLine();
    Map<String, String> environment = Map.of("TS_CONFIG_FILE", "c.properties");
    assertThat(queueSize(loader.loadWithFile(Profile.MARINER, plain, Map.of(), folder)))
        .isEqualTo(100);
    Files.writeString(folder.resolve("config.properties"), "job_queue_size=1");
    Files.writeString(folder.resolve("b.properties"), "job_queue_size=2");
    assertThat(queueSize(loader.loadWithFile(Profile.MARINER, plain, Map.of(), folder)))
        .isEqualTo(1);
    assertThat(queueSize(loader.loadWithFile(Profile.MARINER, named, Map.of(), folder)))
        .isEqualTo(2);
    assertThat(loader.loadWithFile(Profile.MARINER, named, environment, folder))
        .isEqualTo(
            new ConfigOutcome.Refused(
                List.of("TS_CONFIG_FILE: c.properties (expected: an existing file)"),
                List.of(),
                List.of()));
    Files.writeString(folder.resolve("c.properties"), "job_queue_size=3");
    assertThat(queueSize(loader.loadWithFile(Profile.MARINER, named, environment, folder)))
        .isEqualTo(3);
    Files.writeString(folder.resolve("c.properties"), "version=\\u12x");
    assertThat(loader.loadWithFile(Profile.MARINER, named, environment, folder))
        .isInstanceOfSatisfying(
            ConfigOutcome.Refused.class,
            refused ->
                assertThat(refused.problems().get(0))
                    .contains("c.properties")
                    .contains("expected: Java properties"));
  }

  private static int queueSize(ConfigOutcome outcome) {
    return ((ConfigOutcome.Loaded) outcome).config().defaults().jobQueueSize();
  }
}
