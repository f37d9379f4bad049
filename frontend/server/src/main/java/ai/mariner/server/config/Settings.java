package ai.mariner.server.config;

import static ai.mariner.server.config.Section.ACCESS;
import static ai.mariner.server.config.Section.LIMITS;
import static ai.mariner.server.config.Section.LISTENERS;
import static ai.mariner.server.config.Section.METRICS;
import static ai.mariner.server.config.Section.MODELS;
import static ai.mariner.server.config.Section.NETWORK;
import static ai.mariner.server.config.Section.PROCESS;
import static ai.mariner.server.config.Section.SEQUENCES;
import static ai.mariner.server.config.Section.WORKERS;
import static ai.mariner.server.config.Support.ACCEPTED;
import static ai.mariner.server.config.Support.HONOURED;
import static ai.mariner.server.config.Support.LATER;

import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ServerConfig.StartupModel;
import ai.mariner.server.config.Setting.Fallback;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The table of all configuration keys, TorchServe's and the product's own. The loader, the
 * environment names and the reference page are all read from it; a key exists nowhere else. It is
 * longer than other files because one table says more than several.
 */
final class Settings {
  private static final int MANY = Integer.MAX_VALUE;

  /** Two million years; beyond that, instants overflow one day. */
  private static final double MOST_MINUTES = 1e12;

  private static final Fallback FALSE = Fallback.of("false");
  private static final Fallback TRUE = Fallback.of("true");

  private final List<Setting<?>> rows = new ArrayList<>();

  final Setting<ListenerAddress> inferenceAddress =
      row(
          LISTENERS,
          "inference_address",
          Syntax.address(80),
          "http://127.0.0.1:8080",
          "REST inference: `http://host[:port]` (port 80 if omitted) or `unix:/path`.");
  final Setting<ListenerAddress> managementAddress =
      row(
          LISTENERS,
          "management_address",
          Syntax.address(8081),
          "http://127.0.0.1:8081",
          "REST management (port 8081 if omitted). The same address as inference: one listener"
              + " serves both.");
  final Setting<ListenerAddress> metricsAddress =
      row(
          LISTENERS,
          "metrics_address",
          Syntax.address(8082),
          "http://127.0.0.1:8082",
          "REST metrics (port 8082 if omitted).");
  final Setting<String> grpcInferenceAddress =
      row(
          LISTENERS,
          "grpc_inference_address",
          Syntax.host(),
          "127.0.0.1",
          "Host of gRPC inference.");
  final Setting<String> grpcManagementAddress =
      row(
          LISTENERS,
          "grpc_management_address",
          Syntax.host(),
          "127.0.0.1",
          "Host of gRPC management.");
  final Setting<Integer> grpcInferencePort =
      row(
          LISTENERS,
          "grpc_inference_port",
          Syntax.whole(0, 65_535),
          "7070",
          "Port of gRPC inference; 0: any free one.");
  final Setting<Integer> grpcManagementPort =
      row(
          LISTENERS,
          "grpc_management_port",
          Syntax.whole(0, 65_535),
          "7071",
          "Port of gRPC management; 0: any free one.");
  final Setting<Boolean> enableMetricsApi =
      row(
          LISTENERS,
          "enable_metrics_api",
          Syntax.bool(),
          "true",
          "Whether there is a metrics listener.");

  final Setting<Path> modelStore =
      row(
          MODELS,
          "model_store",
          Syntax.path(),
          Fallback.NONE,
          HONOURED,
          "Folder of archives, relative to the working directory; also the target of downloads.");
  final Setting<List<StartupModel>> loadModels =
      row(
          MODELS,
          "load_models",
          StartupModels.syntax(),
          Fallback.NONE,
          HONOURED,
          "Models to load at start: `all`, or `[name=]location` with commas between them.");
  final Setting<String> models =
      row(
          MODELS,
          "models",
          Syntax.text().described("a JSON object"),
          Fallback.NONE,
          HONOURED,
          "Options by model and version as JSON: `{\"name\": {\"version\": {\"minWorkers\": 1,"
              + " …}}}`. Loads nothing by itself.");
  final Setting<Integer> defaultWorkers =
      row(
          MODELS,
          "default_workers_per_model",
          Syntax.whole(0, 10_000),
          new Fallback("0", "1", null),
          HONOURED,
          "Workers of a model loaded at start; 0: one for each GPU, or for each CPU if there is no"
              + " GPU. If set, also of a model registered by a call, which else gets none.");
  final Setting<Integer> jobQueueSize =
      row(
          MODELS,
          "job_queue_size",
          Syntax.whole(1, MANY),
          "100",
          "Most waiting requests of a model version.");
  final Setting<Duration> responseTimeout =
      row(
          MODELS,
          "default_response_timeout",
          Syntax.seconds(),
          "120",
          "Longest run of a batch, or pause between two streamed pieces, in seconds.");
  final Setting<Duration> startupTimeout =
      row(
          MODELS,
          "default_startup_timeout",
          Syntax.seconds(),
          "120",
          "Longest load of a model, in seconds.");
  final Setting<String> defaultServiceHandler =
      row(
          MODELS,
          "default_service_handler",
          Syntax.text(),
          Fallback.NONE,
          HONOURED,
          "Handler of archives whose manifest names none.");
  final Setting<String> serviceEnvelope =
      row(
          MODELS,
          "service_envelope",
          Syntax.text(),
          Fallback.NONE,
          HONOURED,
          "Request envelope of all models: `body`, `json`, `kserve`, `kservev2`, or a module;"
              + " replaces the manifest's.");
  final Setting<Boolean> decodeInputRequest =
      row(
          MODELS,
          "decode_input_request",
          Syntax.bool(),
          "true",
          "Whether workers decode JSON and text bodies before the handler sees them.");
  final Setting<Boolean> limitMaxImagePixels =
      row(
          MODELS,
          "limit_max_image_pixels",
          Syntax.bool(),
          "true",
          "Whether image handlers keep Pillow's limit of pixels.");
  final Setting<Integer> numberOfGpu =
      row(
          MODELS,
          "number_of_gpu",
          Syntax.whole(0, 1024),
          Fallback.computed("all that are found"),
          HONOURED,
          "Most GPUs to use; never more than are found.");

  final Setting<Integer> initialWorkerPort =
      row(
          WORKERS,
          "initial_worker_port",
          Syntax.whole(0, 1_000_000),
          "9000",
          "Number of the first worker; each further worker counts on.");
  final Setting<Pattern> blacklistEnvVars =
      row(
          WORKERS,
          "blacklist_env_vars",
          Syntax.regex(),
          Fallback.NONE,
          HONOURED,
          "Environment variables that workers must not see: a regular expression for the whole"
              + " name.");
  final Setting<Duration> heartbeatInterval =
      row(
          WORKERS,
          "heartbeat_interval",
          Syntax.seconds(),
          "10",
          "How often an idle worker is asked whether it is there, in seconds.");
  final Setting<Duration> heartbeatTimeout =
      row(
          WORKERS,
          "heartbeat_timeout",
          Syntax.seconds(),
          "30",
          "How long an idle worker may take to answer before it is replaced, in seconds.");
  final Setting<Duration> workerConnectTimeout =
      row(
          WORKERS,
          "worker_connect_timeout",
          Syntax.seconds(),
          "60",
          "How long a started worker process may take to connect, in seconds.");

  final Setting<Long> maxRequestSize =
      row(
          LIMITS,
          "max_request_size",
          Syntax.bytes(1, MANY),
          "6553500",
          "Size of a request's body, REST and gRPC, in bytes.");
  final Setting<Long> maxResponseSize =
      row(
          LIMITS,
          "max_response_size",
          Syntax.bytes(1, MANY),
          "6553500",
          "Size of one answer, or of one piece of a streamed answer, in bytes.");
  final Setting<Integer> maxHeaderSize =
      row(
          LIMITS,
          "max_header_size",
          Syntax.whole(1024, 16 << 20),
          "65536",
          "Size of all headers of a request, in bytes.");
  final Setting<Long> maxInflightBytes =
      row(
          LIMITS,
          "max_inflight_bytes",
          Syntax.bytes(1, Long.MAX_VALUE),
          Fallback.computed("half of the JVM's direct memory"),
          HONOURED,
          "Memory of all request bodies together, from their first byte to their release.");
  final Setting<Long> maxStreamBuffer =
      row(
          LIMITS,
          "max_stream_buffer",
          Syntax.bytes(1, Long.MAX_VALUE),
          "1m",
          "Pieces buffered for one slow reader of a batch, in bytes.");
  final Setting<Duration> streamStallTimeout =
      row(
          LIMITS,
          "stream_stall_timeout",
          Syntax.seconds(),
          "30",
          "How long a stream may wait for its reader, in seconds.");
  final Setting<Duration> idleTimeout =
      row(
          LIMITS,
          "idle_timeout",
          Syntax.seconds(),
          "10m",
          "How long a connection may stay open with nothing under way.");
  final Setting<Duration> drainTimeout =
      row(
          LIMITS,
          "drain_timeout",
          Syntax.seconds(),
          "30",
          "How long accepted work may take to finish at shutdown, in seconds.");
  final Setting<Long> maxArchiveSize =
      row(
          LIMITS,
          "max_archive_size",
          Syntax.bytes(1, Long.MAX_VALUE),
          "100g",
          "Size of an unpacked archive, in bytes.");
  final Setting<Integer> maxArchiveEntries =
      row(
          LIMITS,
          "max_archive_entries",
          Syntax.whole(1, MANY),
          "100000",
          "Files and folders in an archive.");
  final Setting<Long> maxDownloadSize =
      row(
          LIMITS,
          "max_download_size",
          Syntax.bytes(1, Long.MAX_VALUE),
          "100g",
          "Size of a fetched archive, in bytes.");
  final Setting<Duration> downloadTimeout =
      row(
          LIMITS,
          "download_timeout",
          Syntax.seconds(),
          "1h",
          "How long fetching an archive may take.");

  final Setting<List<Pattern>> allowedUrls =
      row(
          ACCESS,
          "allowed_urls",
          Syntax.regexes(),
          new Fallback(Profile.TORCHSERVE.allowedUrls(), Profile.MARINER.allowedUrls(), null),
          HONOURED,
          "Regular expressions with commas between them; an address to fetch must match one as a"
              + " whole, without regard to case. Empty: the store only. Private and loopback"
              + " addresses are fetched only when this is set.");
  final Setting<Boolean> useEnvAllowedUrls =
      row(
          ACCESS,
          "use_env_allowed_urls",
          Syntax.bool(),
          "false",
          "Whether `TS_ALLOWED_URLS` counts (needs `enable_envvars_config` too).");
  final Setting<Boolean> enableEnvvarsConfig =
      row(
          ACCESS,
          "enable_envvars_config",
          Syntax.bool(),
          "false",
          "Whether environment variables override file and command line; only in the file.");
  final Setting<Boolean> enableModelApi =
      row(
          ACCESS,
          "enable_model_api",
          Syntax.bool(),
          new Fallback("false", "true", "`true`, but `false` when management is not on loopback"),
          HONOURED,
          "Whether models can be registered and unregistered by a call.");
  final Setting<Boolean> disableTokenAuthorization =
      row(
          ACCESS,
          "disable_token_authorization",
          Syntax.bool(),
          new Fallback("false", "true", null),
          HONOURED,
          "Whether callers need no token.");
  final Setting<Double> tokenExpirationMin =
      row(
          ACCESS,
          "token_expiration_min",
          Syntax.positive(MOST_MINUTES),
          "60",
          "Life of a token in minutes.");
  final Setting<Boolean> exposeErrors =
      row(
          ACCESS,
          "expose_errors",
          Syntax.bool(),
          "false",
          "Whether clients see details of failures: exception text, exit code, last lines of"
              + " output.");
  final Setting<String> corsAllowedOrigin =
      row(
          ACCESS,
          "cors_allowed_origin",
          Syntax.text(),
          Fallback.NONE,
          HONOURED,
          "`Access-Control-Allow-Origin` of every REST answer.");
  final Setting<String> corsAllowedMethods =
      row(
          ACCESS,
          "cors_allowed_methods",
          Syntax.text(),
          Fallback.NONE,
          HONOURED,
          "`Access-Control-Allow-Methods` of every REST answer.");
  final Setting<String> corsAllowedHeaders =
      row(
          ACCESS,
          "cors_allowed_headers",
          Syntax.text(),
          Fallback.NONE,
          HONOURED,
          "`Access-Control-Allow-Headers` of every REST answer.");

  final Setting<String> metricsMode =
      row(
          METRICS,
          "metrics_mode",
          Syntax.oneOf("log", "prometheus", "legacy"),
          new Fallback(Profile.TORCHSERVE.metricsMode(), Profile.MARINER.metricsMode(), null),
          HONOURED,
          "`log`, `prometheus` or `legacy`. The metrics page is filled in all three.");
  final Setting<Path> modelServerHome =
      row(
          PROCESS,
          "model_server_home",
          Syntax.path(),
          Fallback.computed("found by the command"),
          HONOURED,
          "Folder that holds the `ts` package; `TS_MODEL_SERVER_HOME` and the command line come"
              + " first.");
  final Setting<Integer> numberOfNettyThreads =
      row(
          NETWORK,
          "number_of_netty_threads",
          Syntax.whole(0, 1024),
          "0",
          "Network event loops, for clients and workers; 0: one for each two CPUs.");
  final Setting<Integer> busyPollMicros =
      row(
          NETWORK,
          "busy_poll_micros",
          Syntax.whole(0, 10_000),
          "100",
          "How long an event loop looks for the next event before it sleeps, in microseconds, as"
              + " long as this finds some; 0: not at all. With one CPU it never does.");

  {
    row(LISTENERS, "enable_grpc_ssl", Syntax.bool(), FALSE, LATER, "TLS for gRPC.");
    for (String side : List.of("inference", "management")) {
      row(
          LISTENERS,
          "grpc_" + side + "_max_connection_age_ms",
          Syntax.whole(1, MANY),
          Fallback.NONE,
          LATER,
          "Longest life of a gRPC connection.");
      row(
          LISTENERS,
          "grpc_" + side + "_max_connection_age_grace_ms",
          Syntax.whole(1, MANY),
          Fallback.NONE,
          LATER,
          "What calls get after it.");
    }
    row(
        MODELS,
        "model_snapshot",
        Syntax.text(),
        Fallback.NONE,
        LATER,
        "Models to restore; snapshots are neither read nor written.");
    row(
        MODELS,
        "workflow_store",
        Syntax.path(),
        Fallback.NONE,
        LATER,
        "Folder of workflow archives.");
    row(
        MODELS,
        "install_py_dep_per_model",
        Syntax.bool(),
        FALSE,
        LATER,
        "Whether an archive's requirements are installed.");
    row(
        MODELS,
        "unregister_model_timeout",
        Syntax.seconds(),
        Fallback.of("120"),
        ACCEPTED,
        "Unregistering drains within `drain_timeout`.");
    row(
        WORKERS,
        "initial_distribution_port",
        Syntax.whole(1, 65_535),
        Fallback.of("29500"),
        ACCEPTED,
        "First port of distributed workers.");
    row(
        WORKERS,
        "cpu_launcher_enable",
        Syntax.bool(),
        FALSE,
        LATER,
        "Whether workers run under torch's CPU launcher.");
    row(
        WORKERS,
        "cpu_launcher_args",
        Syntax.text(),
        Fallback.NONE,
        ACCEPTED,
        "Arguments of torch's CPU launcher.");
    row(WORKERS, "ipex_enable", Syntax.bool(), FALSE, LATER, "Intel's extension on the CPU.");
    row(WORKERS, "ipex_gpu_enable", Syntax.bool(), FALSE, LATER, "Intel's extension on the GPU.");
    row(WORKERS, "debug", Syntax.bool(), FALSE, LATER, "Whether a worker is started by hand.");
    row(ACCESS, "keystore", Syntax.text(), Fallback.NONE, LATER, "Key material of TLS.");
    row(
        ACCESS,
        "keystore_pass",
        Syntax.text(),
        Fallback.of("changeit"),
        ACCEPTED,
        "Password of the key store.");
    row(
        ACCESS,
        "keystore_type",
        Syntax.text(),
        Fallback.of("PKCS12"),
        ACCEPTED,
        "Kind of the key store.");
    row(ACCESS, "private_key_file", Syntax.text(), Fallback.NONE, LATER, "Private key of TLS.");
    row(ACCESS, "certificate_file", Syntax.text(), Fallback.NONE, LATER, "Certificate of TLS.");
    row(
        METRICS,
        "metrics_config",
        Syntax.path(),
        Fallback.computed("`ts/configs/metrics.yaml` of the installation"),
        LATER,
        "Metrics of models.");
    row(
        METRICS,
        "model_metrics_auto_detect",
        Syntax.bool(),
        FALSE,
        LATER,
        "Whether metrics of models need no declaration.");
    row(
        METRICS,
        "disable_system_metrics",
        Syntax.bool(),
        FALSE,
        ACCEPTED,
        "Whether there are no system metrics.");
    row(
        METRICS,
        "metric_time_interval",
        Syntax.whole(1, MANY),
        Fallback.of("60"),
        ACCEPTED,
        "Period of system metrics in seconds.");
    row(
        METRICS,
        "system_metrics_cmd",
        Syntax.text(),
        Fallback.NONE,
        LATER,
        "Script of system metrics.");
    row(
        METRICS,
        "async_logging",
        Syntax.bool(),
        FALSE,
        ACCEPTED,
        "Logs are always written in the background.");
    row(
        METRICS,
        "cpp_log_config",
        Syntax.text(),
        Fallback.NONE,
        LATER,
        "Logging of the C++ backend.");
    row(
        SEQUENCES,
        "ts_open_inference_protocol",
        Syntax.bool(),
        FALSE,
        LATER,
        "Open inference protocol.");
    row(
        SEQUENCES,
        "ts_header_key_sequence_id",
        Syntax.text(),
        Fallback.of("ts_request_sequence_id"),
        LATER,
        "Header with the sequence's id.");
    row(
        SEQUENCES,
        "ts_header_key_sequence_start",
        Syntax.text(),
        Fallback.of("ts_request_sequence_start"),
        LATER,
        "Header that starts a sequence.");
    row(
        SEQUENCES,
        "ts_header_key_sequence_end",
        Syntax.text(),
        Fallback.of("ts_request_sequence_end"),
        LATER,
        "Header that ends a sequence.");
    row(
        NETWORK,
        "netty_client_threads",
        Syntax.whole(0, 1024),
        Fallback.of("0"),
        ACCEPTED,
        "Worker links live on the same event loops.");
    row(
        NETWORK,
        "prefer_direct_buffer",
        Syntax.bool(),
        FALSE,
        ACCEPTED,
        "Buffers are always direct.");
    row(
        NETWORK,
        "use_native_io",
        Syntax.bool(),
        TRUE,
        ACCEPTED,
        "Native sockets are used where there are any.");
    row(
        NETWORK,
        "io_ratio",
        Syntax.whole(1, 100),
        Fallback.of("50"),
        ACCEPTED,
        "Share of socket work in an event loop.");
    row(
        PROCESS,
        "vmargs",
        Syntax.text(),
        Fallback.NONE,
        ACCEPTED,
        "Options of the JVM; read by the command.");
    row(PROCESS, "plugins_path", Syntax.text(), Fallback.NONE, LATER, "Folder of plugins.");
    row(PROCESS, "version", Syntax.text(), Fallback.NONE, ACCEPTED, "Stands in snapshots.");
    row(
        PROCESS,
        "python",
        Syntax.text(),
        Fallback.NONE,
        ACCEPTED,
        "Stands in snapshots; the command passes the interpreter.");
    row(PROCESS, "tsConfigFile", Syntax.text(), Fallback.NONE, ACCEPTED, "Stands in snapshots.");
  }

  /** All rows. */
  List<Setting<?>> all() {
    return List.copyOf(rows);
  }

  /** The row of a key, if there is one. */
  @Nullable Setting<?> find(String key) {
    for (Setting<?> row : rows) {
      if (row.key().equals(key)) {
        return row;
      }
    }
    return null;
  }

  private <T> Setting<T> row(
      Section section, String key, Syntax<T> syntax, String fallback, String doc) {
    return row(section, key, syntax, Fallback.of(fallback), HONOURED, doc);
  }

  private <T> Setting<T> row(
      Section section,
      String key,
      Syntax<T> syntax,
      Fallback fallback,
      Support support,
      String doc) {
    Setting<T> setting = new Setting<>(section, key, syntax, fallback, doc, support);
    rows.add(setting);
    return setting;
  }
}
