package ai.mariner.server.config;

import ai.mariner.core.config.AwsCredentials;
import ai.mariner.core.config.FetchConfig;
import ai.mariner.core.config.IntakeLimits;
import ai.mariner.core.config.LimitsConfig;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.PluginConfig;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.Secret;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.SnapshotConfig;
import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.config.TokenConfig;
import ai.mariner.core.config.TrustedProxies;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.message.ModelKey;
import ai.mariner.server.access.TokenFile;
import ai.mariner.server.snapshot.SnapshotFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes the server's configuration of everything it was told, or says everything that is wrong with
 * it.
 *
 * <p>The file is that of {@code TS_CONFIG_FILE}, else that of the command line, else {@code
 * config.properties} in the working directory. A value is taken from the environment ({@code TS_…},
 * only if the file says {@code enable_envvars_config=true}), else from the command line, else from
 * the file, else it is the profile's default. Where the profile says so, a start that names no file
 * reads the last snapshot in place of the standard one.
 */
public final class ConfigLoader {
  private static final String FILE_VARIABLE = "TS_CONFIG_FILE";
  private static final String STANDARD_FILE = "config.properties";

  private final Settings settings = new Settings();
  private final Machine machine;
  private final String version;

  /**
   * A loader.
   *
   * @param machine what the server runs on
   * @param version the product's version
   */
  public ConfigLoader(Machine machine, String version) {
    this.machine = machine;
    this.version = version;
  }

  /** Finds and reads the file, then does what {@link #load} does. */
  public ConfigOutcome loadWithFile(
      Profile profile, CommandLine commandLine, Map<String, String> environment, Path folder) {
    return loadWithFile(profile, commandLine, environment, folder, null);
  }

  /**
   * The same where a plugin keeps snapshots in place of files.
   *
   * @param kept the last one, its path being words for messages; absent: files do
   */
  public ConfigOutcome loadWithFile(
      Profile profile,
      CommandLine commandLine,
      Map<String, String> environment,
      Path folder,
      @Nullable PropertiesFile kept) {
    String variable = environment.get(FILE_VARIABLE);
    Path option = commandLine.configFile();
    String named = variable != null ? variable : option != null ? option.toString() : null;
    String origin = variable == null ? "--ts-config-file" : FILE_VARIABLE;
    Path path;
    try {
      path = folder.resolve(named == null ? STANDARD_FILE : named);
    } catch (InvalidPathException e) {
      return refused(origin + ": " + named + " (expected: a path)");
    }
    if (named == null && kept != null) {
      return load(profile, commandLine, environment, folder, kept);
    }
    if (named == null && profile.snapshots() && !commandLine.noSnapshots()) {
      LastSnapshot last = new LastSnapshot(SnapshotFolder.standardFolder(folder, environment));
      Path snapshot = last.path();
      if (snapshot != null) {
        ConfigOutcome outcome = read(profile, commandLine, environment, folder, snapshot);
        return last.explained(outcome, Files.isRegularFile(path) ? STANDARD_FILE : null);
      }
    }
    if (!Files.isRegularFile(path)) {
      return named == null
          ? load(profile, commandLine, environment, folder, null)
          : refused(origin + ": " + named + " (expected: an existing file)");
    }
    return read(profile, commandLine, environment, folder, path);
  }

  private ConfigOutcome read(
      Profile profile,
      CommandLine commandLine,
      Map<String, String> environment,
      Path folder,
      Path path) {
    try {
      return load(profile, commandLine, environment, folder, PropertiesFile.read(path));
    } catch (IOException e) {
      return refused(path + ": can't be read: " + e);
    } catch (IllegalArgumentException e) {
      return refused(path + ": " + e.getMessage() + " (expected: Java properties)");
    }
  }

  /**
   * The configuration; a pure function, but for what the machine is asked.
   *
   * @param profile manners of the command
   * @param commandLine arguments
   * @param environment variables of this process
   * @param folder working directory
   * @param file configuration file, if there is one
   */
  public ConfigOutcome load(
      Profile profile,
      CommandLine commandLine,
      Map<String, String> environment,
      Path folder,
      @Nullable PropertiesFile file) {
    Findings findings = new Findings();
    Values values = Values.gather(settings, profile, findings, commandLine, environment, file);
    ServerConfig config =
        new Assembly(profile, commandLine, environment, folder, values, findings).serverConfig();
    new UnusedKeys(settings, values, findings).report(profile);
    List<SettingInForce> inForce = SettingInForce.all(settings, values, profile, config);
    return findings.problems().isEmpty()
        ? new ConfigOutcome.Loaded(config, findings.warnings(), inForce)
        : new ConfigOutcome.Refused(findings.problems(), findings.warnings(), inForce);
  }

  private static ConfigOutcome refused(String problem) {
    return new ConfigOutcome.Refused(List.of(problem), List.of(), List.of());
  }

  /** Puts the records together, and checks what needs more than one value. */
  private final class Assembly {
    private final Profile profile;
    private final CommandLine commandLine;
    private final Map<String, String> environment;
    private final Path folder;
    private final Values values;
    private final Findings findings;

    Assembly(
        Profile profile,
        CommandLine commandLine,
        Map<String, String> environment,
        Path folder,
        Values values,
        Findings findings) {
      this.profile = profile;
      this.commandLine = commandLine;
      this.environment = environment;
      this.folder = folder;
      this.values = values;
      this.findings = findings;
    }

    ServerConfig serverConfig() {
      ListenerRules listeners = listeners();
      TokenConfig tokens = tokens();
      boolean tokenAuthorization = tokenAuthorization(tokens);
      listeners.checkConflicts(findings);
      listeners.checkExposure(findings, profile, tokenAuthorization, commandLine.allowInsecure());
      int loops = values.get(settings.network.numberOfNettyThreads);
      int gpus = gpuCount();
      Integer workers = values.given(settings.models.defaultWorkers);
      FetchConfig fetch = fetch();
      return new ServerConfig(
          profile,
          version,
          listeners.inference(),
          listeners.management(),
          listeners.metrics(),
          listeners.grpcInference(),
          listeners.grpcManagement(),
          settings.listeners.grpcInferenceAge.of(values),
          settings.listeners.grpcManagementAge.of(values),
          loops > 0 ? loops : Math.max(1, machine.processors() / 2),
          busyPoll(),
          modelApi(listeners.management()),
          tokenAuthorization,
          tokens,
          values.get(settings.access.exposeErrors),
          settings.metrics.config(values, findings, folder, profile),
          workers == null ? 0 : workers,
          limits(),
          defaults(gpus),
          workers(gpus),
          fetch,
          settings.dependencies.config(values, folder, machine.temporaryFolder()),
          new CrossOriginRules(settings.access, values, findings, profile).config(),
          settings.sequences.names(values, findings),
          proxies(),
          values.get(settings.process.logFormat).equals("json"),
          loadModels(),
          loadApps(),
          models(),
          snapshots(fetch.modelStore()),
          new PluginConfig(
              values.given(settings.process.pluginsPath),
              values.get(settings.process.pluginThreads),
              values.get(settings.process.pluginTimeout),
              values.get(settings.process.authorizerThreads),
              values.get(settings.process.authorizerTimeout)));
    }

    private TokenConfig tokens() {
      Path file = values.given(settings.access.tokenFile);
      String inference = values.given(settings.access.inferenceToken);
      String management = values.given(settings.access.managementToken);
      return new TokenConfig(
          values.get(settings.access.tokenExpirationMin),
          values.get(settings.access.tokenRotationGrace),
          file == null ? null : folder.resolve(file),
          inference == null ? null : new Secret(inference),
          management == null ? null : new Secret(management));
    }

    /** Whoever gives tokens wants them asked for, unless they say otherwise. */
    private boolean tokenAuthorization(TokenConfig tokens) {
      Boolean disabled = values.given(settings.access.disableTokenAuthorization);
      if (disabled == null && !tokens.isGiven()) {
        return !values.get(settings.access.disableTokenAuthorization);
      }
      boolean asked = disabled == null || !disabled;
      if (asked && tokens.isGiven()) {
        try {
          TokenFile.tokens(tokens);
        } catch (IOException e) {
          findings.problem(String.valueOf(e.getMessage()));
        }
      }
      return asked;
    }

    private ListenerRules listeners() {
      TlsRules tls = new TlsRules(settings.tls, values, findings, profile, machine, folder);
      ListenerAddress inference = rest(settings.listeners.inferenceAddress, tls);
      ListenerAddress management = rest(settings.listeners.managementAddress, tls);
      ListenerAddress metrics =
          values.get(settings.listeners.enableMetricsApi)
              ? rest(settings.listeners.metricsAddress, tls)
              : null;
      Setting<Boolean> grpcSsl = settings.tls.enableGrpcSsl;
      TlsConfig grpc = values.get(grpcSsl) ? tls.grpc(grpcSsl) : null;
      tls.checkPairs(settings.listeners.anyIsSecured(values) || values.get(grpcSsl));
      tls.check(
          Arrays.asList(
              inference.tls(), management.tls(), metrics == null ? null : metrics.tls(), grpc));
      return new ListenerRules(
          inference,
          management,
          metrics,
          ListenerAddress.tcp(
                  values.get(settings.listeners.grpcInferenceAddress),
                  values.get(settings.listeners.grpcInferencePort))
              .withTls(grpc),
          ListenerAddress.tcp(
                  values.get(settings.listeners.grpcManagementAddress),
                  values.get(settings.listeners.grpcManagementPort))
              .withTls(grpc));
    }

    private ListenerAddress rest(Setting<ListenerAddress> setting, TlsRules tls) {
      ListenerAddress address = values.get(setting);
      boolean secure = AddressText.isSecure(values.text(setting.key()));
      return secure ? address.withTls(tls.rest(setting)) : address;
    }

    /** With one CPU nothing could happen while a loop or a worker looks for it. */
    private Duration busyPoll() {
      int micros = machine.processors() > 1 ? values.get(settings.network.busyPollMicros) : 0;
      return Duration.ofNanos(micros * 1000L);
    }

    private boolean modelApi(ListenerAddress management) {
      Boolean given = values.given(settings.access.enableModelApi);
      if (given != null) {
        return given;
      }
      boolean open = !AddressText.isLoopback(management);
      if (profile.modelApi() && open) {
        findings.warning(
            "enable_model_api: off, because management_address "
                + management
                + " is open to other machines; enable_model_api=true switches it on");
      }
      return profile.modelApi() && !open;
    }

    private LimitsConfig limits() {
      Long inflight = values.given(settings.limits.maxInflightBytes);
      return new LimitsConfig(
          Math.toIntExact(values.get(settings.limits.maxRequestSize)),
          Math.toIntExact(values.get(settings.limits.maxResponseSize)),
          inflight != null ? inflight : machine.maxDirectBytes() / 2,
          values.get(settings.limits.maxStreamBuffer),
          values.get(settings.limits.streamStallTimeout),
          values.get(settings.limits.eventKeepAlive),
          values.get(settings.limits.drainTimeout),
          values.get(settings.limits.maxHeaderSize),
          values.get(settings.limits.idleTimeout),
          new IntakeLimits(
              values.get(settings.limits.maxHeaders),
              values.get(settings.limits.headerTimeout),
              values.get(settings.limits.minBodyRate),
              values.get(settings.limits.bodyGrace)),
          values.get(settings.limits.maxArchiveSize),
          values.get(settings.limits.maxArchiveEntries),
          values.get(settings.limits.maxDownloadSize),
          values.get(settings.limits.downloadTimeout));
    }

    private ModelDefaults defaults(int gpus) {
      int workers = values.get(settings.models.defaultWorkers);
      int automatic = gpus > 0 ? gpus : machine.processors();
      return new ModelDefaults(
          workers > 0 ? workers : automatic,
          values.get(settings.models.responseTimeout),
          values.get(settings.models.startupTimeout),
          values.get(settings.models.jobQueueSize),
          values.given(settings.workers.defaultWorkerGroup));
    }

    private int gpuCount() {
      Integer most = values.given(settings.models.numberOfGpu);
      if (most != null && most == 0) {
        return 0;
      }
      int found = machine.gpus().getAsInt();
      return most == null ? found : Math.min(most, found);
    }

    private WorkerConfig workers(int gpus) {
      Path python = commandLine.python();
      Pattern hidden = values.given(settings.workers.blacklistEnvVars);
      return new WorkerConfig(
          python != null ? python : Path.of("python3"),
          serverHome(),
          machine.runDirectory(),
          values.get(settings.workers.initialWorkerPort),
          values.get(settings.workers.preloadModules),
          hidden == null ? List.of() : List.of(hidden.pattern()),
          values.given(settings.models.serviceEnvelope),
          values.given(settings.models.defaultServiceHandler),
          values.get(settings.models.decodeInputRequest),
          values.get(settings.models.limitMaxImagePixels),
          values.get(settings.models.allowPickle),
          values.get(settings.models.nonFinite),
          gpus,
          values.get(settings.workers.heartbeatInterval),
          values.get(settings.workers.heartbeatTimeout),
          values.get(settings.workers.workerConnectTimeout),
          Map.of(
              "TS_IPEX_ENABLE", values.get(settings.workers.ipexEnable).toString(),
              "TS_IPEX_GPU_ENABLE", values.get(settings.workers.ipexGpuEnable).toString()),
          busyPoll());
    }

    private Path serverHome() {
      Setting<Path> setting = settings.process.modelServerHome;
      return new ServerHome(machine, folder, findings)
          .find(environment, commandLine.serverHome(), setting.key(), values.given(setting));
    }

    private FetchConfig fetch() {
      Path models = store(settings.models.modelStore);
      Path workflows = store(settings.models.workflowStore);
      return new FetchConfig(
          models,
          workflows == null ? models : workflows,
          values.get(settings.access.allowedUrls),
          values.isGiven(settings.access.allowedUrls),
          machine.runDirectory().resolve("models"),
          AwsCredentials.of(environment));
    }

    private @Nullable Path store(Setting<Path> setting) {
      Path store = values.given(setting);
      Path resolved = store == null ? null : folder.resolve(store).normalize();
      if (resolved != null && !machine.isFolder().test(resolved)) {
        values.malformed(setting, "an existing folder");
      }
      return resolved;
    }

    private TrustedProxies proxies() {
      TrustedProxies given = values.given(settings.access.trustedProxies);
      return given == null ? TrustedProxies.NONE : given;
    }

    private List<ServerConfig.StartupModel> loadModels() {
      List<ServerConfig.StartupModel> given = values.given(settings.models.loadModels);
      return given == null ? List.of() : given;
    }

    private List<String> loadApps() {
      List<String> given = values.given(settings.models.loadApps);
      return given == null ? List.of() : given;
    }

    private SnapshotConfig snapshots(@Nullable Path store) {
      String json = values.given(settings.models.modelSnapshot);
      if (json != null) {
        warnOfModelsNotLoaded();
      }
      return new SnapshotConfig(
          values.get(settings.models.configSnapshots) && !commandLine.noSnapshots(),
          SnapshotFolder.standardFolder(folder, environment),
          values.get(settings.models.configSnapshotsKept),
          SnapshotProperties.of(settings, values),
          json == null
              ? null
              : new SnapshotJson(profile, findings, store, machine.exists()).read(json));
    }

    /** TorchServe's way, but not in silence. */
    private void warnOfModelsNotLoaded() {
      Setting<?> models = settings.models.loadModels;
      if (values.isGiven(models)) {
        String text =
            models.key()
                + ": "
                + values.text(models.key())
                + " is not loaded, since model_snapshot says what is (expected: only one of them)"
                + values.from(models.key());
        if (profile.unknownKeysFail()) {
          findings.problem(text);
        } else {
          findings.warning(text);
        }
      }
    }

    private Map<ModelKey, ModelOverrides> models() {
      String json = values.given(settings.models.models);
      return json == null ? Map.of() : new ModelsJson(profile, findings).read(json);
    }
  }
}
