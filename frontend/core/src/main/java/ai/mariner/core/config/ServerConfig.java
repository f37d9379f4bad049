package ai.mariner.core.config;

import ai.mariner.core.message.ModelKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything the server was told, resolved from defaults, file, command line and environment.
 *
 * @param profile manners
 * @param version product version
 * @param inference REST inference listener
 * @param management REST management listener; equal to {@code inference}: one listener serves both
 * @param metrics REST metrics listener; absent: none
 * @param grpcInference gRPC inference listener
 * @param grpcManagement gRPC management listener
 * @param grpcInferenceAge how long connections to the one may live
 * @param grpcManagementAge how long connections to the other may live
 * @param eventLoops number of network event loops
 * @param busyPoll how long an event loop looks for events before it sleeps; zero: not at all
 * @param modelApi whether models can be registered and unregistered by a call
 * @param tokenAuthorization whether callers need a token
 * @param tokens which tokens those are
 * @param exposeErrors whether clients see details of failures (exception text, exit code, last
 *     lines of output)
 * @param measures what is measured and where it goes
 * @param registerWorkers workers of a model that is registered by a call without a number
 * @param limits bounds
 * @param defaults of models
 * @param worker processes
 * @param fetch archives
 * @param dependencies packages that archives ask for
 * @param cors pages of other origins
 * @param sequenceNames how requests name what they say of their sequence
 * @param trustedProxies whose word on their clients counts
 * @param jsonLogs whether each line of the built-in logs is a JSON object
 * @param startupModels models to load at start
 * @param startupApplications folders or archives of applications to load at start
 * @param modelOverrides the {@code models} JSON
 * @param snapshots of the configuration and the models
 * @param plugins code that operators bring along
 */
public record ServerConfig(
    Profile profile,
    String version,
    ListenerAddress inference,
    ListenerAddress management,
    @Nullable ListenerAddress metrics,
    ListenerAddress grpcInference,
    ListenerAddress grpcManagement,
    ConnectionAge grpcInferenceAge,
    ConnectionAge grpcManagementAge,
    int eventLoops,
    Duration busyPoll,
    boolean modelApi,
    boolean tokenAuthorization,
    TokenConfig tokens,
    boolean exposeErrors,
    MetricsConfig measures,
    int registerWorkers,
    LimitsConfig limits,
    ModelDefaults defaults,
    WorkerConfig worker,
    FetchConfig fetch,
    DependencyConfig dependencies,
    CorsConfig cors,
    SequenceNames sequenceNames,
    TrustedProxies trustedProxies,
    boolean jsonLogs,
    List<StartupModel> startupModels,
    List<String> startupApplications,
    Map<ModelKey, ModelOverrides> modelOverrides,
    SnapshotConfig snapshots,
    PluginConfig plugins) {

  /**
   * A model to load at start.
   *
   * @param name registered name; absent: the manifest's
   * @param location file or folder name in the store, or an address
   */
  public record StartupModel(@Nullable String name, String location) {
    /** Stands for every archive and folder in the store. */
    public static final StartupModel ALL = new StartupModel(null, "all");
  }
}
