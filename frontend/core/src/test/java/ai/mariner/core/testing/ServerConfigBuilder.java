package ai.mariner.core.testing;

import ai.mariner.core.config.ConnectionAge;
import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.config.DependencyConfig;
import ai.mariner.core.config.FetchConfig;
import ai.mariner.core.config.LimitsConfig;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.PluginConfig;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.SequenceNames;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.SnapshotConfig;
import ai.mariner.core.config.TokenConfig;
import ai.mariner.core.config.TrustedProxies;
import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.message.ModelKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Collects what a test's server differs in from the default. Not thread-safe. */
public final class ServerConfigBuilder {
  private static final ListenerAddress FREE_PORT = ListenerAddress.tcp("127.0.0.1", 0);

  private final Path directory;
  private Profile profile = Profile.MARINER;
  private ListenerAddress inference = FREE_PORT;
  private ListenerAddress management = ListenerAddress.tcp("localhost", 0);
  private ListenerAddress grpcInference = FREE_PORT;
  private ConnectionAge grpcInferenceAge = ConnectionAge.UNBOUNDED;
  private boolean modelApi = true;
  private boolean tokenAuthorization;
  private boolean exposeErrors;
  private int registerWorkers;
  private LimitsConfig limits = Configs.limits();
  private ModelDefaults defaults = Configs.MODEL_DEFAULTS;
  private WorkerConfig worker;
  private boolean installs;
  private CorsConfig cors = CorsConfig.NONE;
  private TrustedProxies trustedProxies = TrustedProxies.NONE;
  private List<ServerConfig.StartupModel> startupModels = List.of();
  private Map<ModelKey, ModelOverrides> modelOverrides = Map.of();

  ServerConfigBuilder(Path directory) {
    this.directory = directory;
    this.worker = Configs.worker(directory);
  }

  /** Sets the manners. */
  public ServerConfigBuilder profile(Profile value) {
    profile = value;
    return this;
  }

  /** Sets that what archives ask for is installed. */
  public ServerConfigBuilder installs() {
    installs = true;
    return this;
  }

  /** Sets both REST listeners. */
  public ServerConfigBuilder listeners(ListenerAddress forInference, ListenerAddress forModels) {
    inference = forInference;
    management = forModels;
    return this;
  }

  /** Sets the gRPC listener of predictions. */
  public ServerConfigBuilder grpcInference(ListenerAddress value) {
    grpcInference = value;
    return this;
  }

  /** Sets how long connections to the gRPC listener of predictions may live. */
  public ServerConfigBuilder grpcInferenceAge(ConnectionAge value) {
    grpcInferenceAge = value;
    return this;
  }

  /** Sets whether models can be registered by a call. */
  public ServerConfigBuilder modelApi(boolean value) {
    modelApi = value;
    return this;
  }

  /** Sets whether callers need a token. */
  public ServerConfigBuilder tokenAuthorization(boolean value) {
    tokenAuthorization = value;
    return this;
  }

  /** Sets whether clients see details of failures. */
  public ServerConfigBuilder exposeErrors(boolean value) {
    exposeErrors = value;
    return this;
  }

  /** Sets the workers of a model that is registered by a call without a number. */
  public ServerConfigBuilder registerWorkers(int value) {
    registerWorkers = value;
    return this;
  }

  /** Sets the limits. */
  public ServerConfigBuilder limits(LimitsConfig value) {
    limits = value;
    return this;
  }

  /** Sets what a model gets when nobody says otherwise. */
  public ServerConfigBuilder defaults(ModelDefaults value) {
    defaults = value;
    return this;
  }

  /** Sets how processes are started. */
  public ServerConfigBuilder worker(WorkerConfig value) {
    worker = value;
    return this;
  }

  /** Sets cross-origin headers. */
  public ServerConfigBuilder cors(CorsConfig value) {
    cors = value;
    return this;
  }

  /** Sets whose word on their clients counts. */
  public ServerConfigBuilder trustedProxies(TrustedProxies value) {
    trustedProxies = value;
    return this;
  }

  /** Sets the models to load at start. */
  public ServerConfigBuilder startupModels(List<ServerConfig.StartupModel> value) {
    startupModels = List.copyOf(value);
    return this;
  }

  /** Sets the {@code models} JSON. */
  public ServerConfigBuilder modelOverrides(Map<ModelKey, ModelOverrides> value) {
    modelOverrides = Map.copyOf(value);
    return this;
  }

  /** The configuration. */
  public ServerConfig build() {
    return new ServerConfig(
        profile,
        "0.13.0",
        inference,
        management,
        FREE_PORT,
        grpcInference,
        FREE_PORT,
        grpcInferenceAge,
        ConnectionAge.UNBOUNDED,
        1,
        Duration.ZERO,
        modelApi,
        tokenAuthorization,
        new TokenConfig(60.0, Duration.ZERO, null, null, null),
        exposeErrors,
        Configs.METRICS,
        registerWorkers,
        limits,
        defaults,
        worker,
        new FetchConfig(directory, List.of(), false, directory),
        new DependencyConfig(
            installs, directory, 1, DependencyConfig.Installer.AUTO, Duration.ofSeconds(60)),
        cors,
        SequenceNames.DEFAULT,
        trustedProxies,
        false,
        startupModels,
        List.of(),
        modelOverrides,
        new SnapshotConfig(false, directory, 1, Map.of(), null),
        PluginConfig.NONE);
  }
}
