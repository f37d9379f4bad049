package ai.mariner.server.config;

import ai.mariner.core.config.MetricsConfig;
import ai.mariner.core.config.MetricsMode;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.StandardMetrics;
import ai.mariner.server.config.Setting.Fallback;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Keys of metrics and logs. */
final class MetricSettings {
  /** The file that every installation of TorchServe has; where there is none, it is built in. */
  private static final Path STANDARD = Path.of("ts", "configs", "metrics.yaml");

  final Chapter chapter = new Chapter(Section.METRICS);

  final Setting<String> metricsMode =
      chapter.row(
          "metrics_mode",
          Syntax.oneOf("log", "prometheus", "legacy"),
          new Fallback(Profile.TORCHSERVE.metricsMode(), Profile.MARINER.metricsMode(), null),
          "`log`, `prometheus` or `legacy`. The metrics page is filled in all three.");

  final Setting<Path> metricsConfig =
      chapter.row(
          "metrics_config",
          Syntax.path(),
          Fallback.computed("`ts/configs/metrics.yaml` of the installation"),
          "Metrics of the server that are shown, and declared metrics of models.");

  final Setting<Boolean> autoDetect =
      chapter.row(
          "model_metrics_auto_detect",
          Syntax.bool(),
          new Fallback(
              Boolean.toString(Profile.TORCHSERVE.metricsAutoDetect()),
              Boolean.toString(Profile.MARINER.metricsAutoDetect()),
              null),
          "Whether metrics of models need no declaration.");

  final Setting<Integer> maxSeries =
      chapter.row(
          "max_metric_series",
          Syntax.whole(1, 1_000_000),
          "1000",
          "Most series of one model's own metrics; further ones are refused and counted.");

  final Setting<Boolean> disableSystemMetrics =
      chapter.row(
          "disable_system_metrics", Syntax.bool(), "false", "Whether there are no system metrics.");

  final Setting<Integer> interval =
      chapter.row(
          "metric_time_interval",
          Syntax.whole(1, Integer.MAX_VALUE),
          "60",
          "Period of system metrics, and of the server's own in `ts_metrics.log`, in seconds.");

  final Setting<String> systemCommand =
      chapter.row(
          "system_metrics_cmd",
          Syntax.text(),
          Fallback.NONE,
          "Program that prints system metrics, in place of the server's own; a script (`.py`) is"
              + " run by the server's Python.");

  {
    chapter.accepted(
        "async_logging",
        Syntax.bool(),
        Fallback.of("false"),
        "Logs are always written in the background.");
    chapter.later("cpp_log_config", Syntax.text(), Fallback.NONE, "Logging of the C++ backend.");
  }

  /**
   * What is measured.
   *
   * @param values what was given; told what is wrong with the metrics file
   * @param findings takes the file's faults
   * @param folder working directory
   * @param profile whether a metric that the server measures in another way is a fault
   */
  MetricsConfig config(Values values, Findings findings, Path folder, Profile profile) {
    Path given = values.given(metricsConfig);
    Path path = given == null ? null : folder.resolve(given).normalize();
    MetricsFile file = null;
    if (path != null && Files.isRegularFile(path)) {
      file = MetricsFile.read(path);
      for (String problem : file.problems()) {
        findings.problem(metricsConfig.key() + ": " + path + ": " + problem);
      }
      for (String difference : file.differences(values.given(systemCommand) != null)) {
        String what = metricsConfig.key() + ": " + path + ": " + difference;
        if (profile.unknownKeysFail()) {
          findings.problem(what);
        } else {
          findings.warning(what);
        }
      }
    } else if (path != null && !path.endsWith(STANDARD)) {
      values.malformed(metricsConfig, "an existing file");
    }
    return new MetricsConfig(
        MetricsMode.of(values.get(metricsMode)),
        file == null ? null : path,
        file == null ? null : file.ofServer(),
        file == null ? StandardMetrics.OF_MODELS : file.ofModels(),
        values.get(autoDetect),
        values.get(maxSeries),
        Duration.ofSeconds(values.get(interval)),
        values.get(disableSystemMetrics) ? null : Duration.ofSeconds(values.get(interval)),
        values.given(systemCommand));
  }
}
