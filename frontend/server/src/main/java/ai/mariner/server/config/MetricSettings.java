package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import ai.mariner.server.config.Setting.Fallback;

/** Keys of metrics and logs. */
final class MetricSettings {
  final Chapter chapter = new Chapter(Section.METRICS);

  final Setting<String> metricsMode =
      chapter.row(
          "metrics_mode",
          Syntax.oneOf("log", "prometheus", "legacy"),
          new Fallback(Profile.TORCHSERVE.metricsMode(), Profile.MARINER.metricsMode(), null),
          "`log`, `prometheus` or `legacy`. The metrics page is filled in all three.");

  {
    chapter.later(
        "metrics_config",
        Syntax.path(),
        Fallback.computed("`ts/configs/metrics.yaml` of the installation"),
        "Metrics of models.");
    chapter.later(
        "model_metrics_auto_detect",
        Syntax.bool(),
        Fallback.of("false"),
        "Whether metrics of models need no declaration.");
    chapter.accepted(
        "disable_system_metrics",
        Syntax.bool(),
        Fallback.of("false"),
        "Whether there are no system metrics.");
    chapter.accepted(
        "metric_time_interval",
        Syntax.whole(1, Integer.MAX_VALUE),
        Fallback.of("60"),
        "Period of system metrics in seconds.");
    chapter.later("system_metrics_cmd", Syntax.text(), Fallback.NONE, "Script of system metrics.");
    chapter.accepted(
        "async_logging",
        Syntax.bool(),
        Fallback.of("false"),
        "Logs are always written in the background.");
    chapter.later("cpp_log_config", Syntax.text(), Fallback.NONE, "Logging of the C++ backend.");
  }
}
