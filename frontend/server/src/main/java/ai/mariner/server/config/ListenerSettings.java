package ai.mariner.server.config;

import ai.mariner.core.config.ConnectionAge;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.server.config.Setting.Fallback;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys of where the server listens. */
final class ListenerSettings {
  final Chapter chapter = new Chapter(Section.LISTENERS);

  final Setting<ListenerAddress> inferenceAddress =
      chapter.row(
          "inference_address",
          Syntax.address(80, 443),
          "http://127.0.0.1:8080",
          "REST inference: `http://host[:port]` (port 80 if omitted), `https://host[:port]` (443)"
              + " or `unix:/path`.");
  final Setting<ListenerAddress> managementAddress =
      chapter.row(
          "management_address",
          Syntax.address(8081, 8444),
          "http://127.0.0.1:8081",
          "REST management (port 8081 if omitted, 8444 with `https`). The same address as"
              + " inference: one listener serves both.");
  final Setting<ListenerAddress> metricsAddress =
      chapter.row(
          "metrics_address",
          Syntax.address(8082, 8445),
          "http://127.0.0.1:8082",
          "REST metrics (port 8082 if omitted, 8445 with `https`).");
  final Setting<String> grpcInferenceAddress =
      chapter.row("grpc_inference_address", Syntax.host(), "127.0.0.1", "Host of gRPC inference.");
  final Setting<String> grpcManagementAddress =
      chapter.row(
          "grpc_management_address", Syntax.host(), "127.0.0.1", "Host of gRPC management.");
  final Setting<Integer> grpcInferencePort =
      chapter.row(
          "grpc_inference_port",
          Syntax.whole(0, 65_535),
          "7070",
          "Port of gRPC inference; 0: any free one.");
  final Setting<Integer> grpcManagementPort =
      chapter.row(
          "grpc_management_port",
          Syntax.whole(0, 65_535),
          "7071",
          "Port of gRPC management; 0: any free one.");
  final Setting<Boolean> enableMetricsApi =
      chapter.row(
          "enable_metrics_api", Syntax.bool(), "true", "Whether there is a metrics listener.");

  final Age grpcInferenceAge = new Age("inference");
  final Age grpcManagementAge = new Age("management");

  /** The keys of how long connections of a gRPC listener live. */
  final class Age {
    final Setting<Integer> most;
    final Setting<Integer> grace;

    private Age(String listener) {
      String key = "grpc_" + listener + "_max_connection_age";
      Syntax<Integer> millis = Syntax.whole(1, Integer.MAX_VALUE);
      most =
          chapter.row(
              key + "_ms",
              millis,
              Fallback.NONE,
              "How long a connection of gRPC "
                  + listener
                  + " lives, in milliseconds; none: for ever.");
      grace =
          chapter.row(
              key + "_grace_ms",
              millis,
              Fallback.NONE,
              "How long calls may go on after that, in milliseconds; none: to their end.");
    }

    ConnectionAge of(Values values) {
      return new ConnectionAge(millis(values.given(most)), millis(values.given(grace)));
    }

    private static @Nullable Duration millis(@Nullable Integer count) {
      return count == null ? null : Duration.ofMillis(count);
    }
  }

  /** Whether any REST listener speaks TLS, also one whose address turned out to be wrong. */
  boolean anyIsSecured(Values values) {
    return List.of(inferenceAddress, managementAddress, metricsAddress).stream()
        .anyMatch(setting -> AddressText.isSecure(values.text(setting.key())));
  }
}
